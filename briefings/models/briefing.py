"""A briefing: a named newsletter."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse

from briefings.accents import ACCENT_COLOURS, Accent, AccentColours
from briefings.slots import Weekday, WeeklySlot

# First parts of addresses that other pages have.
RESERVED_SLUGS = frozenset(
    [
        "admin",
        "confirm",
        "contributors",
        "feed",
        "healthz",
        "hooks",
        "inbox",
        "media",
        "metrics",
        "preferences",
        "preview",
        "proof",
        "readyz",
        "search",
        "sitemap",
        "static",
        "subscribe",
        "unsubscribe",
        "view",
        "comments",
        "privacy",
        "ckeditor",
    ]
)


def validate_free_slug(slug: str) -> None:
    """Raise ValidationError for a slug that would hide one of the site's own pages."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is the address of another page. Choose another word.")


def validate_time_zone(name: str) -> None:
    """Raise ValidationError for a time zone that the server does not know."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone. Enter one like Europe/London.")


class BriefingQuerySet(models.QuerySet["Briefing"]):
    """Briefings as readers and editors ask for them."""

    def current(self) -> BriefingQuerySet:
        """Return the briefings that readers can sign up for."""
        return self.filter(retired=False)


class Briefing(models.Model):
    """A newsletter with its send slot, its lead contributor and its own list of subscribers."""

    title = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(
        unique=True, validators=[validate_free_slug], help_text="Part of the address of every page."
    )
    strapline = models.CharField(
        max_length=200,
        blank=True,
        help_text="One line under the title: what it is about, and for whom.",
    )
    description = models.TextField(
        blank=True, help_text="A paragraph of plain text for the sign-up page."
    )
    lead = models.ForeignKey(
        "briefings.Contributor",
        on_delete=models.PROTECT,
        related_name="leads",
        help_text="The author of an issue, unless you choose another.",
    )
    slot_weekday = models.PositiveSmallIntegerField(
        "weekday", choices=Weekday, default=Weekday.THURSDAY
    )
    slot_time = models.TimeField(
        "time", default=time(7, 0), help_text="In the briefing's time zone."
    )
    time_zone = models.CharField(
        max_length=64, default="Europe/London", validators=[validate_time_zone]
    )
    accent = models.CharField(max_length=10, choices=Accent, default=Accent.GREEN)
    reply_address = models.EmailField(
        blank=True,
        help_text=(
            "Where replies to an email go. Leave it empty to use the lead's contact address."
        ),
    )
    comments_close_after = models.PositiveSmallIntegerField(
        "comments close after",
        default=14,
        help_text="Days after publication. Enter 0 to take no comments.",
    )
    retired = models.BooleanField(
        default=False,
        help_text="A retired briefing keeps its archive, and nobody can sign up for it.",
    )

    objects = BriefingQuerySet.as_manager()

    class Meta:
        ordering = ("title",)
        constraints = (
            models.CheckConstraint(
                condition=Q(slot_weekday__lte=6), name="briefing_slot_is_a_weekday"
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("briefings:briefing_detail", args=[self.slug])

    @property
    def zone(self) -> ZoneInfo:
        """The briefing's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def accent_colours(self) -> AccentColours:
        """The accent's colours, for emails, which have no style sheet."""
        return ACCENT_COLOURS[Accent(self.accent)]

    @property
    def slot(self) -> WeeklySlot:
        """When this briefing goes out."""
        return WeeklySlot(weekday=Weekday(self.slot_weekday), time=self.slot_time, zone=self.zone)

    def next_free_slot(self, *, after: datetime) -> datetime:
        """Return the first slot after a moment and after every planned issue, in any state."""
        planned = self.issues.filter(publish_at__gt=after)
        last: datetime | None = planned.aggregate(last=Max("publish_at"))["last"]
        return self.slot.next(after=last or after)

    def next_number(self) -> int:
        """Return the number that the next issue gets."""
        last: int | None = self.issues.aggregate(last=Max("number"))["last"]
        return (last or 0) + 1
