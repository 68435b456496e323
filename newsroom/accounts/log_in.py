"""The log-in page: name and password, then the second factor of who has one."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import logout
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from newsroom.accounts import second_factor
from newsroom.accounts.attempt_limits import (
    MAX_PASSWORD,
    Attempt,
    TooBusy,
    TooManyAttempts,
    turn_to_compare,
)
from newsroom.accounts.log_in_history import record, record_success
from newsroom.accounts.models import LogInOutcome
from newsroom.accounts.password_again import confirm
from newsroom.client_address import client_ip

RETRY_WHEN_BUSY = "10"  # seconds


class LogInForm(AdminAuthenticationForm):
    """Django's form, with labels and words as on every other page."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "No account that can open the admin has this name and this password."
        " Capitals count in both.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["password"].widget.attrs["maxlength"] = MAX_PASSWORD

    def clean(self) -> dict[str, Any]:
        """Compare the password, unless it is longer than any."""
        if len(self.cleaned_data.get("password", "")) > MAX_PASSWORD:
            raise self.get_invalid_login_error()
        return super().clean()


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class LogInView(LoginView):
    """Takes name and password, counts wrong ones, and records what came of it."""

    attempt: Attempt

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare name and password, unless there were too many wrong ones."""
        if not settings.LOCAL_LOG_IN:
            return redirect("admin:login")
        now = timezone.now()
        name = request.POST.get("username", "").replace("\0", "")
        try:
            self.attempt = Attempt(name, ip=client_ip(request), at=now)
            with turn_to_compare():
                return super().post(request, *args, **kwargs)
        except TooManyAttempts as refusal:
            record(LogInOutcome.REFUSED, username=name, request=request, at=now)
            return too_many_attempts(request, refusal)
        except TooBusy:
            self.attempt.take_back()
            return too_busy(request)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Record a wrong password; the last one allowed says that it was."""
        if form.errors.keys() - {"__all__"}:  # something was not filled in
            self.attempt.take_back()
            return super().form_invalid(form)
        name = form.data.get("username", "")
        record(LogInOutcome.WRONG_PASSWORD, username=name, request=self.request, at=self.attempt.at)
        if wait := self.attempt.wait_after_failure():
            return too_many_attempts(self.request, TooManyAttempts(wait))
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        """Log in, or go on to the second factor."""
        user = form.get_user()
        is_first = user.last_login is None
        response = super().form_valid(form)
        if second_factor.waits_for_factor(self.request):
            self.attempt.take_back()
            self.request.session["first_log_in"] = is_first
            query = urlencode({"next": self.get_success_url()})
            return redirect(f"{reverse('admin:second_factor')}?{query}")
        self.attempt.succeed()
        record_success(user, self.request, at=self.attempt.at, is_first=is_first)
        return response


class CodeForm(forms.Form):
    """A code of an app, or a recovery code."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class SecondFactorView(RedirectURLMixin, FormView[CodeForm]):
    """Takes the code; a passkey is taken by the addresses in passkey_views.py."""

    form_class = CodeForm
    template_name = "admin/account/second_factor.html"
    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on at once if no factor is waited for."""
        if not second_factor.waits_for_factor(request):
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Compare the code, unless there were too many wrong ones."""
        now = timezone.now()
        user: Any = request.user
        form = self.get_form()
        if not form.is_valid():
            return self.form_invalid(form)
        try:
            attempt = Attempt(user.get_username(), ip=client_ip(request), at=now)
        except TooManyAttempts as refusal:
            return self._refuse(refusal, at=now)
        device = second_factor.match_code(user, form.cleaned_data["code"])
        if device is not None:
            attempt.succeed()
            second_factor.show_factor(request, device)
            finish_with_factor(request, at=now)
            return redirect(self.get_success_url())
        record(
            LogInOutcome.WRONG_CODE,
            username=user.get_username(),
            account=user,
            request=request,
            at=now,
        )
        if wait := attempt.wait_after_failure():
            return self._refuse(TooManyAttempts(wait), at=now)
        form.add_error("code", "That code is wrong, or was used already. Enter the next one.")
        return self.form_invalid(form)

    def _refuse(self, refusal: TooManyAttempts, *, at: datetime) -> HttpResponse:
        """Log out: after the wait, the password is asked for again."""
        user: Any = self.request.user
        record(
            LogInOutcome.REFUSED,
            username=user.get_username(),
            account=user,
            request=self.request,
            at=at,
        )
        logout(self.request)
        return too_many_attempts(self.request, refusal)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form is made with: labels as on every other page."""
        return {**super().get_form_kwargs(), "label_suffix": ""}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Return what the page shows."""
        user = self.request.user
        return super().get_context_data(
            **{
                **admin.site.each_context(self.request),
                "title": "Second factor",
                "has_app": bool(second_factor.apps_of(user)),
                "has_passkey": bool(second_factor.passkeys_of(user)),
                "next": self.get_redirect_url(),
                **context,
            }
        )


def finish_with_factor(request: HttpRequest, *, at: datetime) -> None:
    """Record a log-in whose second factor was right, and say if it was the last recovery code."""
    user: Any = request.user
    confirm(request, at=at)
    is_first = bool(request.session.pop("first_log_in", False))
    record_success(user, request, at=at, is_first=is_first)
    if not second_factor.recovery_codes_left(user):
        messages.warning(
            request,
            "You have no recovery codes. Make new ones under Log-in and security, so that you can"
            " log in without your phone or key.",
        )


def too_many_attempts(request: HttpRequest, refusal: TooManyAttempts) -> HttpResponse:
    """Return the page that says in which time to try again."""
    page = render(request, "429.html", {"wait": refusal.wait}, status=429)
    return _with_retry(page, f"{refusal.wait.total_seconds():.0f}")


def too_busy(request: HttpRequest) -> HttpResponse:
    """Return the page that says that too many people log in at this moment."""
    return _with_retry(render(request, "log_in_busy.html", status=503), RETRY_WHEN_BUSY)


def _with_retry(response: HttpResponse, seconds: str) -> HttpResponse:
    response.headers["Retry-After"] = seconds
    return response
