"""`manage.py remove_second_factor`: for somebody who has lost it and whom nobody else can help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from newsroom.accounts.factor_removal import take_factor_away
from newsroom.staff_command import StaffCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(StaffCommand):
    help = (
        "Remove apps, passkeys and recovery codes of an account whose owner has lost them, and end"
        " its sessions. Administrators can do the same on the account's page."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *, username: str, **_: Any) -> None:
        """Remove the factors of one account."""
        account = User.objects.filter(username=username).first()
        if account is None:
            raise CommandError(f"There is no account with the name {username!r}.")
        take_factor_away(account, by=None)
        self.stdout.write(f"{username} can log in with the password alone now.")
