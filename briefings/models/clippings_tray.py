"""A link that somebody kept during the week for a briefing's round-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from briefings.models.briefing import Briefing
    from briefings.models.issue import Issue

MAX_CLIPPING_ADDRESS = 1000
MAX_CLIPPING_TITLE = 300
MAX_CLIPPING_OUTLET = 120
MAX_CLIPPING_TEXT = 2000


class ClippingQuerySet(models.QuerySet["Clipping"]):
    """Clippings as the tray asks for them."""

    def in_tray_of(self, briefing: Briefing) -> ClippingQuerySet:
        """Return what is still to be used, the newest first."""
        return self.filter(briefing=briefing, used_in=None, removed_at=None)

    def beside(self, issue: Issue) -> ClippingQuerySet:
        """Return the tray of an issue's briefing, and what this issue has used."""
        tray = models.Q(briefing=issue.briefing_id, used_in=None, removed_at=None)
        return self.filter(tray | models.Q(used_in=issue.pk)) if issue.pk else self.filter(tray)


class Clipping(models.Model):
    """A link in a briefing's tray until an issue uses it, or somebody removes it.

    A briefing has one row for each address. `used_in` is the issue in whose text the link is.
    """

    briefing = models.ForeignKey(
        "briefings.Briefing", on_delete=models.CASCADE, related_name="clippings"
    )
    url = models.CharField("link", max_length=MAX_CLIPPING_ADDRESS)
    title = models.CharField(max_length=MAX_CLIPPING_TITLE, blank=True)
    outlet = models.CharField(max_length=MAX_CLIPPING_OUTLET, blank=True)
    text = models.TextField(max_length=MAX_CLIPPING_TEXT, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    at = models.DateTimeField(default=timezone.now)
    used_in = models.ForeignKey(
        "briefings.Issue",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="clippings",
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ClippingQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        default_permissions = ()  # whoever writes issues of the briefing uses its tray
        constraints = (
            models.UniqueConstraint(
                fields=["briefing", "url"], name="clipping_is_once_in_its_briefing"
            ),
        )

    def __str__(self) -> str:
        return self.headline

    @property
    def headline(self) -> str:
        """The title, or else the address without what is the same in all."""
        return self.title or self.url.partition("://")[2].removeprefix("www.").rstrip("/")

    @property
    def who(self) -> str:
        """The name of whoever kept it."""
        return name_of(self.added_by)
