"""Name the tables by the words that the code uses. Renames touch no row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("newsroom", "0001_initial")]

    operations = [
        migrations.RenameModel("Act", "AuditLogEntry"),
        migrations.AlterField(  # the help text alone: the table is not touched
            "AuditLogEntry",
            "actor_name",
            models.CharField(blank=True, help_text="Empty if the system did it.", max_length=150),
        ),
        migrations.RenameModel("OutgoingLetter", "OutgoingEmail"),
        migrations.RenameField("OutgoingEmail", "tries", "attempts"),
        migrations.RenameField("OutgoingEmail", "last_answer", "last_error"),
    ]
