"""What people may tell us about themselves when they sign up."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext, gettext_noop

# What the fields are called on pages.
LABELS = (gettext_noop("name"),)


class Profile(models.Model):
    """The columns for what people tell us about themselves, all optional.

    A sign-up keeps them until it is confirmed, a subscriber afterwards. The sign-up page, the
    preferences page, the admin, the import and the export read the fields of this class and offer
    each of them (CONTRIBUTING.md lists what else a new one needs). The short sign-up box under
    articles and the form for other sites ask for the name only.
    """

    name = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True

    def profile(self) -> dict[str, str]:
        """Return what the person told us, by the names of the fields."""
        return {name: getattr(self, name) for name in PROFILE_FIELDS}

    @classmethod
    def label(cls, name: str) -> str:
        """Return what a field is called on pages."""
        return gettext(str(cls._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


PROFILE_FIELDS = tuple(field.name for field in Profile._meta.fields)
