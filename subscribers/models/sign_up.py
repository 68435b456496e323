"""A sign-up that waits for the address's owner to confirm it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token
from subscribers.models.subscriber import Subscription

CONFIRM_WITHIN = timedelta(days=30)


class SignUpQuerySet(models.QuerySet["SignUp"]):
    """Sign-ups by what may still become of them."""

    def with_token(self, token: str) -> SignUpQuerySet:
        """The sign-up whose confirmation letter carries this token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def open(self) -> SignUpQuerySet:
        """Not yet confirmed."""
        return self.filter(confirmed_at=None)

    def confirmable(self, *, at: datetime) -> SignUpQuerySet:
        """Open, and asked recently enough."""
        return self.open().filter(asked_at__gt=at - CONFIRM_WITHIN)

    def to_be_reminded(self, *, at: datetime, after: timedelta) -> SignUpQuerySet:
        """Confirmable, last written to long enough ago, and never reminded; the oldest first."""
        waiting = self.confirmable(at=at).filter(reminded_at=None, email_sent_at__lte=at - after)
        return waiting.order_by("email_sent_at", "pk")


class SignUp(models.Model):
    """What somebody typed into a form; the address's owner makes it consent with a button."""

    token = models.CharField(
        max_length=ROW_TOKEN_CHARS, unique=True, default=make_row_token, editable=False
    )
    address = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64)
    name = models.CharField(max_length=80, blank=True)
    briefings = models.ManyToManyField(
        "briefings.Briefing", related_name="+", through="subscribers.SignUpChoice"
    )
    asked_at = models.DateTimeField(default=timezone.now, help_text="When a form was last sent.")
    email_sent_at = models.DateTimeField(
        null=True, help_text="When the last confirmation was written."
    )
    reminded_at = models.DateTimeField(null=True, help_text="When the one reminder was due.")
    confirmed_at = models.DateTimeField(null=True)

    objects = SignUpQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-up"
        constraints = (
            models.UniqueConstraint(
                fields=["address_hash"],
                condition=Q(confirmed_at__isnull=True),
                name="sign_up_is_open_once_per_address",
            ),
            models.CheckConstraint(
                condition=Q(reminded_at__isnull=True) | Q(email_sent_at__gte=F("reminded_at")),
                name="sign_up_reminder_counts_as_its_letter",
            ),
        )

    def __str__(self) -> str:
        return f"sign-up {self.pk}"

    @property
    def confirmable_until(self) -> datetime:
        """When its link ends."""
        return self.asked_at + CONFIRM_WITHIN

    def note_reminder(self, *, at: datetime, after: timedelta) -> bool:
        """Use up its one reminder in a guarded UPDATE; False when that is done, or not due.

        The reminder is a letter to the address: none other is written within the hour.
        """
        due = SignUp.objects.to_be_reminded(at=at, after=after).order_by().filter(pk=self.pk)
        return bool(due.update(reminded_at=at, email_sent_at=at))


class SignUpChoiceQuerySet(models.QuerySet["SignUpChoice"]):
    """Choices by whether they still hold."""

    def standing(self) -> SignUpChoiceQuerySet:
        """Of briefings that are published, and that the address has not left since it asked.

        Who leaves takes back what was asked for before: nothing brings them back but a new form.
        """
        left_since = Subscription.objects.filter(
            subscriber__address_hash=OuterRef("sign_up__address_hash"),
            briefing=OuterRef("briefing"),
            left_at__gte=OuterRef("asked_at"),
        )
        return self.filter(~Exists(left_since), briefing__retired=False)


class SignUpChoice(models.Model):
    """One briefing of a sign-up, with the evidence of the form that asked for it.

    Forms for the same address are merged, so the evidence belongs to the briefing: each may have
    been asked for on another page, with other words, by another person.
    """

    sign_up = models.ForeignKey(SignUp, on_delete=models.CASCADE, related_name="choices")
    briefing = models.ForeignKey("briefings.Briefing", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    source = models.CharField(max_length=300, help_text="The page the form stood on.")
    wording = models.TextField(help_text="What the form said.")
    ip = models.GenericIPAddressField(null=True)
    referred_by = models.ForeignKey(
        "briefings.Issue",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The issue whose forwarded copy or page led to the form.",
    )

    objects = SignUpChoiceQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["sign_up", "briefing"], name="sign_up_chooses_a_briefing_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.briefing} of sign-up {self.sign_up_id}"
