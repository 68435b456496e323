"""'New issue from a document': send it, see what was made of it, keep it as a draft.

Between the two steps nothing is stored: the page carries what was read, signed, so that what is
kept is what was shown, and nothing has to be sent twice.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from briefings.admin.plain_choices import read_key
from briefings.document_import import (
    MAX_BYTES,
    DocumentRefused,
    ImportedDocument,
    ImportedSection,
    read_document,
)
from briefings.document_import.draft import find_author, save_as_draft
from briefings.issue_suggestions import free_slot, likely_briefing
from briefings.models import Briefing, Issue, Section
from briefings.permissions import ADD_ISSUE
from briefings.preflight import count_words
from briefings.richtext import sanitise
from newsroom.permissions import may

if TYPE_CHECKING:
    from django.http import HttpRequest

SALT = "newsroom.import"
LASTS = 24 * 60 * 60  # seconds between the preview and the save
# Signed and packed; what is larger is no issue, and would not fit through the form.
MAX_CARRIED_CHARS = 2_000_000


class DocumentForm(forms.Form):
    """A document, and the briefing it is an issue of."""

    briefing = forms.ModelChoiceField(Briefing.objects.current(), empty_label=None)
    document = forms.FileField(
        help_text="Word (.docx), plain text, Markdown or HTML, up to 10 MB.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ".docx,.txt,.md,.markdown,.html,.htm,text/plain,text/html"}
        ),
        error_messages={"required": "Choose the document first."},
    )


def from_document(request: HttpRequest) -> HttpResponse:
    """GET asks for a document; POST shows what it becomes, and the second POST keeps it."""
    if not may(request.user, ADD_ISSUE):
        raise PermissionDenied
    if request.method == "POST" and "carried" in request.POST:
        return _keep(request)
    if request.method == "POST":
        return _show(request)
    asked = read_key(request.GET.get("briefing"))
    start = asked or likely_briefing(request.user)
    return _answer(request, form=DocumentForm(initial={"briefing": start}))


def _show(request: HttpRequest) -> HttpResponse:
    """Read the document and show its parts; nothing is stored."""
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _answer(request, form=form, status=422)
    briefing: Briefing = form.cleaned_data["briefing"]
    upload = form.cleaned_data["document"]
    try:
        document = read_document(
            upload.read(MAX_BYTES + 1), name=upload.name or "", briefing_title=briefing.title
        )
    except DocumentRefused as refusal:
        form.add_error("document", str(refusal))
        return _answer(request, form=form, status=422)
    carried = _pack(document, briefing=briefing, user_pk=request.user.pk)
    if len(carried) > MAX_CARRIED_CHARS:
        form.add_error("document", "The document is too long for one issue. Divide it.")
        return _answer(request, form=form, status=422)
    sections = [
        Section(position=place, kind=part.kind, heading=part.heading, body=sanitise(part.html))
        for place, part in enumerate(document.sections, start=1)
    ]
    return _answer(
        request,
        form=DocumentForm(initial={"briefing": briefing}),
        document=document,
        name=upload.name,
        briefing=briefing,
        number=briefing.next_number(),
        author=find_author(document, briefing=briefing),
        parts=[(section, count_words([section])) for section in sections],
        words=count_words(sections),
        carried=carried,
    )


def _keep(request: HttpRequest) -> HttpResponse:
    """Keep what was shown as a draft."""
    try:
        document, briefing = _unpack(request.POST["carried"], user_pk=request.user.pk)
        issue = save_as_draft(document, briefing=briefing, by=request.user)
        issue.publish_at = free_slot(briefing, after=timezone.now())
        issue.save(update_fields=["publish_at"])
    except (signing.BadSignature, Briefing.DoesNotExist):
        messages.error(
            request,
            "That preview is older than a day, or was not made here. Nothing was saved: send the"
            " document again.",
        )
        return HttpResponseRedirect(reverse("admin:briefings_issue_import"))
    except ValidationError as problem:
        messages.error(request, f"Nothing was saved: {' '.join(problem.messages)}")
        return HttpResponseRedirect(reverse("admin:briefings_issue_import"))
    messages.success(request, "Saved as a draft. Read it through: a machine divided it.")
    return HttpResponseRedirect(reverse("admin:briefings_issue_change", args=[issue.pk]))


def _pack(document: ImportedDocument, *, briefing: Briefing, user_pk: object) -> str:
    words = {"document": asdict(document), "briefing": briefing.pk, "user": str(user_pk)}
    return signing.dumps(words, salt=SALT, compress=True)


def _unpack(carried: str, *, user_pk: object) -> tuple[ImportedDocument, Briefing]:
    """Open what a preview carried. Raises BadSignature for what was not made for this person."""
    words = signing.loads(carried, salt=SALT, max_age=LASTS)
    if words["user"] != str(user_pk):
        raise signing.BadSignature("made for somebody else")
    parts = words["document"]
    document = ImportedDocument(
        title=parts["title"],
        strapline=parts["strapline"],
        byline=parts["byline"],
        sections=tuple(ImportedSection(**section) for section in parts["sections"]),
        left_out=tuple(parts["left_out"]),
    )
    return document, Briefing.objects.get(pk=words["briefing"])


def _answer(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    page = {
        **admin.site.each_context(request),
        "title": "New issue from a document",
        "opts": Issue._meta,
        **context,
    }
    return TemplateResponse(
        request, "admin/briefings/issue/from_document.html", page, status=status
    )
