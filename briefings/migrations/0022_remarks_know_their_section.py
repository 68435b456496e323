from typing import Any

from django.db import migrations, models
from django.db.models import F


def note_sections(apps: Any, schema_editor: Any) -> None:
    """Give the remarks on sections that are there the keys of those."""
    remarks = apps.get_model("briefings", "Remark").objects.filter(section__isnull=False)
    remarks.update(section_key=F("section_id"))


class Migration(migrations.Migration):
    dependencies = [("briefings", "0021_comments_of_known_readers")]

    operations = [
        migrations.AddField(
            model_name="remark",
            name="section_key",
            field=models.PositiveBigIntegerField(
                editable=False,
                help_text="The key of the section, by which a restored one is known again.",
                null=True,
            ),
        ),
        migrations.RunPython(note_sections, migrations.RunPython.noop),
    ]
