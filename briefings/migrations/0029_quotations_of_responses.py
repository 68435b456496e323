"""Say in quotations what became of them, and when a reader was asked to be quoted."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0028_answers_and_closing_notes"),
    ]

    operations = [
        migrations.AddField(
            model_name="briefing",
            name="withdrawn_quotations",
            field=models.CharField(
                choices=[
                    ("name", "Remove the name, keep the words"),
                    ("words", "Replace the words by “Withdrawn at the reader’s wish”"),
                ],
                db_default="words",
                default="words",
                help_text="What the page of a published issue then shows. Who withdraws the comment itself withdraws its words, too. Emails that were sent stay as they are.",
                max_length=5,
                verbose_name="when a quoted reader changes their mind",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="quote_asked_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When we asked its writer by email whether we may quote it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="is_in_issue",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Off where a later edit took out what its reader had been told of.",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="not_told",
            field=models.CharField(
                blank=True,
                choices=[
                    ("suppressed", "We must not write to this address"),
                    ("not_wanted", "They do not want these emails"),
                    ("no_address", "There is no address"),
                    ("gone", "The quotation was gone by then"),
                ],
                db_default="",
                default="",
                help_text="Why its reader was not told, if so.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="places",
            field=models.JSONField(
                blank=True,
                db_default=[],
                default=list,
                help_text="Where its parts stand in the response: pairs of positions, from 0.",
            ),
        ),
        migrations.AlterField(
            model_name="quotation",
            name="at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="When somebody in the newsroom chose these words, having read the response.",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="response",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="quotation",
            name="section",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="quotations",
                to="briefings.section",
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="step",
            field=models.CharField(
                choices=[
                    ("created", "Created"),
                    ("imported", "Imported"),
                    ("saved", "Saved"),
                    ("submitted", "Submitted for review"),
                    ("returned", "Returned to its author"),
                    ("approved", "Approved"),
                    ("published", "Published"),
                    ("corrected", "Corrected"),
                    ("restored", "Restored"),
                    ("withdrawn", "A quotation was withdrawn"),
                    ("upgraded", "As it was before revisions were kept"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="quotation",
            index=models.Index(
                condition=models.Q(("not_told", ""), ("told_at", None)),
                fields=["issue"],
                name="quotation_to_tell",
            ),
        ),
    ]
