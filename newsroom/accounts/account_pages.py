"""What each person sees and changes of their own account: second factors, sessions, log-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex
from django_otp_webauthn.models import WebAuthnCredential

from newsroom import audit_log
from newsroom.accounts import second_factor, staff_sessions
from newsroom.accounts.log_in import SecondFactorView
from newsroom.accounts.log_in_history import browser_name
from newsroom.accounts.models import LogInAttempt, StaffSession
from newsroom.accounts.notices import tell_owner
from newsroom.accounts.password_again import need_password_again

NEW_APP = "new_app_key"
SHOWN_LOG_INS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A session as the page lists it."""

    session: StaffSession
    browser: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogInLine:
    """An attempt to log in as the page lists it."""

    attempt: LogInAttempt
    browser: str


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Show a person's own factors, sessions and latest log-ins."""
    user: Any = request.user
    now = timezone.now()
    this = request.session.session_key
    sessions = StaffSession.objects.of(user).filter(seen_at__gt=now - settings.SESSION_IDLE)
    attempts = LogInAttempt.objects.filter(account=user.pk)[:SHOWN_LOG_INS]
    return _render(
        request,
        "account",
        title="Log-in and security",
        apps=second_factor.apps_of(user),
        passkeys=second_factor.passkeys_of(user),
        codes_left=second_factor.recovery_codes_left(user),
        is_required=second_factor.is_required_of(user),
        offers_passkeys=settings.OFFERS_PASSKEYS,
        sessions=[
            SessionLine(
                session=one, browser=browser_name(one.browser), is_this=one.session_key == this
            )
            for one in sessions
        ],
        log_ins=[LogInLine(attempt=one, browser=browser_name(one.browser)) for one in attempts],
        idle=settings.SESSION_IDLE,
        length=settings.SESSION_LENGTH,
    )


@require_safe
def set_up_factor(request: HttpRequest) -> HttpResponse:
    """Ask somebody whose role needs a second factor to set one up."""
    if second_factor.has_second_factor(request.user):
        return redirect("admin:account")
    return _render(
        request,
        "set_up",
        title="Set up a second factor",
        offers_passkeys=settings.OFFERS_PASSKEYS,
    )


class NewAppForm(forms.Form):
    """The code that a new app shows."""

    code = forms.CharField(
        label="Code that the app shows",
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Show the key of a new app, and save the app once it shows the right code."""
    need_password_again(request)
    key = request.session.get(NEW_APP) or random_hex(20)
    request.session[NEW_APP] = key
    app = second_factor.new_app(request.user, key)
    form = NewAppForm(request.POST or None, label_suffix="")
    if form.is_valid():
        code = form.cleaned_data["code"].replace(" ", "")
        with transaction.atomic():
            if second_factor.confirm_app(app, code):
                del request.session[NEW_APP]
                return factor_was_added(request, app, kind="an authenticator app")
        form.add_error("code", "That is not the code that the app shows now. Try the next one.")
    drawing = segno.make(app.config_url, micro=False).svg_inline(
        scale=5, border=3, dark="#000", light="#fff", title="QR code with the key"
    )
    key_in_words = _base32(app)
    return _render(
        request,
        "add_app",
        title="Add an authenticator app",
        form=form,
        qr=drawing,
        key=key_in_words,
    )


def _base32(app: TOTPDevice) -> str:
    """Return the key as apps want it typed, in groups of four."""
    query = str(app.config_url).partition("secret=")[2]
    key = query.partition("&")[0]
    return " ".join(key[place : place + 4] for place in range(0, len(key), 4))


def factor_was_added(request: HttpRequest, device: Any, *, kind: str) -> HttpResponse:
    """Note a new factor, end all other sessions, and go on to the recovery codes."""
    note_new_factor(request, device, kind=kind)
    return redirect("admin:recovery_codes")


def note_new_factor(request: HttpRequest, device: Any, *, kind: str) -> None:
    """Let this session count as verified by a new factor, and end all others."""
    user: Any = request.user
    second_factor.show_factor(request, device)
    staff_sessions.end_other_sessions(request)
    audit_log.record("added a second factor to", user, by=user, factor=kind)
    tell_owner(user, f"Somebody, probably you, added {kind} to your account.")
    messages.success(request, f"You have added {kind}. All your other sessions have ended.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """GET asks whether to make recovery codes; POST makes them and shows them once."""
    user: Any = request.user
    if not second_factor.has_second_factor(user):
        return redirect("admin:account")
    codes = []
    if request.method == "POST":
        need_password_again(request)
        codes = second_factor.make_recovery_codes(user)
        audit_log.record("made recovery codes for", user, by=user)
    return _render(
        request,
        "recovery_codes",
        title="Recovery codes",
        codes=codes,
        codes_left=second_factor.recovery_codes_left(user),
    )


FACTOR_MODELS: dict[str, Any] = {"app": TOTPDevice, "passkey": WebAuthnCredential}
KINDS = {"app": "an authenticator app", "passkey": "a passkey"}


@require_POST
def remove_factor(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Remove one of a person's own factors; the last one takes the recovery codes with it."""
    user: Any = request.user
    if kind not in FACTOR_MODELS:
        raise PermissionDenied
    need_password_again(request)
    with transaction.atomic():
        device = get_object_or_404(FACTOR_MODELS[kind], user=user.pk, pk=pk)
        device.delete()
        if not second_factor.has_second_factor(user):
            second_factor.remove_all_factors(user)
        audit_log.record("removed a second factor from", user, by=user, factor=KINDS[kind])
        tell_owner(user, f"Somebody, probably you, removed {KINDS[kind]} from your account.")
    left = second_factor.apps_of(user) or second_factor.passkeys_of(user)
    if left:
        second_factor.show_factor(request, left[0])
    second_factor.note_factor(request, user)
    staff_sessions.end_other_sessions(request)
    messages.success(request, f"You have removed {KINDS[kind]}. Your other sessions have ended.")
    return redirect("admin:account")


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one of a person's own sessions, or all others."""
    user: Any = request.user
    if pk := request.POST.get("session", ""):
        if pk.isdigit() and staff_sessions.end_session(user, int(pk)):
            messages.success(request, "That session has ended.")
        return redirect("admin:account")
    number = staff_sessions.end_other_sessions(request)
    words = {0: "You have no other sessions.", 1: "Your other session has ended."}
    messages.success(request, words.get(number, f"Your {number} other sessions have ended."))
    return redirect("admin:account")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_password(request: HttpRequest) -> HttpResponse:
    """Go on to a page that needs the password again; the middleware has compared it."""
    need_password_again(request)
    target = request.POST.get("next", "") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return redirect(target if is_ours else reverse("admin:account"))


def _render(request: HttpRequest, page: str, *, title: str, **context: Any) -> HttpResponse:
    response = TemplateResponse(
        request,
        f"admin/account/{page}.html",
        {**admin.site.each_context(request), "title": title, **context},
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def account_urls(wrap: Callable[[Any], Any]) -> list[URLPattern]:
    """Return the addresses of these pages, for the admin site."""
    pages: tuple[tuple[str, Any, str], ...] = (
        ("account/", account, "account"),
        ("account/second-factor/", SecondFactorView.as_view(), "second_factor"),
        ("account/set-up/", set_up_factor, "set_up_factor"),
        ("account/app/", add_app, "add_app"),
        ("account/codes/", recovery_codes, "recovery_codes"),
        ("account/remove/<slug:kind>/<int:pk>/", remove_factor, "remove_factor"),
        ("account/sessions/", end_sessions, "end_sessions"),
        ("account/confirm/", confirm_password, "confirm_password"),
    )
    return [path(route, wrap(view), name=name) for route, view, name in pages]
