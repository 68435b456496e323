"""The base of our management commands."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from newsroom.reader_language import STAFF_LANGUAGE


class StaffCommand(BaseCommand):
    """A command that speaks to staff in their language, whatever that of the site is.

    What it writes for readers, such as an email, names its own.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command in the language of staff."""
        with translation.override(STAFF_LANGUAGE):
            return super().execute(*args, **options)
