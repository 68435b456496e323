"""Give two fields the glossary's names. Their columns keep the old names, so no SQL runs."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0015_held_after_a_restore")]

    operations = [
        migrations.AlterModelOptions(
            name="helditem",
            options={
                "permissions": (("release_held", "Can release what is held after a restore"),),
                "verbose_name": "held item",
                "verbose_name_plural": "held after a restore",
            },
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("subscription", "subscription_left_has_its_hour"),
                migrations.RenameField("subscription", "left_at", "unsubscribed_at"),
                migrations.AlterField(
                    "subscription",
                    "unsubscribed_at",
                    models.DateTimeField(
                        blank=True, db_column="left_at", null=True, verbose_name="unsubscribed"
                    ),
                ),
                migrations.AddConstraint(
                    "subscription",
                    models.CheckConstraint(
                        condition=Q(
                            Q(("state", "active"), ("unsubscribed_at__isnull", True)),
                            Q(("state", "left"), ("unsubscribed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="subscription_left_has_its_hour",
                    ),
                ),
                migrations.RemoveIndex("delivery", "delivery_answered"),
                migrations.RenameField("delivery", "answer", "server_reply"),
                migrations.AlterField(
                    "delivery",
                    "server_reply",
                    models.CharField(db_column="answer", max_length=500, null=True),
                ),
                migrations.AddIndex(
                    "delivery",
                    models.Index(
                        condition=Q(("server_reply__isnull", False)),
                        fields=["dispatch", "id"],
                        name="delivery_answered",
                    ),
                ),
            ],
        ),
    ]
