"""Let a delivery change without touching an index, and find what is to be sent by marks."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

BIGGEST = 2**63 - 1


def fill_pages_by_half(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Leave room beside each row for its next version (PostgreSQL's heap-only tuples)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE subscribers_delivery SET (fillfactor = 50)")
        schema_editor.execute("ALTER TABLE subscribers_lease SET (fillfactor = 50)")


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0002_salt_and_editors")]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="delivery_unsettled"),
        migrations.RemoveIndex(model_name="delivery", name="delivery_by_lease"),
        migrations.AddField(
            model_name="dispatch",
            name="fresh_left",
            field=models.PositiveIntegerField(
                default=0,
                help_text="So many copies have not been in a worker's hands yet.",
            ),
        ),
        migrations.AddField(
            model_name="dispatch",
            name="leased_up_to",
            field=models.BigIntegerField(
                default=0,
                help_text="Readers up to this number have been in a worker's hands.",
            ),
        ),
        # A lease that is open now spans all readers.
        migrations.AddField(
            model_name="lease",
            name="first",
            field=models.BigIntegerField(default=0, help_text="The first reader's number."),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="lease",
            name="last",
            field=models.BigIntegerField(default=BIGGEST, help_text="The last reader's number."),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="delivery",
            name="not_before",
            field=models.DateTimeField(
                help_text="Set while a copy that was in hand before waits for another try.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("not_before__isnull", False)),
                fields=["dispatch", "not_before"],
                name="delivery_again",
            ),
        ),
        migrations.RunPython(fill_pages_by_half, migrations.RunPython.noop),
    ]
