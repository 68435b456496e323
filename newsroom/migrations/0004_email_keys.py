from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsroom", "0003_database_epoch")]

    operations = [
        migrations.CreateModel(
            name="EmailKey",
            fields=[
                (
                    "key",
                    models.CharField(
                        help_text="A keyed hash of what makes it the same.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "until",
                    models.DateTimeField(help_text="When the same email may be queued again."),
                ),
            ],
            options={"default_permissions": ()},
        ),
    ]
