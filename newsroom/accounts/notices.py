"""Emails to the owner of an account about changes to how it is logged in to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone

from newsroom.emails import queue_email


def tell_owner(account: Any, sentence: str) -> None:
    """Email somebody what was changed in their account; without an address, nobody can."""
    if not account.email:
        return
    queue_email(
        "account_changed",
        to=account.email,
        context={
            "username": account.get_username(),
            "sentence": sentence,
            "at": timezone.now(),
            "link": f"{settings.SITE_URL}/admin/account/",
        },
    )
