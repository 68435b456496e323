"""`manage.py rebuild_search`: put right what search knows of the published issues."""

from __future__ import annotations

from typing import Any

from briefings.search.index_repair import rebuild_search
from newsroom.staff_command import StaffCommand


class Command(StaffCommand):
    """Compare each published issue with the search index, and put right what differs."""

    help = "Make the search index equal to the published issues. Safe at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many issues are indexed, and how much was put right."""
        done = rebuild_search()
        self.stdout.write(
            f"{done.issues:,} issues are indexed. Put right: {done.texts:,} texts,"
            f" {done.words:,} words."
        )
