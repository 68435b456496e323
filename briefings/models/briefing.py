"""A briefing: a named newsletter."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Max, Q
from django.urls import reverse

from briefings.accents import ACCENT_COLOURS, Accent, AccentColours
from briefings.models.breaks import Break
from briefings.models.section_template import TemplateSection, default_template
from briefings.slots import EARLY, WEEK, Weekday, WeeklySlot
from newsroom.duration_words import in_english

if TYPE_CHECKING:
    from briefings.models.issue import Issue

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
        "topics",
        "unsubscribe",
        "view",
        "comments",
        "privacy",
        "ckeditor",
    ]
)

# For this long after a rejection, a reader's comments do not appear at once.
TRUST_LOST_FOR = timedelta(days=30)
# So that a cut-off is after the slot before it.
MOST_CUT_OFF_HOURS = 6 * 24


class Language(models.TextChoices):
    """The languages that a briefing can be written in, by their codes."""

    ENGLISH = "en", "English"
    DUTCH = "nl", "Dutch"
    FRENCH = "fr", "French"
    GERMAN = "de", "German"
    IRISH = "ga", "Irish"
    ITALIAN = "it", "Italian"
    POLISH = "pl", "Polish"
    PORTUGUESE = "pt", "Portuguese"
    SPANISH = "es", "Spanish"
    SWEDISH = "sv", "Swedish"
    WELSH = "cy", "Welsh"


class Moderation(models.TextChoices):
    """When readers see a comment that nothing holds."""

    BEFORE = "before", "Once a moderator has approved it"
    AFTER = "after", "At once; a moderator reads it afterwards"
    TRUSTED = "trusted", "At once from readers we trust; from others, once approved"


class QuotationPolicy(models.TextChoices):
    """What becomes of a printed quotation when its reader takes their consent back."""

    NAME = "name", "Remove the name, keep the words"
    WORDS = "words", "Replace the words by “Withdrawn at the reader’s wish”"


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
    language = models.CharField(
        max_length=10,
        choices=Language,
        default=Language.ENGLISH,
        blank=True,
        help_text=(
            "Preflight warns of paragraphs in another one. Leave it empty if yours is not listed."
        ),
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
    cut_off_hours = models.PositiveSmallIntegerField(
        "cut-off",
        default=12,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CUT_OFF_HOURS)],
        help_text=(
            "Hours before the send slot by which an issue should be approved. We email the people"
            " concerned if it is not."
        ),
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
    moderation = models.CharField(
        "comments appear",
        max_length=7,
        choices=Moderation,
        default=Moderation.BEFORE,
        db_default=Moderation.BEFORE,
        help_text=(
            "A first comment, a link, a flagged word and other reasons for doubt hold a comment for"
            " a moderator in any case."
        ),
    )
    trusted_after = models.PositiveSmallIntegerField(
        "trusted after",
        default=3,
        db_default=3,
        validators=[MinValueValidator(1)],
        help_text=(
            "For “readers we trust”: how many of a reader's comments have to be approved in this"
            f" briefing. A rejected comment ends the trust for {in_english(TRUST_LOST_FOR)}."
        ),
    )
    withdrawn_quotations = models.CharField(
        "when a quoted reader changes their mind",
        max_length=5,
        choices=QuotationPolicy,
        default=QuotationPolicy.WORDS,
        db_default=QuotationPolicy.WORDS,
        help_text=(
            "What the page of a published issue then shows. Who withdraws the comment itself"
            " withdraws its words, too. Emails that were sent stay as they are."
        ),
    )
    four_eyes = models.BooleanField(
        "four eyes",
        default=False,
        db_default=False,
        help_text="Nobody can approve what they were the last to change.",
    )
    retired = models.BooleanField(
        default=False,
        help_text="A retired briefing keeps its archive, and nobody can sign up for it.",
    )

    drafted_after = models.ForeignKey(
        "briefings.Issue",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The issue after whose publication the next draft was made.",
    )

    objects = BriefingQuerySet.as_manager()

    class Meta:
        ordering = ("title",)
        constraints = (
            models.CheckConstraint(
                condition=Q(slot_weekday__lte=6), name="briefing_slot_is_a_weekday"
            ),
            models.CheckConstraint(
                condition=Q(cut_off_hours__gte=1), name="briefing_cut_off_is_before_its_slot"
            ),
            models.CheckConstraint(
                condition=Q(trusted_after__gte=1), name="briefing_trusts_nobody_unread"
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
    def reads_comments_first(self) -> bool:
        """Whether no comment appears before a moderator has read it."""
        return self.moderation == Moderation.BEFORE

    @property
    def slot(self) -> WeeklySlot:
        """When this briefing goes out."""
        return WeeklySlot(weekday=Weekday(self.slot_weekday), time=self.slot_time, zone=self.zone)

    def next_slot(self, *, after: datetime) -> datetime:
        """Return the first slot after a moment that is in no break."""
        return self.slot.next(after=after, breaks=self.breaks.all())

    def next_free_slot(self, *, after: datetime) -> datetime:
        """Return the first slot after a moment and after every planned issue, in any state.

        It is in no break, and not one in whose place an issue goes out early (`EARLY`).
        """
        planned = self.issues.filter(publish_at__gt=after - EARLY)
        last: datetime | None = planned.aggregate(last=Max("publish_at"))["last"]
        return self.next_slot(after=max(after, last + EARLY) if last else after)

    def next_open_slot(self, *, after: datetime, for_issue: Issue) -> datetime:
        """Return the first slot after a moment that is in no break and that no other issue has."""
        others = self.issues.exclude(pk=for_issue.pk).filter(publish_at__gt=after - EARLY)
        taken = [moment for moment in others.values_list("publish_at", flat=True) if moment]
        slot = self.next_slot(after=after)
        while any(slot - EARLY <= moment < slot + WEEK - EARLY for moment in taken):
            slot = self.next_slot(after=slot)
        return slot

    def cut_off(self, send_time: datetime) -> datetime:
        """Return the moment by which what goes out at a slot or another time is to be approved."""
        return send_time - timedelta(hours=self.cut_off_hours)

    def break_on(self, slot: datetime) -> Break | None:
        """Return the break in which a slot is."""
        day = self.slot.day_of(slot)
        return next((each for each in self.breaks.all() if each.overlaps(day, day)), None)

    def section_template(self) -> list[TemplateSection]:
        """Return the sections with which a new issue starts; never none."""
        return list(self.template_sections.all()) or default_template()

    def next_number(self) -> int:
        """Return the number that the next issue gets."""
        last: int | None = self.issues.aggregate(last=Max("number"))["last"]
        return (last or 0) + 1
