"""A secret link to a draft for people without an account, and what they think of the draft."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from briefings.models.remark import MAX_GUEST_NAME_CHARS
from newsroom.tokens import ROW_TOKEN_CHARS, make_row_token

if TYPE_CHECKING:
    from briefings.models.issue import Issue

# How long a link works, unless whoever makes it chooses otherwise.
LINK_WORKS_FOR = timedelta(days=7)


class PreviewLinkQuerySet(models.QuerySet["PreviewLink"]):
    """Links as their page and the page of an issue ask for them."""

    def working(self, *, at: datetime) -> PreviewLinkQuerySet:
        """Return the links that are neither past their end nor withdrawn."""
        return self.filter(withdrawn_at__isnull=True, ends_at__gt=at)

    def of(self, issue: Issue) -> PreviewLinkQuerySet:
        """Return an issue's links, the newest first."""
        return self.filter(issue=issue.pk).select_related("made_by").order_by("-made_at", "-pk")


class PreviewLink(models.Model):
    """Whoever has the link can read the saved draft until it ends or somebody withdraws it."""

    issue = models.ForeignKey(
        "briefings.Issue", on_delete=models.CASCADE, related_name="preview_links"
    )
    token = models.CharField(
        max_length=ROW_TOKEN_CHARS, unique=True, default=make_row_token, editable=False
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = PreviewLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("made_at")), name="preview_link_ends_after_it_began"
            ),
        )

    def __str__(self) -> str:
        return f"Preview link {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("briefings:shared_preview", args=[self.token])

    @property
    def address(self) -> str:
        """The whole address, to copy into an email."""
        return settings.SITE_URL + self.get_absolute_url()

    def works(self, *, at: datetime) -> bool:
        """Whether the link can still be opened."""
        return self.withdrawn_at is None and self.ends_at > at


class GuestOpinion(models.Model):
    """A guest said that a version of the draft is fine by them, which approves nothing."""

    issue = models.ForeignKey("briefings.Issue", on_delete=models.CASCADE, related_name="opinions")
    link = models.ForeignKey(
        PreviewLink, null=True, on_delete=models.SET_NULL, related_name="opinions"
    )
    guest_name = models.CharField(max_length=MAX_GUEST_NAME_CHARS, blank=True)
    version = models.PositiveIntegerField(help_text="The version of the issue that they read.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"Opinion {self.pk} on version {self.version}"
