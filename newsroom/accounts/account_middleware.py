"""What each request of a logged-in person passes: the limits of sessions, and the second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import second_factor, staff_sessions

View = TypeVar("View", bound=Callable[..., Any])

# What somebody may open who has shown their password only.
BEFORE_THE_FACTOR = {
    *(
        "admin:login",
        "admin:logout",
        "admin:jsi18n",
        "admin:second_factor",
        "otp_webauthn:js-i18n-catalog",
    ),
    *("otp_webauthn:credential-authentication-begin",),
    *("otp_webauthn:credential-authentication-complete",),
}
# What somebody may open who has to set up a factor.
BEFORE_SET_UP = {
    *(
        "admin:login",
        "admin:logout",
        "admin:jsi18n",
        "admin:password_change",
        "otp_webauthn:js-i18n-catalog",
    ),
    *("admin:set_up_factor", "admin:add_app", "admin:confirm_password"),
    *("otp_webauthn:credential-registration-begin",),
    *("otp_webauthn:credential-registration-complete",),
}


def in_background(view: View) -> View:
    """Return a view that pages ask by themselves: it keeps no session alive."""
    view.is_in_background = True  # type: ignore[attr-defined]
    return view


class AccountMiddleware:
    """Ends sessions that are over; leads to the second factor before anything else is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_: object
    ) -> HttpResponse | None:
        """Return where the person has to go first, or None to go on."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return None
        now = timezone.now()
        if staff_sessions.is_over(request, at=now):
            return self._end(request)
        staff_sessions.adopt(request, at=now)
        if not getattr(view, "is_in_background", False):
            staff_sessions.keep_alive(request, at=now)
        return self._ask_for_factor(request)

    def _end(self, request: HttpRequest) -> HttpResponse | None:
        logout(request)
        if not request.path_info.startswith("/admin/"):
            return None  # a page for everybody
        messages.info(request, "Your session has ended, so please log in again.")
        return _lead_to("admin:login", request)

    def _ask_for_factor(self, request: HttpRequest) -> HttpResponse | None:
        match = request.resolver_match
        name = match.view_name if match else ""
        for is_waiting, allowed, page in (
            (second_factor.waits_for_factor, BEFORE_THE_FACTOR, "admin:second_factor"),
            (second_factor.waits_for_set_up, BEFORE_SET_UP, "admin:set_up_factor"),
        ):
            if not is_waiting(request):
                continue
            if name in allowed:
                return None
            if not (match and "admin" in match.namespaces):
                request.user = AnonymousUser()
                return None
            return _lead_to(page, request)
        return None


def _lead_to(page: str, request: HttpRequest) -> HttpResponse:
    """Return a redirect to a page that leads back to what was opened; what was sent is not."""
    target = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    query = f"?{urlencode({'next': target})}" if target else ""
    return redirect(f"{reverse(page)}{query}")
