"""Name tables and columns by the words that the code uses. Renames touch no row."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("subscribers", "0009_briefings_of_subscriptions_are_there")]

    operations = [
        migrations.RenameModel("SendAllowance", "SendRateBucket"),
        migrations.RenameModel("DailyCount", "DailySendCount"),
        migrations.RenameField("DailySendCount", "letters", "emails"),
        migrations.RenameModel("Destination", "DomainBackoff"),
        migrations.RenameField("DomainBackoff", "parked", "held_back"),
        migrations.RenameField("DomainBackoff", "rests", "backoffs"),
        migrations.AlterField(
            "DomainBackoff",
            "dispatch",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="domain_backoffs",
                to="subscribers.dispatch",
            ),
        ),
        migrations.RenameModel("ReportEvent", "BounceEvent"),
        migrations.RenameField("BounceEvent", "verdict", "classification"),
        migrations.RenameField("BounceEvent", "act", "action"),
        # The databases rename a column in its indexes by themselves; only Django must be told.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("BounceEvent", "report_event_policy"),
                migrations.RemoveIndex("BounceEvent", "report_event_waiting"),
                migrations.AddIndex(
                    "BounceEvent",
                    models.Index(
                        fields=["subscriber", "classification", "at"], name="report_event_policy"
                    ),
                ),
                migrations.AddIndex(
                    "BounceEvent",
                    models.Index(
                        fields=["id"],
                        condition=models.Q(action="waiting"),
                        name="report_event_waiting",
                    ),
                ),
            ]
        ),
        # Only names, choices and help texts change: this touches no table.
        migrations.AlterField(
            "BounceEvent",
            "source",
            models.CharField(
                choices=[
                    ("mail", "A report by email"),
                    ("hook", "The email provider's webhook"),
                    ("sending", "The server's reply while we were sending"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            "BounceEvent",
            "classification",
            models.CharField(
                choices=[
                    ("hard", "No such mailbox"),
                    ("full", "Mailbox full"),
                    ("policy", "Rejected by policy"),
                    ("soft", "Temporary failure"),
                    ("complaint", "Reported as spam"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "BounceEvent",
            "action",
            models.CharField(
                choices=[
                    ("waiting", "Waiting for the result of the delivery"),
                    ("counted", "Counted"),
                    ("suppressed", "Address suppressed"),
                    ("nothing", "Nothing"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "BounceEvent",
            "status",
            models.CharField(
                blank=True,
                help_text="Enhanced status code (RFC 3463), such as 5.1.1.",
                max_length=12,
                verbose_name="status code",
            ),
        ),
        migrations.AlterField(
            "BounceEvent",
            "diagnostic",
            models.CharField(
                blank=True,
                help_text="The other server's own words. They may include the address.",
                max_length=500,
            ),
        ),
        migrations.AlterField(
            "BounceEvent",
            "at",
            models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
        ),
        migrations.AlterField(
            "Suppression",
            "at",
            models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
        ),
        migrations.AlterField(
            "Suppression",
            "detail",
            models.CharField(blank=True, max_length=500, verbose_name="details"),
        ),
        migrations.AlterField(
            "Suppression",
            "reason",
            models.CharField(
                choices=[
                    ("bounced", "Emails bounced"),
                    ("complained", "Reported as spam"),
                    ("erased", "Data erased on request"),
                    ("staff", "Added by staff"),
                ],
                max_length=10,
            ),
        ),
        migrations.RenameField("ConsentRecord", "act", "action"),
        migrations.RenameField("SignUp", "letter_at", "email_sent_at"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint("SignUp", "sign_up_reminder_counts_as_its_letter"),
                migrations.AddConstraint(
                    "SignUp",
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reminded_at__isnull", True),
                            ("email_sent_at__gte", models.F("reminded_at")),
                            _connector="OR",
                        ),
                        name="sign_up_reminder_counts_as_its_letter",
                    ),
                ),
            ]
        ),
        # Help texts of sending: the database is not touched.
        migrations.AlterField(
            "DailySendCount",
            "limit",
            models.CharField(
                help_text="The name of a mail server, or of the warm-up of the sending domain.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            "Delivery",
            "not_before",
            models.DateTimeField(
                help_text="When to try again; set while a delivery waits after a lease.", null=True
            ),
        ),
        migrations.AlterField(
            "Dispatch",
            "deadline",
            models.DateTimeField(help_text="Deferred emails are retried until then."),
        ),
        migrations.AlterField(
            "Dispatch",
            "fresh_left",
            models.PositiveIntegerField(
                default=0, help_text="The number of deliveries that were never leased."
            ),
        ),
        migrations.AlterField(
            "Dispatch",
            "leased_up_to",
            models.BigIntegerField(
                default=0, help_text="Deliveries to subscribers up to this id have been leased."
            ),
        ),
        migrations.AlterField(
            "DomainBackoff",
            "backoffs",
            models.PositiveSmallIntegerField(
                default=0, help_text="How many times in a row it asked us to wait."
            ),
        ),
        migrations.AlterField(
            "DomainBackoff",
            "held_back",
            models.PositiveIntegerField(
                default=0, help_text="About how many deliveries wait for this domain."
            ),
        ),
        migrations.AlterField(
            "DomainBackoff",
            "next_at",
            models.DateTimeField(help_text="When the next emails may go there."),
        ),
        migrations.AlterField(
            "Lease", "first", models.BigIntegerField(help_text="The lowest subscriber id.")
        ),
        migrations.AlterField(
            "Lease", "last", models.BigIntegerField(help_text="The highest subscriber id.")
        ),
        # Choices and help texts, which no database stores.
        migrations.AlterField(
            "AddressChange",
            "state",
            models.CharField(
                choices=[
                    ("open", "Waiting for both addresses to confirm"),
                    ("done", "Done"),
                    ("refused", "Not possible: the new address is subscribed or suppressed"),
                    ("dropped", "Cancelled, or replaced by another request"),
                ],
                default="open",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            "ConsentRecord",
            "action",
            models.CharField(
                choices=[
                    ("joined", "Subscribed"),
                    ("left", "Unsubscribed"),
                    ("imported", "Imported with evidence"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            "ConsentRecord",
            "asked_ip",
            models.GenericIPAddressField(help_text="Of the request that sent the form.", null=True),
        ),
        migrations.AlterField(
            "ConsentRecord",
            "ip",
            models.GenericIPAddressField(
                help_text="Of the request that confirmed or unsubscribed.", null=True
            ),
        ),
        migrations.AlterField(
            "ConsentRecord",
            "source",
            models.CharField(help_text="Page, email or file.", max_length=300),
        ),
        migrations.AlterField(
            "SignUp",
            "asked_at",
            models.DateTimeField(
                default=django.utils.timezone.now, help_text="When the form was last sent."
            ),
        ),
        migrations.AlterField(
            "SignUp",
            "email_sent_at",
            models.DateTimeField(help_text="When the last confirmation email was sent.", null=True),
        ),
        migrations.AlterField(
            "SignUp",
            "reminded_at",
            models.DateTimeField(help_text="When the reminder was sent.", null=True),
        ),
        migrations.AlterField(
            "SignUpChoice",
            "referred_by",
            models.ForeignKey(
                db_index=False,
                help_text="The issue that led to the form, as a page or as a forwarded email.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="briefings.issue",
            ),
        ),
        migrations.AlterField(
            "SignUpChoice",
            "source",
            models.CharField(help_text="The page with the form.", max_length=300),
        ),
        migrations.AlterField(
            "Subscriber",
            "moved_at",
            models.DateTimeField(
                editable=False, help_text="When the address was changed; null: never.", null=True
            ),
        ),
        migrations.AlterField(
            "Subscriber",
            "paused_until",
            models.DateTimeField(
                editable=False,
                help_text="No issue is sent before this time; the pause ends by itself.",
                null=True,
            ),
        ),
        migrations.AlterField(
            "Subscription",
            "referred_by",
            models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The issue that led to this subscription, if one did.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="briefings.issue",
            ),
        ),
        migrations.AlterField(
            "Subscription",
            "state",
            models.CharField(
                choices=[("active", "Active"), ("left", "Unsubscribed")],
                default="active",
                max_length=8,
            ),
        ),
        # Labels and help texts of imports: the database is not touched.
        migrations.AlterField(
            "ImportPart",
            "kind",
            models.CharField(
                choices=[("file", "The uploaded file"), ("refused", "The file of refused rows")],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "choices",
            models.JSONField(default=dict, help_text="The options that a person chose."),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "claim",
            models.PositiveIntegerField(
                default=0, help_text="How many workers have started on it."
            ),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "created_at",
            models.DateTimeField(default=django.utils.timezone.now, verbose_name="uploaded"),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "done",
            models.PositiveBigIntegerField(
                default=0, help_text="Bytes read; all of them once writing starts."
            ),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "figures",
            models.JSONField(default=dict, help_text="The number of rows by result."),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "heard_at",
            models.DateTimeField(help_text="When its worker last reported.", null=True),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "reading",
            models.JSONField(default=dict, help_text="The preview, with the first rows."),
        ),
        migrations.AlterField(
            "SubscriberImport",
            "sent_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="uploaded by",
            ),
        ),
        migrations.AlterField(
            "SubscriberImport", "size", models.PositiveBigIntegerField(help_text="In bytes.")
        ),
        migrations.AlterField(
            "SubscriberImport",
            "state",
            models.CharField(
                choices=[
                    ("uploaded", "Waiting for details"),
                    ("checking", "Checking"),
                    ("checked", "Checked"),
                    ("importing", "Importing"),
                    ("done", "Imported"),
                    ("stopped", "Stopped"),
                    ("failed", "Failed"),
                ],
                default="uploaded",
                editable=False,
                max_length=10,
            ),
        ),
    ]
