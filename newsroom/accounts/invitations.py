"""Invitations: a new account has no password until its owner has chosen one, with a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from newsroom import audit_log
from newsroom.emails import queue_email
from newsroom.staff_names import name_of
from newsroom.tokens import sign_value, verify_value

VALID_FOR = timedelta(days=7)
PURPOSE = "invitation"


def invite(account: User, *, by: Any) -> None:
    """Email somebody a link with which they choose a password; former links stop working."""
    account.set_unusable_password()  # a new random one, which former links were not made for
    account.save(update_fields=["password"])
    queue_email(
        "invitation",
        to=account.email,
        context={
            "username": account.get_username(),
            "inviter": name_of(by),
            "link": invitation_link(account),
            "valid_for": VALID_FOR,
        },
    )
    audit_log.record("invited", account, by=by)


def awaits_acceptance(account: User) -> bool:
    """Whether an invitation would be of use: nobody has chosen a password or logged in yet."""
    if not settings.LOCAL_LOG_IN:
        return False
    never = account.last_login is None and not account.has_usable_password()
    return never and account.is_active and account.is_staff and bool(account.email)


def invitation_link(account: User) -> str:
    """Return a link that works once, and only until the password or address changes."""
    uid = urlsafe_base64_encode(force_bytes(account.pk))
    where = reverse("accept_invitation", args=[uid, InvitationTokens().make_token(account)])
    return settings.SITE_URL + where


class InvitationTokens:
    """Tokens of invitations, as Django's view of new passwords asks for them."""

    def make_token(self, account: User) -> str:
        """Return a token for an account as it is now."""
        return sign_value(PURPOSE, _state(account))

    def check_token(self, account: User | None, token: str) -> bool:
        """Whether a token was made for this account as it is now, and not too long ago."""
        value = verify_value(PURPOSE, token, max_age=int(VALID_FOR.total_seconds()))
        return (
            account is not None
            and value is not None
            and constant_time_compare(value, _state(account))
        )


def _state(account: User) -> str:
    words = f"{account.pk}\n{account.password}\n{account.email}"
    return salted_hmac("newsroom.accounts.invitation", words, algorithm="sha256").hexdigest()
