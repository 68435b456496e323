"""A cut-off stands at least an hour before its slot: without one, no alarm could be raised."""

from __future__ import annotations

from typing import Any

import django.core.validators
from django.db import migrations, models


def give_each_briefing_a_cut_off(apps: Any, schema_editor: Any) -> None:
    briefings = apps.get_model("briefings", "Briefing").objects.using(
        schema_editor.connection.alias
    )
    briefings.filter(cut_off_hours=0).update(cut_off_hours=1)


class Migration(migrations.Migration):
    dependencies = [("briefings", "0019_comments_by_words")]

    operations = [
        migrations.RunPython(give_each_briefing_a_cut_off, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="briefing",
            name="cut_off_hours",
            field=models.PositiveSmallIntegerField(
                default=12,
                help_text="Hours before the send slot by which an issue should be approved. We email the people concerned if it is not.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(144),
                ],
                verbose_name="cut-off",
            ),
        ),
        migrations.AddConstraint(
            model_name="briefing",
            constraint=models.CheckConstraint(
                condition=models.Q(("cut_off_hours__gte", 1)),
                name="briefing_cut_off_is_before_its_slot",
            ),
        ),
    ]
