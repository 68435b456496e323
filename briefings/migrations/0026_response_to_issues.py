"""Add what makes the response to an issue part of the next one."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("briefings", "0025_when_comments_were_published"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("option", models.CharField(blank=True, max_length=120)),
                (
                    "may_contact",
                    models.BooleanField(default=False, help_text="May we contact them about it?"),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "told_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When they were told by email what became of it.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Point",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sentence", models.CharField(max_length=300)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("position", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="PointCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("makes_it", models.BooleanField(verbose_name="makes the point")),
                ("words_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("at", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Quotation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        help_text="Its place among those of the section."
                    ),
                ),
                (
                    "excerpt",
                    models.TextField(help_text="The words as printed, with “…” and “[ ]”."),
                ),
                ("attribution", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "told_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When its reader was told by email that it was printed.",
                        null=True,
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When it was removed from the page at its reader's wish.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ("issue", "section", "position"),
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ResponseMark",
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
                        choices=[("use", "Use"), ("answer", "Answer"), ("follow_up", "Follow up")],
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("at", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.RemoveConstraint(
            model_name="comment",
            name="comment_in_the_queue_is_confirmed",
        ),
        migrations.AddField(
            model_name="commenter",
            name="told_when_quoted",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Whether they are told by email that an issue quotes them.",
            ),
        ),
        migrations.AddField(
            model_name="section",
            name="closes_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Until when readers may answer the question.",
                null=True,
                verbose_name="closes",
            ),
        ),
        migrations.AddField(
            model_name="section",
            name="options",
            field=models.JSONField(
                blank=True, db_default=models.Value([], models.JSONField()), default=list
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="channel",
            field=models.CharField(
                choices=[
                    ("page", "On the website"),
                    ("mail", "By email"),
                    ("answer", "Answer to a question"),
                    ("message", "Message to the author"),
                ],
                default="page",
                editable=False,
                max_length=7,
            ),
        ),
        migrations.AlterField(
            model_name="comment",
            name="state",
            field=models.CharField(
                choices=[
                    ("unconfirmed", "Address not confirmed"),
                    ("pending", "Waiting for approval"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("withdrawn", "Withdrawn by its writer"),
                    ("private", "For the newsroom only"),
                ],
                default="unconfirmed",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="section",
            name="kind",
            field=models.CharField(
                choices=[
                    ("feature", "Feature"),
                    ("roundup", "Round-up (bullets)"),
                    ("feedback", "Feedback (readers quoted)"),
                    ("question", "Question to readers"),
                    ("sisters", "Sister titles (latest issues)"),
                    ("note", "Note or sign-off"),
                ],
                default="feature",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="templatesection",
            name="kind",
            field=models.CharField(
                choices=[
                    ("feature", "Feature"),
                    ("roundup", "Round-up (bullets)"),
                    ("feedback", "Feedback (readers quoted)"),
                    ("question", "Question to readers"),
                    ("sisters", "Sister titles (latest issues)"),
                    ("note", "Note or sign-off"),
                ],
                default="feature",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state", "unconfirmed"),
                    ("confirmed_at__isnull", False),
                    ("contributor__isnull", False),
                    models.Q(("channel", "message"), ("state", "private")),
                    _connector="OR",
                ),
                name="comment_in_the_queue_is_confirmed",
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="comment",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="answer",
                to="briefings.comment",
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="commenter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to="briefings.commenter",
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="section",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="answers",
                to="briefings.section",
            ),
        ),
        migrations.AddField(
            model_name="point",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="point",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="points",
                to="briefings.issue",
            ),
        ),
        migrations.AddField(
            model_name="pointcheck",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="pointcheck",
            name="comment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="point_checks",
                to="briefings.comment",
            ),
        ),
        migrations.AddField(
            model_name="pointcheck",
            name="point",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="checks",
                to="briefings.point",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="about",
            field=models.ForeignKey(
                blank=True,
                help_text="The issue that the response is to.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="briefings.issue",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="comment",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="quotations",
                to="briefings.comment",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quotations",
                to="briefings.issue",
            ),
        ),
        migrations.AddField(
            model_name="quotation",
            name="section",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quotations",
                to="briefings.section",
            ),
        ),
        migrations.AddField(
            model_name="responsemark",
            name="assigned_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="responsemark",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="responsemark",
            name="comment",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="marks",
                to="briefings.comment",
            ),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.UniqueConstraint(
                fields=("section", "commenter"), name="question_is_answered_once_by_a_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="pointcheck",
            constraint=models.UniqueConstraint(
                fields=("point", "comment"), name="point_is_checked_once_for_a_response"
            ),
        ),
        migrations.AddConstraint(
            model_name="responsemark",
            constraint=models.UniqueConstraint(
                fields=("comment", "kind"), name="response_is_marked_once_of_a_kind"
            ),
        ),
    ]
