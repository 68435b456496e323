"""Name the tables by the words that the code uses. Renames touch no row."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("newsroom", "0001_initial")]

    operations = [
        migrations.RenameModel("Act", "AuditLogEntry"),
        migrations.RenameModel("OutgoingLetter", "OutgoingEmail"),
        migrations.RenameField("OutgoingEmail", "tries", "attempts"),
        migrations.RenameField("OutgoingEmail", "last_answer", "last_error"),
    ]
