"""What search reads and the index over it, and topics.

Everything is a new table, so it costs nothing on large ones. A worker then fills the table of texts
with the issues that are published already, some hundreds a minute; `manage.py rebuild_search` does
it at once. On SQLite, `briefings/search/sqlite_tables.py` makes the index after each migrate.
"""

from typing import Any

import django.db.models.deletion
from django.db import DatabaseError, migrations, models, transaction

# The one place that says in which language words are cut to their stems. All briefings share it.
SEARCH_CONFIG = "english"


def make_postgres_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"""
        ALTER TABLE briefings_issuetext ADD COLUMN search_vector tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('{SEARCH_CONFIG}', headline), 'A')
            || setweight(to_tsvector('{SEARCH_CONFIG}', strapline), 'B')
            || setweight(to_tsvector('{SEARCH_CONFIG}', body), 'D')
        ) STORED
        """
    )
    schema_editor.execute(
        "CREATE INDEX issue_text_by_words ON briefings_issuetext USING gin (search_vector)"
    )


def make_trigram_index(apps: Any, schema_editor: Any) -> None:
    """Index the words by their trigrams where pg_trgm may be created.

    Without it, search does not ask "Did you mean …?".
    """
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(
                "CREATE INDEX search_word_by_trigrams ON briefings_searchword"
                " USING gin (word gin_trgm_ops)"
            )
    except DatabaseError:
        pass


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0017_pictures_in_sizes"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssueText",
            fields=[
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_text",
                        serialize=False,
                        to="briefings.issue",
                    ),
                ),
                ("headline", models.TextField()),
                ("strapline", models.TextField()),
                ("body", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                ("word", models.CharField(max_length=40, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True)),
                (
                    "slug",
                    models.SlugField(
                        help_text="Part of the page's address.", max_length=60, unique=True
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="One line under the name on the topic's page.",
                        max_length=200,
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.AlterField(
            model_name="contributor",
            name="contact",
            field=models.EmailField(
                blank=True,
                help_text="Where the form on their page sends readers' messages; the address is not shown there. Leave it empty to have no form.",
                max_length=254,
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="topics",
            field=models.ManyToManyField(blank=True, related_name="issues", to="briefings.topic"),
        ),
        migrations.RunPython(make_postgres_index, migrations.RunPython.noop),
        migrations.RunPython(make_trigram_index, migrations.RunPython.noop),
    ]
