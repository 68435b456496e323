"""Subscriptions and consents point to briefings that the database knows to be there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0003_comments_by_mail"),
        ("subscribers", "0008_imports_and_leaner_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="consentrecord",
            name="briefing",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="briefings.briefing",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="briefing",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="briefings.briefing",
            ),
        ),
    ]
