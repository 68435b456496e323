"""The index that finds comments by their words: of those that readers see, without a copy of them.

Made while the table is in use, so it stops no writer.
"""

from typing import Any

from django.db import migrations


def make_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS comment_by_words ON briefings_comment"
            " USING gin (to_tsvector('english', body)) WHERE state = 'approved'"
        )


def drop_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS comment_by_words")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("briefings", "0018_search_and_topics"),
    ]

    operations = [
        migrations.RunPython(make_index, drop_index),
    ]
