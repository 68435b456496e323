"""Who wrote responses: how many people they come from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from newsroom.email_addresses import address_key

if TYPE_CHECKING:
    from briefings.models import Comment
    from briefings.models.comment import CommentQuerySet


class Voices(NamedTuple):
    """How many pieces there are, and how many people they come from."""

    pieces: int
    people: int


def person_of(response: Comment) -> str:
    """Return a key that is the same for all responses of one person.

    It is the commenter, or else the normalised address. Of who was erased we know which responses
    to an issue they left; without any of it, the response itself is all that we know of them.
    """
    if response.commenter_id:
        return f"commenter {response.commenter_id}"
    if response.email:
        return f"address {address_key(response.email)}"
    return f"response {response.erased_with or response.pk}"


def voices_by_issue(responses: CommentQuerySet) -> dict[int, Voices]:
    """Return how many people wrote how much, by the key of the issue, in two queries.

    The database counts as `person_of` does. Only addresses that nobody has confirmed are read: they
    are compared here.
    """
    counts = responses.order_by().values("issue")
    rows = counts.annotate(
        pieces=Count("pk"),
        commenters=Count("commenter", distinct=True),
        unknown=Count(
            Coalesce("erased_with", "pk"), filter=Q(commenter=None, email=""), distinct=True
        ),
    )
    unconfirmed = responses.filter(commenter=None).exclude(email="").order_by()
    written = unconfirmed.values_list("issue", "email").distinct()
    addresses = {(issue, address_key(email)) for issue, email in written}
    others = Counter(issue for issue, _ in addresses)
    return {
        row["issue"]: Voices(
            pieces=row["pieces"],
            people=row["commenters"] + row["unknown"] + others[row["issue"]],
        )
        for row in rows
    }
