"""Sessions of staff: how long they last, the list that each person sees, and how they are ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from newsroom.accounts.models import StaffSession
from newsroom.accounts.password_again import confirm
from newsroom.accounts.second_factor import note_factor
from newsroom.client_address import client_ip, user_agent

BEGAN = "began_at"  # seconds since 1970, as is SEEN
SEEN = "seen_at"
# A session that is used is noted at most this often, so that most pages write nothing.
NOTED_EVERY = timedelta(minutes=1)


def begin_session(request: HttpRequest, user: Any, **_: Any) -> None:
    """Note a session that has just begun; connected to Django's signal in apps.py."""
    now = timezone.now()
    if request.session.session_key is None:  # Django has just emptied that of another account
        request.session.create()
    note_factor(request, user)
    confirm(request, at=now)
    request.session[BEGAN] = request.session[SEEN] = now.timestamp()
    _note(request, user, at=now)


def _note(request: HttpRequest, user: Any, *, at: datetime) -> None:
    StaffSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "seen_at": at,
            "ip": client_ip(request),
            "browser": user_agent(request).replace("\0", ""),
        },
        create_defaults={
            "user": user,
            "began_at": datetime.fromtimestamp(request.session[BEGAN], tz=at.tzinfo),
            "seen_at": at,
            "ip": client_ip(request),
            "browser": user_agent(request).replace("\0", ""),
        },
    )


def is_over(request: HttpRequest, *, at: datetime) -> bool:
    """Whether a session was left idle for too long, or is too old."""
    session, now = request.session, at.timestamp()
    idle = now - session.get(SEEN, now) > settings.SESSION_IDLE.total_seconds()
    return bool(idle or now - session.get(BEGAN, now) > settings.SESSION_LENGTH.total_seconds())


def adopt(request: HttpRequest, *, at: datetime) -> None:
    """Let a session from before this version begin now."""
    if BEGAN not in request.session:
        note_factor(request, request.user)
        request.session[BEGAN] = at.timestamp()


def keep_alive(request: HttpRequest, *, at: datetime) -> None:
    """Note that somebody used their session."""
    session = request.session
    if at.timestamp() - session.get(SEEN, 0) < NOTED_EVERY.total_seconds():
        return
    session[SEEN] = at.timestamp()
    _note(request, request.user, at=at)


def end_sessions(user: Any, *, but: str | None = None) -> int:
    """End all sessions of an account, except the one with this key; return how many ended."""
    with transaction.atomic():
        ended = StaffSession.objects.filter(user=user.pk)
        if but:
            ended = ended.exclude(session_key=but)
        keys = list(ended.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        StaffSession.objects.filter(session_key__in=keys).delete()
    return len(keys)


def end_session(user: Any, pk: int) -> bool:
    """End one session of an account; False if it has no such session."""
    found = StaffSession.objects.filter(user=user.pk, pk=pk)
    keys = list(found.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    found.delete()
    return bool(keys)


def end_other_sessions(request: HttpRequest) -> int:
    """End all sessions of an account except this one, which gets a new key."""
    former = request.session.session_key
    update_session_auth_hash(request, request.user)  # type: ignore[arg-type]  # staff only
    move_session(former, request.session.session_key)
    return end_sessions(request.user, but=request.session.session_key)


def forget_session(request: HttpRequest | None, **_: Any) -> None:
    """Take a session whose owner logs out from their list; connected in apps.py."""
    if request is not None:
        StaffSession.objects.filter(session_key=request.session.session_key).delete()


def move_session(former: str | None, key: str | None) -> None:
    """Note the new key of a session whose old one Django has replaced."""
    StaffSession.objects.filter(session_key=former).update(session_key=key)
