"""Let search indexes take each word at once.

GIN indexes first keep new words in a list, which every search reads whole until autovacuum has filed
them. After an import or a rebuild the planner then left the index out and read every text.
"""

from typing import Any

from django.db import migrations, transaction

INDEXES = ("issue_text_by_words", "comment_by_words", "search_word_by_trigrams")


def file_at_once(apps: Any, schema_editor: Any) -> None:
    set_waiting_list(schema_editor, "off")


def file_later(apps: Any, schema_editor: Any) -> None:
    set_waiting_list(schema_editor, "on")


def set_waiting_list(schema_editor: Any, value: str) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for index in INDEXES:  # the last is missing where pg_trgm may not be created
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("SET LOCAL lock_timeout = '2s'")
            schema_editor.execute(f"ALTER INDEX IF EXISTS {index} SET (fastupdate = {value})")
        if value == "off":
            schema_editor.execute(
                "SELECT gin_clean_pending_list(oid) FROM pg_class WHERE oid = to_regclass(%s)",
                [index],
            )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("briefings", "0030_what_became_of_comments"),
    ]

    operations = [
        migrations.RunPython(file_at_once, file_later),
    ]
