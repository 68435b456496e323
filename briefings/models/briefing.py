"""A named weekly newsletter."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse

from briefings.accents import INKS, Accent, Inks
from briefings.slots import Weekday, next_slot

# First parts of addresses that belong to other pages.
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
    """Refuse a slug that would hide one of the site's own pages."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is the address of another page; choose another word.")


def validate_time_zone(name: str) -> None:
    """Refuse a time zone that the machine does not know."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is no time zone; write one like Europe/London.")


class BriefingQuerySet(models.QuerySet["Briefing"]):
    """Briefings as readers and editors ask for them."""

    def current(self) -> BriefingQuerySet:
        """Briefings that readers can sign up for."""
        return self.filter(retired=False)


class Briefing(models.Model):
    """A weekly newsletter with its slot, its lead contributor and its own list of subscribers."""

    title = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(
        unique=True, validators=[validate_free_slug], help_text="Part of every page's address."
    )
    strapline = models.CharField(
        max_length=200, blank=True, help_text="One line under the title: what, for whom, how often."
    )
    description = models.TextField(blank=True, help_text="A plain paragraph for the sign-up page.")
    lead = models.ForeignKey(
        "briefings.Contributor",
        on_delete=models.PROTECT,
        related_name="leads",
        help_text="The author unless an issue says otherwise.",
    )
    slot_weekday = models.PositiveSmallIntegerField(
        "weekday", choices=Weekday, default=Weekday.THURSDAY
    )
    slot_time = models.TimeField(
        "hour", default=time(7, 0), help_text="In the briefing's time zone."
    )
    time_zone = models.CharField(
        max_length=64, default="Europe/London", validators=[validate_time_zone]
    )
    accent = models.CharField(max_length=10, choices=Accent, default=Accent.GREEN)
    reply_address = models.EmailField(
        blank=True, help_text="Where replies to a letter go. Empty: to the lead's contact."
    )
    comments_close_after = models.PositiveSmallIntegerField(
        "comments close after",
        default=14,
        help_text="Days after publication. 0: an issue takes no comments.",
    )
    retired = models.BooleanField(
        default=False, help_text="A retired briefing keeps its archive and takes no sign-ups."
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
        """The clock by which this briefing goes out."""
        return ZoneInfo(self.time_zone)

    @property
    def inks(self) -> Inks:
        """The accent's colours, for letters, which have no style sheet."""
        return INKS[Accent(self.accent)]

    @property
    def slot_words(self) -> str:
        """The slot as a reader says it: 'every Thursday at 07:00'."""
        return f"every {Weekday(self.slot_weekday).label} at {self.slot_time:%H:%M}"

    def next_slot(self, *, after: datetime) -> datetime:
        """The first weekly slot after a moment, in UTC."""
        return next_slot(self.slot_weekday, self.slot_time, self.zone, after=after)

    def next_number(self) -> int:
        """The number that the next issue gets."""
        last: int | None = self.issues.aggregate(last=Max("number"))["last"]
        return (last or 0) + 1
