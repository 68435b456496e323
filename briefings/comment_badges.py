"""Whether the owner of an address is an author or an editor, and which names are their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Q

from briefings.models import Contributor


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """How a comment of a colleague is marked: as an author's, or as the staff's."""

    contributor: Contributor | None = None
    is_staff: bool = False


def own_names(address: str) -> dict[str, Badge]:
    """Return the names that are refused to others but belong to the owner of this address.

    Each comes with the badge of a comment that bears it. The address must have been confirmed.
    """
    accounts = get_user_model().objects.filter(is_staff=True, is_active=True, email__iexact=address)
    names = {user.get_full_name(): Badge(is_staff=True) for user in accounts}
    writers = Contributor.objects.filter(Q(account__in=accounts) | Q(contact__iexact=address))
    names |= {writer.name: Badge(contributor=writer) for writer in writers}
    return {name: badge for name, badge in names.items() if name}
