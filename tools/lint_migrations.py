"""Refuse new migrations that the release before could not run beside, or that lock tables long.

django-migration-linter reads their SQL. `make lint` has no server, so there it is that of SQLite;
tests/newsroom/test_new_migrations.py reads that of PostgreSQL. Migrations from before there was a
release are left out: no program of a release before them exists.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# The first migration of each app that has to pass.
NEW_FROM = {"accounts": 1, "briefings": 31, "newsroom": 5, "subscribers": 19}
# What may stand in a migration although the linter warns: reasons are in CONTRIBUTING.md.
ALLOWED_WARNINGS = ("RUNPYTHON_REVERSIBLE",)


def old_migrations() -> list[str]:
    """Return the names of migrations that need not pass."""
    root = Path(__file__).resolve().parents[1]
    return [
        file.stem
        for app, first in NEW_FROM.items()
        for file in (root / app / "migrations").glob("[0-9]*.py")
        if int(file.stem[:4]) < first
    ]


def has_errors() -> bool:
    """Lint the new migrations of our apps on the database of the settings."""
    from django_migration_linter import MigrationLinter

    linter = MigrationLinter(
        include_apps=list(NEW_FROM),
        ignore_name=old_migrations(),
        exclude_migration_tests=list(ALLOWED_WARNINGS),
        no_cache=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    linter.print_summary()
    return bool(linter.has_errors)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django

    django.setup()
    sys.exit(has_errors())
