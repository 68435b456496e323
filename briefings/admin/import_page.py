"""'New issue from a document': upload it, see the result, save it as a draft.

No issue is stored before it is saved. The page of the result contains what was read from the
document, signed, so that exactly what it shows is saved and nothing is uploaded twice. Pictures are
stored for it, as they are when somebody uploads them while writing.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from briefings.admin.form_fields import parse_key
from briefings.document_import import (
    MAX_BYTES,
    DocumentRefused,
    ImportedDocument,
    ImportedSection,
    find_author,
    read_document,
    save_as_draft,
    store_pictures,
)
from briefings.issue_suggestions import likely_briefing
from briefings.models import Briefing, Issue, Section
from briefings.next_drafts import untouched_drafts
from briefings.permissions import ADD_ISSUE, briefings_for, may_add_issue
from briefings.preflight import count_words
from briefings.richtext import sanitise
from newsroom.duration_words import in_words
from newsroom.file_uploads import accepts_files
from newsroom.permissions import may

if TYPE_CHECKING:
    from django.http import HttpRequest

    from newsroom.audit_log import Actor

SALT = "newsroom.import"
PREVIEW_VALID_FOR = timedelta(hours=24)
# Signed and compressed. Anything larger is not an issue, and would not fit into a form.
MAX_SIGNED_CHARS = 2_000_000


class DocumentForm(forms.Form):
    """A document and its briefing."""

    briefing = forms.ModelChoiceField(Briefing.objects.none(), empty_label=None)
    document = forms.FileField(
        help_text=(
            f"Word (.docx), plain text, Markdown or HTML, up to {MAX_BYTES // 1024 // 1024} MB."
        ),
        widget=forms.ClearableFileInput(
            attrs={"accept": ".docx,.txt,.md,.markdown,.html,.htm,text/plain,text/html"}
        ),
        error_messages={"required": "Choose a document."},
    )

    def __init__(self, *args: Any, user: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        briefing = cast("forms.ModelChoiceField[Briefing]", self.fields["briefing"])
        briefing.queryset = briefings_for(user, ADD_ISSUE).current()


# Several times what a document may have, so that the form can say what is wrong with a large one.
@accepts_files(max_bytes=4 * MAX_BYTES)
def from_document(request: HttpRequest) -> HttpResponse:
    """Ask for a document (GET), show the issue that it becomes, and save it (POST)."""
    if not may(request.user, ADD_ISSUE):
        raise PermissionDenied
    if request.method == "POST" and "signed_document" in request.POST:
        return _save(request)
    if request.method == "POST":
        return _show(request)
    briefing = parse_key(request.GET.get("briefing")) or likely_briefing(request.user)
    return _render(request, form=DocumentForm(user=request.user, initial={"briefing": briefing}))


def _show(request: HttpRequest) -> HttpResponse:
    """Read the document and show its sections; only its pictures are stored."""
    form = DocumentForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _render(request, form=form, status=422)
    briefing: Briefing = form.cleaned_data["briefing"]
    upload = form.cleaned_data["document"]
    try:
        document = read_document(
            upload.read(MAX_BYTES + 1), name=upload.name or "", briefing_title=briefing.title
        )
    except DocumentRefused as refusal:
        form.add_error("document", str(refusal))
        return _render(request, form=form, status=422)
    document = store_pictures(document)
    signed = _sign(document, briefing=briefing, user_pk=request.user.pk)
    if len(signed) > MAX_SIGNED_CHARS:
        form.add_error(
            "document", "The document is too long for one issue. Split it and upload the parts."
        )
        return _render(request, form=form, status=422)
    sections = [
        Section(position=place, kind=part.kind, heading=part.heading, body=sanitise(part.html))
        for place, part in enumerate(document.sections, start=1)
    ]
    draft = untouched_drafts(briefing).first()
    return _render(
        request,
        form=DocumentForm(user=request.user, initial={"briefing": briefing}),
        document=document,
        name=upload.name,
        briefing=briefing,
        number=draft.number if draft else briefing.next_number(),
        author=find_author(document, briefing=briefing),
        parts=[(section, count_words([section])) for section in sections],
        words=count_words(sections),
        signed_document=signed,
    )


def _save(request: HttpRequest) -> HttpResponse:
    """Save what was shown as a draft."""
    try:
        document, briefing = _verify(request.POST["signed_document"], user_pk=request.user.pk)
        if not may_add_issue(request.user, briefing):
            raise PermissionDenied
        issue = save_as_draft(document, briefing=briefing, at=timezone.now(), by=request.user)
    except (signing.BadSignature, Briefing.DoesNotExist):
        messages.error(
            request,
            f"Nothing was saved: that preview is older than {in_words(PREVIEW_VALID_FOR)}, or was"
            " made for somebody else. Upload the document again.",
        )
        return HttpResponseRedirect(reverse("admin:briefings_issue_import"))
    except ValidationError as problem:
        messages.error(request, f"Nothing was saved: {' '.join(problem.messages)}")
        return HttpResponseRedirect(reverse("admin:briefings_issue_import"))
    messages.success(
        request, "Saved as a draft. Check it: the sections were recognised automatically."
    )
    return HttpResponseRedirect(reverse("admin:briefings_issue_change", args=[issue.pk]))


def _sign(document: ImportedDocument, *, briefing: Briefing, user_pk: object) -> str:
    parts = asdict(document)
    del parts["pictures"]  # they are stored
    words = {"document": parts, "briefing": briefing.pk, "user": str(user_pk)}
    return signing.dumps(words, salt=SALT, compress=True)


def _verify(signed: str, *, user_pk: object) -> tuple[ImportedDocument, Briefing]:
    """Return the document of a preview. Raises BadSignature if it was not made for this person."""
    words = signing.loads(signed, salt=SALT, max_age=PREVIEW_VALID_FOR)
    if words["user"] != str(user_pk):
        raise signing.BadSignature("made for somebody else")
    parts = words["document"]
    document = ImportedDocument(
        title=parts["title"],
        strapline=parts["strapline"],
        byline=parts["byline"],
        sections=tuple(ImportedSection(**section) for section in parts["sections"]),
        left_out=tuple(parts["left_out"]),
        subject=parts.get("subject", ""),
        preheader=parts.get("preheader", ""),
    )
    return document, Briefing.objects.get(pk=words["briefing"])


def _render(request: HttpRequest, *, status: int = 200, **context: Any) -> HttpResponse:
    page = {
        **admin.site.each_context(request),
        "title": "New issue from a document",
        "opts": Issue._meta,
        **context,
    }
    return TemplateResponse(
        request, "admin/briefings/issue/from_document.html", page, status=status
    )
