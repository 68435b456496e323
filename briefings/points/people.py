"""Who wrote responses: how many people they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from newsroom.email_addresses import address_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Comment


def person_of(response: Comment) -> str:
    """Return a key that is the same for all responses of one person.

    It is the commenter, or else the normalised address; without either, the response itself is all
    that we know of them.
    """
    if response.commenter_id:
        return f"commenter {response.commenter_id}"
    if response.email:
        return f"address {address_key(response.email)}"
    return f"response {response.pk}"


def people_in(responses: Iterable[Comment]) -> set[str]:
    """Return the people who wrote these responses, one key for each."""
    return {person_of(response) for response in responses}
