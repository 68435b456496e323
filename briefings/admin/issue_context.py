"""What the page of an issue shows beside its form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from briefings.admin import (
    clipping_pages,
    preview_link_pages,
    remark_pages,
    response_pages,
    topic_admin,
)
from briefings.admin.activity import latest_activity
from briefings.admin.correction_pages import corrections_context
from briefings.admin.form_fields import day_in_words, parse_key, which_hour
from briefings.admin.section_rows import row_of_words
from briefings.finding_overrides import run_preflight
from briefings.four_eyes import why_not_approve
from briefings.issue_steps import steps_for
from briefings.issue_suggestions import IssueSuggestion, suggest_issue
from briefings.local_time import INPUT_FORMAT, both_of, short_moment
from briefings.models import Briefing, Issue, IssueState, TemplateSection
from briefings.permissions import ADD_ISSUE, briefings_for, may_approve, may_send
from briefings.preflight import count_words
from briefings.questions.question_words import WHICH
from briefings.quotations.quoted_emails import telling_of
from briefings.rendering.page_html import reading_time
from briefings.returns import MAX_REASON_CHARS, open_return

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.http import HttpRequest

    from briefings.admin.issue_form import IssueForm
    from briefings.admin.stale_saves import StaleSave


def context_of_new_issue(request: HttpRequest, form: IssueForm) -> dict[str, Any]:
    """Return what the page for a new issue shows: a suggestion for each briefing."""
    at = timezone.now()
    return {
        "new_briefing": Briefing.objects.filter(pk=parse_key(form["briefing"].value())).first(),
        "suggestions": {
            briefing.pk: _as_json(suggest_issue(briefing, user=request.user, at=at))
            for briefing in briefings_for(request.user, ADD_ISSUE)
            .current()
            .select_related("lead")
            .prefetch_related("breaks", "template_sections")
        },
    }


def context_of_issue(request: HttpRequest, saved: Issue) -> dict[str, Any]:
    """Return what the page of an issue shows beside its form: it is about the words as saved."""
    sections = list(saved.sections.all())
    words = count_words(sections)
    return {
        "saved": saved,
        "saved_at": short_moment(saved.updated_at, saved.briefing.zone, now=timezone.now()),
        "saved_sections": sections,
        "steps": steps_for(saved, request.user),
        "preflight": run_preflight(saved, sections, publish_at=saved.publish_at),
        "may_override": may_approve(request.user, saved),
        "words": words,
        "minutes": reading_time(words),
        "activity": latest_activity(saved),
        "may_send": may_send(request.user, saved),
        **corrections_context(request, saved),
        **clipping_pages.tray_context(request, saved),
        **response_pages.response_on_page(request, saved),
        "quoted_readers": telling_of(saved),
        "remarks": remark_pages.remarks_on_page(saved, request.user),
        **preview_link_pages.links_on_page(saved, request.user, at=timezone.now()),
        **topic_admin.topics_on_page(saved, request.user),
        "returned": open_return(saved),
        "max_reason": MAX_REASON_CHARS,
        "seen": saved.content_hash(),
        **_send_time_choice(request, saved),
        "four_eyes": (
            why_not_approve(saved, request.user)
            if saved.state == IssueState.IN_REVIEW and may_approve(request.user, saved)
            else ""
        ),
    }


def show_conflicts(stale: StaleSave, context: dict[str, Any]) -> None:
    """Put what both changed beside the sections of the page."""
    for inline in context["inline_admin_formsets"]:
        for number, panel in stale.sections.items():
            inline.formset.forms[number].panel = panel


def starting_words(section: TemplateSection, zone: ZoneInfo) -> dict[str, str]:
    """Return the fields of a section of the template, as the page's script reads them."""
    return row_of_words(vars(section), zone)


def _send_time_choice(request: HttpRequest, issue: Issue) -> dict[str, Any]:
    """Return the send time for a browser's picker: the issue's, or else the next free slot.

    If a time was entered that happens twice, the page asks which of the two is meant.
    """
    zone, at = issue.briefing.zone, timezone.now()
    has_missed_slot = issue.missed_slot(at=at)
    if has_missed_slot:
        next_slot = issue.briefing.next_open_slot(after=at, for_issue=issue)
    else:
        next_slot = issue.briefing.next_free_slot(after=at)
    entered, which = request.GET.get("goes_out", ""), ""
    if not both_of(entered, zone):
        moment = next_slot if has_missed_slot else issue.publish_at or next_slot
        local = moment.astimezone(zone)
        entered, which = local.strftime(INPUT_FORMAT), WHICH[local.fold]
    return {
        "send_time_input": entered,
        "send_time_in_words": day_in_words(entered),
        "which_hour": which_hour("goes_out", entered, which, zone),
        "next_slot": next_slot,
        "has_missed_slot": has_missed_slot,
    }


def _as_json(suggestion: IssueSuggestion) -> dict[str, Any]:
    """Return a suggestion for the page's script, with the values of the form's fields."""
    briefing = suggestion.briefing
    return {
        "briefing": str(briefing),
        "number": suggestion.number,
        "author": suggestion.author.pk,
        "goes_out": suggestion.publish_at.astimezone(briefing.zone).strftime(INPUT_FORMAT),
        "zone": briefing.time_zone,
        "slot": briefing.slot.words,
        "sections": [starting_words(one, briefing.zone) for one in briefing.section_template()],
    }
