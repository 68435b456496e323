"""What comments are about, the names to quote their writers by, and signing out everywhere."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0022_remarks_know_their_section"),
    ]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="passage",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="The words of the issue that it is about.",
                max_length=500,
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="quote_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="What their writer agreed to be quoted with.",
                max_length=80,
                verbose_name="name to quote",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="section_heading",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=200
            ),
        ),
        migrations.AddField(
            model_name="commenter",
            name="signed_out_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="quoteconsent",
            name="name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The name to quote them with, if they agreed to that.",
                max_length=80,
            ),
        ),
    ]
