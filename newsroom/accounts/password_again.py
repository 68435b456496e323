"""The password again before what cannot be taken back: sending, exporting, erasing, giving roles.

A view calls `need_password_again` where it is about to act. If the password was entered more than
fifteen minutes ago, that raises PasswordNeeded, which undoes the transaction, and the middleware
shows a page that asks for it. What was sent is on that page, hidden: with the password, it is sent
once more to the same address. No word of an issue is lost.

An account without a password, because a provider knows its owner, enters a code of its second
factor instead, or logs in at the provider again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import second_factor
from newsroom.accounts.attempt_limits import (
    MAX_PASSWORD,
    Attempt,
    TooBusy,
    TooManyAttempts,
    turn_to_compare,
)
from newsroom.accounts.log_in_history import record
from newsroom.accounts.models import LogInOutcome
from newsroom.client_address import client_ip

CONFIRMED = "confirmed_at"
VALID_FOR = timedelta(minutes=15)
FIELD = "password_again"


class PasswordNeeded(Exception):
    """What was about to happen needs the password again."""


def need_password_again(request: HttpRequest) -> None:
    """Go on if the password was entered a short while ago. Raises PasswordNeeded."""
    if not is_confirmed(request, at=timezone.now()):
        raise PasswordNeeded


def is_confirmed(request: HttpRequest, *, at: datetime) -> bool:
    """Whether the password was entered a short while ago."""
    seconds = at.timestamp() - request.session.get(CONFIRMED, 0)
    return bool(seconds < VALID_FOR.total_seconds())


def confirm(request: HttpRequest, *, at: datetime) -> None:
    """Note that somebody has just shown who they are."""
    request.session[CONFIRMED] = at.timestamp()


class PasswordAgainMiddleware:
    """Asks for the password, and takes it, before the view that needed it runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_: object
    ) -> HttpResponse | None:
        """Return the page again if the password is wrong; otherwise let the view go on."""
        if request.method != "POST" or not request.path_info.startswith("/admin/"):
            return None
        now = timezone.now()
        if not request.user.is_authenticated or is_confirmed(request, at=now):
            return None
        if FIELD not in request.POST:
            return None
        entered = request.POST[FIELD]
        form = request.POST.copy()
        del form[FIELD]
        request.POST = form  # type: ignore[assignment]  # the view sees what was sent at first
        try:
            is_right = _is_right(request, entered, at=now)
        except TooManyAttempts as refusal:
            return password_page(request, status=429, wait=refusal.wait)
        except TooBusy:
            return password_page(request, status=503, is_busy=True)
        if not is_right:
            return password_page(request, status=422, is_wrong=True)
        confirm(request, at=now)
        return None

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Return the page that asks for the password."""
        return password_page(request) if isinstance(failure, PasswordNeeded) else None


def _is_right(request: HttpRequest, entered: str, *, at: datetime) -> bool:
    """Compare what was entered. Raises TooManyAttempts and TooBusy."""
    user: Any = request.user
    attempt = Attempt(user.get_username(), ip=client_ip(request), at=at)
    if user.has_usable_password():
        try:
            with turn_to_compare():
                is_right = len(entered) <= MAX_PASSWORD and user.check_password(entered)
        except TooBusy:
            attempt.take_back()
            raise
    else:
        is_right = second_factor.match_code(user, entered) is not None
    if is_right:
        attempt.succeed()
        return True
    outcome = LogInOutcome.WRONG_PASSWORD if user.has_usable_password() else LogInOutcome.WRONG_CODE
    record(outcome, username=user.get_username(), account=user, request=request, at=at)
    return False


def _provider_url(request: HttpRequest) -> str:
    """Return where somebody logs in at the provider again, to return to the page they were on."""
    here = request.get_full_path() if request.method == "GET" else ""
    return f"{reverse('oidc_authentication_init')}?{urlencode({'again': 1, 'next': here})}"


def password_page(request: HttpRequest, *, status: int = 403, **context: Any) -> HttpResponse:
    """Return the page that asks for the password and sends the same form again.

    A browser does not send files twice, so a form with files has to be filled in again.
    """
    user: Any = request.user
    is_form = request.method == "POST" and not request.FILES
    entered = [(name, value) for name, values in request.POST.lists() for value in values]
    page = {
        **admin.site.each_context(request),
        "title": "Confirm that it is you",
        "field": FIELD,
        "valid_for": VALID_FOR,
        "has_password": user.has_usable_password(),
        "has_factor": second_factor.has_second_factor(user),
        "entered": [one for one in entered if one[0] != "csrfmiddlewaretoken"] if is_form else [],
        "is_form": is_form,
        "target": request.get_full_path(),
        "provider": settings.OIDC.name if settings.OIDC else "",
        "provider_url": _provider_url(request),
        **context,
    }
    response = TemplateResponse(request, "admin/account/password_again.html", page, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response.render()
