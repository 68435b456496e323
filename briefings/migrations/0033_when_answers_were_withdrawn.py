from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("briefings", "0032_marks_that_were_removed")]

    operations = [
        migrations.AddField(
            model_name="commenter",
            name="answers_withdrawn_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
