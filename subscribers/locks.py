"""The order in which a subscriber's rows are locked, so that no two transactions deadlock.

First the sign-ups, then the subscriber, then the rows that belong to the subscriber. A transaction
that changes several rows of a subscriber locks the subscriber first; one that only adds a row need
not.
"""

from __future__ import annotations

from collections.abc import Iterable

from subscribers.models import Subscriber


def lock_subscribers(subscriber_ids: Iterable[int]) -> set[int]:
    """Lock subscribers until the transaction ends; return the ids of those that still exist.

    Rows that refer to them can still be added (FOR NO KEY UPDATE).
    """
    rows = Subscriber.objects.select_for_update(no_key=True).filter(pk__in=set(subscriber_ids))
    return set(rows.order_by("pk").values_list("pk", flat=True))


def lock_subscriber(subscriber: Subscriber) -> None:
    """Lock one subscriber. Raises Subscriber.DoesNotExist if they have been erased meanwhile."""
    if not lock_subscribers([subscriber.pk]):
        raise Subscriber.DoesNotExist
