"""Imports of lists, who may do them, and the indexes that nothing asks for."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import newsroom.tokens

# Permissions are made after all migrations; these are needed now, so they are made here if missing.
EDITORS_MAY = {
    "import_subscribers": "Can import subscribers",
    "export_subscribers": "Can export subscribers",
}


def let_editors(apps: Any, schema_editor: Any) -> None:
    editors, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Editors")
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="subscribers", model="subscriberimport"
    )
    for codename, name in EDITORS_MAY.items():
        permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        editors.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0002_desk_groups"),
        ("subscribers", "0007_coming_in"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("file", "The file as it was sent"),
                            ("refused", "The file of refused rows"),
                        ],
                        max_length=8,
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="SubscriberImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField(help_text="Octets.")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "To be completed"),
                            ("checking", "Being checked"),
                            ("checked", "Checked"),
                            ("importing", "Being imported"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("failed", "Refused"),
                        ],
                        default="uploaded",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "choices",
                    models.JSONField(
                        default=dict, help_text="Columns and evidence stated by hand."
                    ),
                ),
                (
                    "reading",
                    models.JSONField(
                        default=dict, help_text="How it is read, with its first rows."
                    ),
                ),
                (
                    "figures",
                    models.JSONField(
                        default=dict, help_text="Rows by what became or would become."
                    ),
                ),
                (
                    "done",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Octets read; the size: writing."
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=1000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "claim",
                    models.PositiveIntegerField(
                        default=0, help_text="Grows with each worker's beginning."
                    ),
                ),
                ("heard_at", models.DateTimeField(help_text="The worker's last word.", null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("file_removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "import",
                "ordering": ("-pk",),
                "permissions": (
                    ("import_subscribers", "Can import subscribers"),
                    ("export_subscribers", "Can export subscribers"),
                ),
            },
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="briefing",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="briefings.briefing",
            ),
        ),
        migrations.AlterField(
            model_name="consentrecord",
            name="subscriber",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="consents",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="address_hash",
            field=models.CharField(editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="subscriber",
            name="token",
            field=models.CharField(
                default=newsroom.tokens.make_row_token, editable=False, max_length=22
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="briefing",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subscriptions",
                to="briefings.briefing",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="subscriber",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="subscriptions",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="token",
            field=models.CharField(
                default=newsroom.tokens.make_row_token, editable=False, max_length=22
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.UniqueConstraint(
                fields=("address_hash",), name="subscriber_is_one_per_address"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.UniqueConstraint(
                fields=("token",), name="subscriber_token_is_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.UniqueConstraint(
                fields=("token",), name="subscription_token_is_unique"
            ),
        ),
        migrations.AddField(
            model_name="subscriberimport",
            name="briefing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="briefings.briefing",
            ),
        ),
        migrations.AddField(
            model_name="subscriberimport",
            name="sent_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importpart",
            name="subscriber_import",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="subscribers.subscriberimport",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriberimport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["uploaded", "checking", "checked", "importing"]),
                    models.Q(("file_removed_at__isnull", False), ("finished_at__isnull", False)),
                    _connector="OR",
                ),
                name="import_ended_keeps_no_file",
            ),
        ),
        migrations.AddConstraint(
            model_name="importpart",
            constraint=models.UniqueConstraint(
                fields=("subscriber_import", "kind", "position"), name="import_part_has_its_place"
            ),
        ),
        migrations.RunPython(let_editors, migrations.RunPython.noop),
    ]
