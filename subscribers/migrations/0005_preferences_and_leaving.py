"""A pause, a change of address that both mailboxes agree to, and since when an address holds."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import newsroom.tokens


class Migration(migrations.Migration):
    dependencies = [
        ("subscribers", "0004_pace"),
    ]

    operations = [
        migrations.CreateModel(
            name="AddressChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("old_address", models.CharField(blank=True, max_length=254)),
                ("old_address_hash", models.CharField(max_length=64)),
                ("new_address", models.CharField(blank=True, max_length=254)),
                ("new_address_hash", models.CharField(max_length=64)),
                (
                    "old_token",
                    models.CharField(
                        default=newsroom.tokens.make_row_token,
                        editable=False,
                        max_length=22,
                        unique=True,
                    ),
                ),
                (
                    "new_token",
                    models.CharField(
                        default=newsroom.tokens.make_row_token,
                        editable=False,
                        max_length=22,
                        unique=True,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for both addresses"),
                            ("done", "Done"),
                            ("refused", "The new address has letters of its own, or gets none"),
                            ("dropped", "Called off, or another address was asked for"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("asked_ip", models.GenericIPAddressField(null=True)),
                ("old_agreed_at", models.DateTimeField(null=True)),
                ("old_agreed_ip", models.GenericIPAddressField(null=True)),
                ("new_agreed_at", models.DateTimeField(null=True)),
                ("new_agreed_ip", models.GenericIPAddressField(null=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddField(
            model_name="subscriber",
            name="moved_at",
            field=models.DateTimeField(
                editable=False,
                help_text="Since when letters go to this address; null: always.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="paused_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="subscriber",
            name="paused_until",
            field=models.DateTimeField(
                editable=False, help_text="No issue leaves before; it ends by itself.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="subscriber",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("paused_at__isnull", True), ("paused_until__isnull", True)),
                    models.Q(
                        ("paused_at__isnull", False),
                        ("paused_until__gt", models.F("paused_at")),
                        ("paused_until__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="subscriber_pause_begins_and_ends",
            ),
        ),
        migrations.AddField(
            model_name="addresschange",
            name="subscriber",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="address_changes",
                to="subscribers.subscriber",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("subscriber",),
                name="address_change_is_open_once_per_subscriber",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "done"), _negated=True),
                    models.Q(("new_agreed_at__isnull", False), ("old_agreed_at__isnull", False)),
                    _connector="OR",
                ),
                name="address_change_done_has_both_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="addresschange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("old_address_hash", models.F("new_address_hash")), _negated=True
                ),
                name="address_change_goes_elsewhere",
            ),
        ),
    ]
