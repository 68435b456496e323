import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("briefings", "0029_quotations_of_responses")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="was_shown",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Whether it was ever on the page, for however short a time.",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                django.db.models.functions.text.Upper("email"), name="comment_by_address"
            ),
        ),
        migrations.CreateModel(
            name="SpamAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_spam", models.BooleanField()),
                ("ip", models.GenericIPAddressField(help_text="Where the comment came from.")),
                ("user_agent", models.CharField(blank=True, max_length=300)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "comment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="spam_answer",
                        to="briefings.comment",
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
    ]
