"""The name under which colleagues know somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


def name_of(user: Actor) -> str:
    """Return a person's name, or else their username; empty for the system and visitors."""
    if user is None or user.is_anonymous:
        return ""
    return user.get_full_name() or user.get_username()
