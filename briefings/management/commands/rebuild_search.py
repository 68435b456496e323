"""`manage.py rebuild_search`: put right what search knows of the published issues."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from briefings.search.index_repair import rebuild_search


class Command(BaseCommand):
    """Compare each published issue with the search index, and put right what differs."""

    help = "Make the search index equal to the published issues. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many issues are indexed, and how much was put right."""
        done = rebuild_search()
        self.stdout.write(
            f"{done.issues:,} issues are indexed. Put right: {done.texts:,} texts,"
            f" {done.words:,} words."
        )
