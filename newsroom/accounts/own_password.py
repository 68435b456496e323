"""What follows when somebody changes their own password."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from newsroom.accounts.notices import tell_owner
from newsroom.accounts.password_again import confirm
from newsroom.accounts.staff_sessions import end_sessions, move_session


def password_was_changed(request: HttpRequest, *, former_key: str | None) -> None:
    """End all other sessions, and tell the owner; Django has given this one a new key."""
    move_session(former_key, request.session.session_key)
    end_sessions(request.user, but=request.session.session_key)
    confirm(request, at=timezone.now())
    tell_owner(request.user, "Somebody, probably you, changed the password of your account.")
