"""An author as readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from newsroom.reader_language import shared_language

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


class ContributorQuerySet(models.QuerySet["Contributor"]):
    """Contributors as readers and the admin ask for them."""

    def of_the_site(self) -> ContributorQuerySet:
        """Return those who wrote a published issue or lead a briefing; others have no readers."""
        authors = Contributor.objects.filter(issues__published_at__isnull=False)
        return self.filter(Q(pk__in=authors.values("pk")) | Q(leads__isnull=False)).distinct()

    def of_account(self, user: Actor) -> Contributor | None:
        """Return the contributor that a staff account writes as, if any."""
        return self.filter(account_id=user.pk).first() if user and user.pk else None


class Contributor(models.Model):
    """An author: the name under an article, perhaps with a staff account."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True, help_text="Part of the page's address.")
    job_title = models.CharField(max_length=120, blank=True)
    bio = models.TextField(
        blank=True, help_text="A few sentences of plain text for the contributor's page."
    )
    photo = models.ImageField(upload_to="contributors/", blank=True)
    contact = models.EmailField(
        blank=True,
        help_text=(
            "Where the form on their page sends readers' messages; the address is not shown there."
            " Leave it empty to have no form."
        ),
    )
    sign_off = models.TextField(
        max_length=300,
        blank=True,
        help_text="How every email of this author ends, for example “Until Thursday, Rosa”.",
    )
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contributor",
        help_text="The staff account of this contributor.",
    )

    objects = ContributorQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("briefings:contributor_detail", args=[self.slug])

    @property
    def language(self) -> str:
        """The language of their issues, for words about them; the site's if there are several."""
        issues = self.issues.published().order_by()
        return shared_language(issues.values_list("briefing__language", flat=True).distinct())

    @property
    def initials(self) -> str:
        """At most two initials, shown where there is no photo."""
        words = self.name.split()
        return (
            "".join(word[0] for word in (words[0], words[-1]) if word).upper()[:2] if words else ""
        )
