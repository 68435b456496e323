"""The section template of a briefing: the sections with which its new issues start."""

from __future__ import annotations

from django.db import models

from briefings.models.section import SectionKind
from briefings.richtext import RichTextField

# The template of a new briefing: kinds and headings.
STARTING_SECTIONS = (
    (SectionKind.FEATURE, ""),
    (SectionKind.ROUNDUP, "In brief"),
    (SectionKind.FEEDBACK, "What you said"),
    (SectionKind.NOTE, ""),
)


class TemplateSection(models.Model):
    """A section with which each new issue of a briefing starts: kind, heading, starting text."""

    briefing = models.ForeignKey(
        "briefings.Briefing", on_delete=models.CASCADE, related_name="template_sections"
    )
    position = models.PositiveSmallIntegerField("order", default=1)
    kind = models.CharField(max_length=10, choices=SectionKind, default=SectionKind.FEATURE)
    heading = models.CharField(max_length=200, blank=True)
    body = RichTextField("starting text", blank=True)
    sisters = models.JSONField("sister titles", default=list, blank=True)
    options = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )

    class Meta:
        verbose_name = "section of the template"
        verbose_name_plural = "section template"
        ordering = ("position", "pk")
        default_permissions = ()  # whoever may change a briefing changes its template

    def __str__(self) -> str:
        return self.heading or self.get_kind_display()


def default_template() -> list[TemplateSection]:
    """Return the sections of a new briefing's template, not saved."""
    return [
        TemplateSection(position=position, kind=kind, heading=heading)
        for position, (kind, heading) in enumerate(STARTING_SECTIONS, start=1)
    ]
