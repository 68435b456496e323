"""Make the smaller copies of pictures and portraits that were uploaded before there were any."""

from __future__ import annotations

from itertools import chain
from typing import Any

from django.core.management.base import CommandParser

from briefings.picture_sizes import (
    PORTRAIT_WIDTHS,
    WIDTHS,
    make_sizes,
    pictures_without_sizes,
    portraits_without_sizes,
)
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    help = (
        "Makes WebP copies of the pictures in issues and the portraits of contributors that have"
        " none yet, one at a time. You can stop it at any moment and start it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only name the pictures that have none"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        made = failed = 0
        pictures = ((name, WIDTHS) for name in pictures_without_sizes())
        portraits = ((name, PORTRAIT_WIDTHS) for name in portraits_without_sizes())
        for name, widths in chain(pictures, portraits):
            if dry_run:
                self.stdout.write(name)
            elif make_sizes(name, widths=widths):
                made += 1
            else:
                failed += 1
                self.stderr.write(f"{name} is missing or cannot be read.")
        if not dry_run:
            self.stdout.write(
                f"Pictures with new copies: {made}. Pictures that could not be read: {failed}."
            )
