"""For whom a preview shows an issue email: a made-up subscriber, or one whom staff choose.

The other app knows the subscribers: `settings.SUBSCRIBER_LOOKUP` names its function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from briefings.models import Issue
    from newsroom.audit_log import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRecipient:
    """A recipient's name and address, and whether they would get this issue."""

    name: str
    address: str
    notice: str = ""
    is_made_up: bool = False

    @property
    def to(self) -> str:
        """The recipient as an email program shows them."""
        return f"{self.name} <{self.address}>" if self.name else self.address


MADE_UP = PreviewRecipient(name="Sam Reader", address="sam@example.com", is_made_up=True)

# Takes an address and raises LookupError with a message for staff.
Lookup: TypeAlias = "Callable[[str], PreviewRecipient]"


def subscriber_lookup(user: Actor, issue: Issue) -> Lookup | None:
    """Return what finds a subscriber by address, or None if this person may not look them up."""
    lookup: Callable[[Actor, Issue], Lookup | None] = import_string(settings.SUBSCRIBER_LOOKUP)
    return lookup(user, issue)
