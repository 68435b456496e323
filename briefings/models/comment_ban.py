"""Who cannot comment: known by the hash of their address only."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from newsroom.duration_words import in_english

DAY, WEEK, MONTH = (timedelta(days=days) for days in (1, 7, 30))


class BanLength(models.TextChoices):
    """For how long a reader is banned."""

    DAY = "day", f"For {in_english(DAY)}"
    WEEK = "week", f"For {in_english(WEEK)}"
    MONTH = "month", f"For {in_english(MONTH)}"
    FOREVER = "forever", "For good"

    def ends(self, *, at: datetime) -> datetime | None:
        """Return when a ban of this length ends that begins now; None for never."""
        lengths = {BanLength.DAY: DAY, BanLength.WEEK: WEEK, BanLength.MONTH: MONTH}
        return at + lengths[self] if self in lengths else None


class CommentBanQuerySet(models.QuerySet["CommentBan"]):
    """Bans as forms and moderators ask for them."""

    def active(self, *, at: datetime) -> CommentBanQuerySet:
        """Return the bans that hold at a moment."""
        return self.filter(Q(until=None) | Q(until__gt=at))


class CommentBan(models.Model):
    """The owner of an address cannot comment in a briefing, or in all if `briefing` is null."""

    address_hash = models.CharField(max_length=64, db_index=True)
    briefing = models.ForeignKey(
        "briefings.Briefing", null=True, on_delete=models.CASCADE, related_name="comment_bans"
    )
    comment = models.ForeignKey(
        "briefings.Comment",
        null=True,
        on_delete=models.SET_NULL,
        related_name="bans",
        help_text="The comment for which its writer was banned.",
    )
    until = models.DateTimeField(null=True, help_text="Null for good.")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CommentBanQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"Ban {self.pk}"
