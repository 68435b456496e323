"""Where a browser's passkeys are registered and used: the views of django-otp-webauthn.

We add what their package leaves to us: limits, the history of log-ins, and the end of other
sessions. They are in the admin's language, and in its frame only through its pages.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.i18n import JavaScriptCatalog
from django_otp_webauthn import exceptions
from django_otp_webauthn.models import WebAuthnCredential
from django_otp_webauthn.views import (
    BeginCredentialAuthenticationView,
    BeginCredentialRegistrationView,
    CompleteCredentialAuthenticationView,
    CompleteCredentialRegistrationView,
)

from newsroom.accounts import second_factor
from newsroom.accounts.account_pages import note_new_factor
from newsroom.accounts.attempt_limits import Attempt, TooManyAttempts
from newsroom.accounts.log_in import finish_with_factor
from newsroom.accounts.log_in_history import record
from newsroom.accounts.models import LogInOutcome
from newsroom.accounts.password_again import is_confirmed
from newsroom.client_address import client_ip


class Refused(exceptions.OTPWebAuthnApiError):  # type: ignore[misc]  # untyped
    """What the page says when it cannot go on."""

    status_code = 403
    default_code = "refused"


class ForStaff:
    """Registers passkeys for staff who have entered their password a short while ago."""

    request: HttpRequest

    def check_can_register(self) -> None:
        """Raise Refused for everybody else."""
        if not getattr(self.request.user, "is_staff", False):
            raise Refused("Log in first.")
        if not is_confirmed(self.request, at=timezone.now()):
            raise Refused(
                "It is a while since you entered your password. Log out, log in, and try again."
            )


class RegistrationBegins(ForStaff, BeginCredentialRegistrationView):  # type: ignore[misc]  # untyped
    """Begins the making of a passkey."""


class RegistrationEnds(ForStaff, CompleteCredentialRegistrationView):  # type: ignore[misc]  # untyped
    """Saves the passkey that a browser has made."""

    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        """Save it, and end all other sessions of the account."""
        answer: JsonResponse = super().post(*args, **kwargs)
        passkey = WebAuthnCredential.objects.filter(user=self.request.user.pk).latest("pk")
        WebAuthnCredential.objects.filter(pk=passkey.pk).update(name="Passkey")
        note_new_factor(self.request, passkey, kind="a passkey")
        return answer


class UseBegins(BeginCredentialAuthenticationView):  # type: ignore[misc]  # untyped
    """Begins the use of a passkey, which is a second factor only."""


class UseEnds(CompleteCredentialAuthenticationView):  # type: ignore[misc]  # untyped
    """Lets somebody in whose browser has used their passkey."""

    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        """Compare what the browser answers, unless there were too many wrong answers."""
        now = timezone.now()
        user: Any = self.request.user
        try:
            attempt = Attempt(user.get_username(), ip=client_ip(self.request), at=now)
        except TooManyAttempts:
            raise Refused("There were too many wrong codes. Wait, and log in again.") from None
        try:
            answer: JsonResponse = super().post(*args, **kwargs)
        except exceptions.OTPWebAuthnApiError:
            record(
                LogInOutcome.WRONG_CODE,
                username=user.get_username(),
                account=user,
                request=self.request,
                at=now,
            )
            raise
        attempt.succeed()
        self.request.session[second_factor.HAS_FACTOR] = True
        finish_with_factor(self.request, at=now)
        return answer

    def get_success_url(self) -> str:
        """Return the page that was opened before the log-in, or the start page."""
        return self.get_redirect_url() or reverse("admin:index")


app_name = "otp_webauthn"  # by which the package's own scripts find these
urlpatterns = [
    path(
        "registration/begin/",
        RegistrationBegins.as_view(),
        name="credential-registration-begin",
    ),
    path(
        "registration/complete/",
        RegistrationEnds.as_view(),
        name="credential-registration-complete",
    ),
    path(
        "authentication/begin/",
        UseBegins.as_view(),
        name="credential-authentication-begin",
    ),
    path(
        "authentication/complete/",
        UseEnds.as_view(),
        name="credential-authentication-complete",
    ),
    path(
        "jsi18n/",
        JavaScriptCatalog.as_view(packages=["django_otp_webauthn"]),
        name="js-i18n-catalog",
    ),
]
