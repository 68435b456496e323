"""Staff who forgot their password get a link by email with which they choose a new one.

The answer is the same, and takes as long, whether or not an account has the address.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from newsroom.accounts.invitations import VALID_FOR as INVITATION_VALID_FOR
from newsroom.accounts.invitations import InvitationTokens
from newsroom.accounts.log_in_history import forget_failures
from newsroom.accounts.notices import tell_owner
from newsroom.accounts.staff_sessions import end_sessions
from newsroom.email_addresses import address_key
from newsroom.emails import AlreadyQueued, Once, queue_email_in_constant_time
from newsroom.form_guard import (
    RETRY_AFTER,
    ProofOfWorkNeeded,
    TooManyForms,
    check_form,
    proof_of_work_page,
)
from newsroom.form_origin import own_forms_only
from newsroom.form_signature import SignatureField

# An address gets one email in this time, however often somebody asks.
EMAIL_INTERVAL = timedelta(minutes=5)


class ResetRequestForm(PasswordResetForm):
    """The address of a staff account."""

    began = SignatureField()

    def save(self, *_: Any, **__: Any) -> None:
        """Email links to the accounts with this address; the same work if there are none."""
        address: str = self.cleaned_data["email"]
        accounts = [user for user in self.get_users(address) if user.is_staff]
        shown = accounts or [User(pk=0, username="nobody", email=address)]
        with suppress(AlreadyQueued), transaction.atomic():
            queue_email_in_constant_time(
                "password_reset",
                to=shown[0].email,  # as stored, which is not always what was entered
                context={
                    "accounts": [
                        {"username": user.get_username(), "link": reset_link(user)}
                        for user in shown
                    ],
                    "valid_for": timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT),
                },
                allowed=bool(accounts),
                once=Once(key=address_key(address), within=EMAIL_INTERVAL, at=timezone.now()),
            )


def reset_link(user: User) -> str:
    """Return a link that works once, and only until the password or address changes."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    where = reverse("password_reset_confirm", args=[uid, default_token_generator.make_token(user)])
    return settings.SITE_URL + where


class AdminPageMixin:
    """A page in the frame of the admin."""

    request: HttpRequest

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Return the view's context with the admin site's."""
        own: dict[str, Any] = super().get_context_data(**context)  # type: ignore[misc]
        if own.get("validlink") is False:
            own["title"] = "This link does not work"
        valid_for = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
        return {**admin.site.each_context(self.request), "valid_for": valid_for, **own}


class ResetRequestView(AdminPageMixin, views.PasswordResetView):
    """Asks for the address of the account."""

    form_class = ResetRequestForm
    title = "Set a new password"

    def form_valid(self, form: Any) -> HttpResponse:
        """Send the email, unless there were too many forms."""
        now = timezone.now()
        try:
            check_form(
                self.request,
                address=form.cleaned_data["email"],
                signature=form.cleaned_data["began"],
                at=now,
            )
        except ProofOfWorkNeeded:
            return proof_of_work_page(self.request, at=now, context={})
        except TooManyForms as refusal:
            form.add_error(None, str(refusal))
            response = self.form_invalid(form)
            response.status_code = 429
            response.headers["Retry-After"] = RETRY_AFTER
            return response
        return super().form_valid(form)


class ResetConfirmView(AdminPageMixin, views.PasswordResetConfirmView):
    """Takes the new password.

    A valid link redirects to an address without the token, so that no Referer contains it.
    """

    title = "Set a new password"

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, without a Referer from an address that has a token in it."""
        response = super().dispatch(*args, **kwargs)
        if kwargs["token"] != self.reset_url_token:
            response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def get_user(self, uidb64: str) -> Any:
        """Return the account, if it still is one of staff."""
        user: Any = super().get_user(uidb64)
        return user if user and user.is_active and user.is_staff else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password; all sessions end, and who was locked out may log in again."""
        response = super().form_valid(form)
        end_sessions(form.user)
        forget_failures(form.user.get_username(), at=timezone.now())
        tell_owner(form.user, "Somebody, probably you, set a new password for your account.")
        return response


class InvitationView(ResetConfirmView):
    """Takes the first password of somebody who was invited."""

    token_generator = InvitationTokens()
    title = "Choose a password"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Return the view's context with how long invitations work."""
        own = {"valid_for": INVITATION_VALID_FOR, "is_invitation": True, **context}
        return super().get_context_data(**own)


class ResetDoneView(AdminPageMixin, views.PasswordResetDoneView):
    """Says that an email is on its way, if an account has the address."""

    title = "Check your inbox"


class ResetCompleteView(AdminPageMixin, views.PasswordResetCompleteView):
    """Says that the password is set."""

    title = "Your new password is set"


def if_local(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return a view that does not exist where nobody logs in with a password of ours."""

    @wraps(view)
    def wrapper(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not settings.LOCAL_LOG_IN:
            raise Http404
        return view(request, **kwargs)

    return wrapper


urlpatterns = [
    path("", own_forms_only(if_local(ResetRequestView.as_view())), name="admin_password_reset"),
    path("sent/", ResetDoneView.as_view(), name="password_reset_done"),
    path("done/", ResetCompleteView.as_view(), name="password_reset_complete"),
    path(
        "invitation/<uidb64>/<token>/",
        if_local(InvitationView.as_view()),
        name="accept_invitation",
    ),
    path("<uidb64>/<token>/", if_local(ResetConfirmView.as_view()), name="password_reset_confirm"),
]
