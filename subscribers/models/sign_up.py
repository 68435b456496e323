"""A sign-up form that was sent, until the owner of the address confirms it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from newsroom.tokens import ROW_TOKEN_CHARS, is_row_token, make_row_token
from subscribers.models.profile import Profile
from subscribers.models.subscriber import Subscription

CONFIRM_WITHIN = timedelta(days=30)


class SignUpQuerySet(models.QuerySet["SignUp"]):
    """Sign-ups by token and by whether they can still be confirmed."""

    def with_token(self, token: str) -> SignUpQuerySet:
        """Return the sign-up whose confirmation email carries this token."""
        return self.filter(token=token) if is_row_token(token) else self.none()

    def open(self) -> SignUpQuerySet:
        """Return the sign-ups that are not confirmed."""
        return self.filter(confirmed_at=None)

    def confirmable(self, *, at: datetime) -> SignUpQuerySet:
        """Return the open sign-ups whose links have not expired."""
        return self.open().filter(asked_at__gt=at - CONFIRM_WITHIN)

    def due_for_reminder(self, *, at: datetime, after: timedelta) -> SignUpQuerySet:
        """Return the confirmable sign-ups without a reminder whose last email is old enough."""
        due = self.confirmable(at=at).filter(reminded_at=None, email_sent_at__lte=at - after)
        return due.order_by("email_sent_at", "pk")


class SignUp(Profile):
    """What somebody typed into a form. It becomes consent when the address's owner confirms it."""

    token = models.CharField(
        max_length=ROW_TOKEN_CHARS, unique=True, default=make_row_token, editable=False
    )
    address = models.CharField(max_length=254)
    address_hash = models.CharField(max_length=64)
    briefings = models.ManyToManyField(
        "briefings.Briefing", related_name="+", through="subscribers.SignUpChoice"
    )
    asked_at = models.DateTimeField(
        "form sent", default=timezone.now, help_text="When the form was last sent."
    )
    email_sent_at = models.DateTimeField(
        "email sent", null=True, help_text="When the last confirmation email was sent."
    )
    reminded_at = models.DateTimeField(
        "reminder sent", null=True, help_text="When the reminder was sent."
    )
    confirmed_at = models.DateTimeField("confirmed", null=True)

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
        """When the confirmation link expires."""
        return self.asked_at + CONFIRM_WITHIN

    def record_reminder(self, *, at: datetime, after: timedelta) -> bool:
        """Record the one reminder in a guarded UPDATE; False when it is recorded or not yet due.

        It counts as an email to the address, which gets no other within the hour.
        """
        due = SignUp.objects.due_for_reminder(at=at, after=after).order_by().filter(pk=self.pk)
        return bool(due.update(reminded_at=at, email_sent_at=at))


class SignUpChoiceQuerySet(models.QuerySet["SignUpChoice"]):
    """Choices by whether they are still valid."""

    def still_valid(self) -> SignUpChoiceQuerySet:
        """Return the choices of current briefings that the person has not unsubscribed from since.

        Unsubscribing withdraws earlier sign-ups as well: only a new form can subscribe them again.
        """
        unsubscribed_since = Subscription.objects.filter(
            subscriber__address_hash=OuterRef("sign_up__address_hash"),
            briefing=OuterRef("briefing"),
            unsubscribed_at__gte=OuterRef("asked_at"),
        )
        return self.filter(~Exists(unsubscribed_since), briefing__retired=False)


class SignUpChoice(models.Model):
    """One briefing of a sign-up, with the evidence of the form that chose it.

    Forms for the same address are merged into one sign-up. The evidence belongs to each choice,
    because each may come from another page, with other wording, sent by another person.
    """

    sign_up = models.ForeignKey(SignUp, on_delete=models.CASCADE, related_name="choices")
    briefing = models.ForeignKey("briefings.Briefing", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField("form sent")
    source = models.CharField(max_length=300, help_text="The page with the form.")
    wording = models.TextField(help_text="What the form said.")
    ip = models.GenericIPAddressField(null=True)
    referred_by = models.ForeignKey(
        "briefings.Issue",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        help_text="The issue that led to the form, as a page or as a forwarded email.",
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
