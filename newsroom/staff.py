"""Who acts: a member of staff, or (None) the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    # AnonymousUser is what `request.user` may be by its type; the desk lets none through.
    Staff: TypeAlias = User | AnonymousUser | None
