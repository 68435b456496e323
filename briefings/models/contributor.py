"""An author as readers see them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse


class Contributor(models.Model):
    """A name under an article; may have a staff account."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True, help_text="Part of the page's address.")
    job_title = models.CharField(max_length=120, blank=True)
    bio = models.TextField(
        blank=True, help_text="A few plain sentences for the contributor's page."
    )
    photo = models.ImageField(upload_to="contributors/", blank=True)
    contact = models.EmailField(
        blank=True, help_text="Shown to readers as “Contact …”. Leave empty to show none."
    )
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contributor",
        help_text="The staff account that this author drafts with.",
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("briefings:contributor_detail", args=[self.slug])

    @property
    def initials(self) -> str:
        """Two letters that stand where there is no photo."""
        words = self.name.split()
        return (
            "".join(word[0] for word in (words[0], words[-1]) if word).upper()[:2] if words else ""
        )
