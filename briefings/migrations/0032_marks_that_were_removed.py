from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("briefings", "0031_search_indexes_without_a_waiting_list")]

    operations = [
        migrations.AddField(
            model_name="responsemark",
            name="removed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
