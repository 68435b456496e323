"""Make the smaller copies of pictures that were uploaded before there were any."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from briefings.picture_sizes import make_sizes, pictures_without_sizes


class Command(BaseCommand):
    help = (
        "Makes WebP copies of the pictures in issues that have none yet, one picture at a time."
        " You can stop it at any moment and start it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only name the pictures that have none"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        made = failed = 0
        for name in pictures_without_sizes():
            if dry_run:
                self.stdout.write(name)
            elif make_sizes(name):
                made += 1
            else:
                failed += 1
                self.stderr.write(f"{name} is missing or cannot be read.")
        if not dry_run:
            self.stdout.write(
                f"Pictures with new copies: {made}. Pictures that could not be read: {failed}."
            )
