"""Note which comments on an issue one erased person left, so that they count as one person's."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("briefings", "0033_when_answers_were_withdrawn")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="erased_with",
            field=models.BigIntegerField(
                blank=True,
                editable=False,
                help_text=(
                    "The first of the comments on an issue that one person left, before an erasure."
                ),
                null=True,
            ),
        ),
    ]
