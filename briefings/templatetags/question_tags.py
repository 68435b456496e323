"""A question to readers on the page of its issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse
from django.utils import timezone

from briefings.models import Section
from briefings.questions.poll import poll_of
from briefings.zone_names import moment_for_readers

if TYPE_CHECKING:
    from briefings.models import Issue
    from briefings.rendering.page_html import PageSection

register = template.Library()


@register.inclusion_tag("briefings/questions/_on_issue_page.html")
def question(section: PageSection, issue: Issue, *, is_preview: bool) -> dict[str, Any]:
    """Show a question with its small form, or, once it is closed, with what readers chose."""
    is_open = section.closes_at is None or timezone.now() < section.closes_at
    poll = None
    if section.options and not is_open and not is_preview:
        poll = poll_of(Section(pk=section.pk, options=list(section.options)))
    slug, number = issue.briefing.slug, issue.number
    is_saved = issue.pk and section.pk > 0
    return {
        "section": section,
        "briefing": issue.briefing,
        "options": section.options,
        "closes": moment_for_readers(section.closes_at, issue.briefing)
        if section.closes_at
        else "",
        "is_open": is_open,
        "is_preview": is_preview,
        "poll": poll if poll and poll.is_shown else None,
        "question_url": reverse("briefings:question_detail", args=[slug, number, section.pk])
        if is_saved
        else "",
    }
