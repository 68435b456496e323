"""The answers to a question, for staff: how many there are, what was chosen, and “tell them”."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.admin.viewed_issue import viewed_issue
from briefings.models import Comment, Issue, IssueState, SectionKind
from briefings.models.closing_note import MAX_CLOSING_NOTE_CHARS
from briefings.permissions import may_tell_readers, may_use_response
from briefings.questions.closing_emails import tell
from briefings.questions.poll import SHOWN_FROM, poll_of
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.models import Section


class ClosingNoteForm(forms.Form):
    """What an editor tells those who answered."""

    words = forms.CharField(
        label="What became of it",
        max_length=MAX_CLOSING_NOTE_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="A sentence or two. They come with the result, and a link to the latest issue.",
        error_messages={"required": "Write a sentence for those who answered."},
    )


def question_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("<int:pk>/questions/<int:section>/", wrap(question), name="briefings_question"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, pk: int, section: int) -> HttpResponse:
    """Show the answers to a question of a published issue, and tell those who answered (POST)."""
    issue = viewed_issue(request, pk)
    if issue.state != IssueState.PUBLISHED:
        raise Http404("Readers have not been asked yet.")
    asked = get_object_or_404(issue.sections.filter(kind=SectionKind.QUESTION), pk=section)
    form = ClosingNoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not may_tell_readers(request.user, issue):
            raise PermissionDenied
        if form.is_valid():
            _tell(request, asked, form.cleaned_data["words"])
            return redirect("admin:briefings_question", pk, section)
    return TemplateResponse(
        request,
        "admin/briefings/questions/question.html",
        {**admin.site.each_context(request), **_context(request, issue, asked, form)},
        status=422 if form.errors else 200,
    )


def _tell(request: HttpRequest, section: Section, words: str) -> None:
    if tell(section, words, by=request.user, at=timezone.now()):
        messages.success(request, "Those who answered are told by email within a few minutes.")
    else:
        messages.error(
            request,
            "Nobody was told: the question is open, everybody was told before, or somebody else has"
            " just told them.",
        )


def _context(
    request: HttpRequest, issue: Issue, section: Section, form: ClosingNoteForm
) -> dict[str, Any]:
    at = timezone.now()
    answers = section.answers.all()
    is_open = section.takes_answers(at=at)
    untold = answers.filter(told_at=None).count()
    note = getattr(section, "closing_note", None)
    return {
        "title": section.heading,
        "subtitle": str(issue),
        "issue": issue,
        "section": section,
        "zone": issue.briefing.zone,
        "closes_at": section.closing,
        "is_open": is_open,
        "poll": poll_of(section),
        "shown_from": SHOWN_FROM,
        "people": answers.count(),
        "may_read_them": may_use_response(request.user, issue),
        "with_words": Comment.objects.responses().filter(answer__section=section).count(),
        "contactable": answers.filter(may_contact=True).count(),
        "untold": untold,
        "note": note,
        "note_by": name_of(note.by) if note else "",
        "form": form
        if may_tell_readers(request.user, issue) and not is_open and untold and note is None
        else None,
    }
