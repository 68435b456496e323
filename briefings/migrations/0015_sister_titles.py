"""Sections that list the latest issues of sister titles."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0014_preflight"),
    ]

    operations = [
        migrations.AddField(
            model_name="section",
            name="sisters",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="templatesection",
            name="sisters",
            field=models.JSONField(blank=True, default=list, verbose_name="sister titles"),
        ),
        migrations.AlterField(
            model_name="section",
            name="kind",
            field=models.CharField(
                choices=[
                    ("feature", "Feature"),
                    ("roundup", "Round-up (bullets)"),
                    ("feedback", "Feedback (readers quoted)"),
                    ("sisters", "Sister titles (latest issues)"),
                    ("note", "Note or sign-off"),
                ],
                default="feature",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="templatesection",
            name="kind",
            field=models.CharField(
                choices=[
                    ("feature", "Feature"),
                    ("roundup", "Round-up (bullets)"),
                    ("feedback", "Feedback (readers quoted)"),
                    ("sisters", "Sister titles (latest issues)"),
                    ("note", "Note or sign-off"),
                ],
                default="feature",
                max_length=10,
            ),
        ),
    ]
