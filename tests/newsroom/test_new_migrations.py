"""New migrations leave a database that the release before can use, and make nobody wait."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection, migrations, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from newsroom.management.commands import migrate
from tools.lint_migrations import ALLOWED_WARNINGS, NEW_FROM, has_errors, old_migrations

pytestmark = pytest.mark.postgres


@pytest.mark.django_db
def test_new_migrations_pass_the_linter_on_postgresql() -> None:
    assert not has_errors()


def test_only_migrations_from_before_the_first_release_are_left_out() -> None:
    assert "0001_initial" in old_migrations()
    assert all(int(name[:4]) < max(NEW_FROM.values()) for name in old_migrations())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "passes"),
    [
        (migrations.AddField("lease", "later", models.IntegerField(null=True)), True),
        (migrations.AddField("lease", "later", models.IntegerField(default=0, db_default=0)), True),
        (migrations.AddField("lease", "later", models.IntegerField(default=0)), False),
        (migrations.RemoveField("lease", "begun"), False),
        (migrations.RenameField("lease", "begun", "later"), False),
    ],
    ids=["may be NULL", "default in the database", "default in the code", "removed", "renamed"],
)
def test_the_linter_knows_what_the_release_before_cannot_use(
    operation: migrations.operations.base.Operation, passes: bool
) -> None:
    loader = MigrationExecutor(connection).loader
    [leaf] = loader.graph.leaf_nodes("subscribers")
    kind = type("Later", (migrations.Migration,), {"dependencies": [leaf]})
    later = kind("0999_later", "subscribers")
    later.operations = [operation]
    linter = MigrationLinter(
        no_cache=True, exclude_migration_tests=list(ALLOWED_WARNINGS), quiet=["ok", "ignore"]
    )
    state = loader.project_state(leaf)
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        later.apply(state, editor, collect_sql=True)
    statements = [line for line in editor.collected_sql if not line.startswith("--")]
    errors, _, _ = analyse_sql_statements(
        PostgresqlAnalyser, statements, linter.exclude_migration_tests
    )
    assert (errors == []) is passes, (statements, errors)


@pytest.mark.django_db(transaction=True)
def test_migrate_lets_others_go_first_while_a_table_is_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A backup reads a table; who reads it meanwhile must not wait for a migration that waits."""
    monkeypatch.setattr(migrate, "TRY_AGAIN_SECONDS", 0)
    tried = []

    def change(*_: Any, **__: Any) -> None:
        tried.append(timezone.now())
        if len(tried) == 2:
            backup.rollback()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE subscribers_lease IN ACCESS EXCLUSIVE MODE")

    facts = connection.settings_dict
    url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format_map(facts)
    with closing(psycopg2.connect(url)) as backup, backup.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM subscribers_lease")
        monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", change)
        call_command("migrate", verbosity=0)
    assert len(tried) == 2
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
