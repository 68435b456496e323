"""Taking away the second factor of somebody who has lost it: by an administrator, or a command."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from newsroom import audit_log
from newsroom.accounts.notices import tell_owner
from newsroom.accounts.second_factor import remove_all_factors
from newsroom.accounts.staff_sessions import end_sessions
from newsroom.staff_names import name_of


def take_factor_away(account: User, *, by: Any) -> None:
    """Remove apps, passkeys and recovery codes, end all sessions, and tell the owner."""
    with transaction.atomic():
        remove_all_factors(account)
        end_sessions(account)
        audit_log.record("removed the second factor of", account, by=by)
        who = name_of(by) or "An operator"
        tell_owner(account, f"{who} removed the second factor of your account.")
