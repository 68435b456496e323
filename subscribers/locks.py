"""The order in which an act takes hold of a reader's rows, so that no two wait for each other.

First sign-ups, then the subscriber, then whatever hangs on the subscriber. An act that changes
several rows of a reader holds the subscriber before; one that merely adds a row needs not.
"""

from __future__ import annotations

from collections.abc import Iterable

from subscribers.models import Subscriber


def lock_subscribers(subscriber_ids: Iterable[int]) -> set[int]:
    """Hold readers until the transaction ends; give back those that there (still) are.

    Rows that point to them can be added meanwhile (FOR NO KEY UPDATE).
    """
    held = Subscriber.objects.select_for_update(no_key=True).filter(pk__in=set(subscriber_ids))
    return set(held.order_by("pk").values_list("pk", flat=True))


def lock_subscriber(subscriber: Subscriber) -> None:
    """Hold one reader. Raises Subscriber.DoesNotExist when they were erased meanwhile."""
    if not lock_subscribers([subscriber.pk]):
        raise Subscriber.DoesNotExist
