"""Previews of an issue: its web page, its email, and the email's plain text.

They show what the person has typed and not saved, as autosave keeps it, or else the saved words.
Both go through the code that renders the issue for readers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from briefings.admin.proof_page import refused_addresses
from briefings.admin.viewed_issue import unsaved_new_issue, viewed_issue
from briefings.models import Issue, WorkingCopy
from briefings.permissions import may_send_proof, may_share_preview
from briefings.preview_recipient import MADE_UP, subscriber_lookup
from briefings.proofs import MAX_RECIPIENTS, harmless_links
from briefings.rendering.issue_email import (
    measure_email,
    render_issue_email,
    summarise_issue_email,
)
from briefings.unsaved_issue import unsaved_copy, with_unsaved_words
from briefings.views import issue_page
from briefings.working_copies import newest_copy

if TYPE_CHECKING:
    from django.http import HttpRequest

PARTS = {"page": "Web page", "email": "Email", "text": "Plain text"}
WIDTHS = {"wide": "Desktop", "phone": "Phone"}
SCHEMES = {"light": "Light", "dark": "Dark"}
# A preview runs no script and sends no form, and only the admin may frame it.
FRAMED_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "style-src": [SELF, UNSAFE_INLINE],  # emails contain their own styles
    "font-src": [SELF],
    "img-src": [SELF, "https:", "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """The issue that a preview shows, with unsaved words in it if there is a working copy."""

    issue: Issue
    copy: WorkingCopy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One way to show the preview, with the address that shows it so."""

    value: str
    label: str
    address: str
    is_chosen: bool


def _previewed(request: HttpRequest, pk: int) -> Previewed:
    """Return what to show: the words of the page `?draft=`, or `?saved=1`.

    Without either, the newest unsaved words are shown if nobody has saved the issue since.
    A `pk` of 0 stands for a new issue, which has only unsaved words.
    """
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    token = request.GET.get("draft", "")
    if not pk:
        new, words = unsaved_new_issue(request)
        return Previewed(issue=new, copy=words)
    issue = viewed_issue(request, pk)
    copy = None if "saved" in request.GET else unsaved_copy(user, issue=issue, token=token)
    if copy is None or not (token or copy.updated_at >= issue.updated_at):
        return Previewed(issue=issue, copy=None)
    return Previewed(issue=with_unsaved_words(issue, copy.content), copy=copy)


@never_cache
@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the page around a preview.

    `?as=`, `?width=` and `?scheme=` choose how, `?reader=` as whom, and `?saved=1` the saved words.
    """
    previewed = _previewed(request, pk)
    issue = previewed.issue
    chosen = {
        "as": _chosen(request, "as", PARTS, "page"),
        "width": _chosen(request, "width", WIDTHS, "wide"),
        "scheme": _chosen(request, "scheme", SCHEMES, "light"),
    }
    reader = request.GET.get("reader", "").strip()
    kept = {name: value for name in ("draft", "saved") if (value := request.GET.get(name))}
    query = {**kept, **chosen, **({"reader": reader} if reader else {})}
    lookup = subscriber_lookup(request.user, issue)
    recipient, problem = MADE_UP, ""
    if reader and lookup:
        try:
            recipient = lookup(reader)
        except LookupError as error:
            problem = str(error)
    email = render_issue_email(issue, links=harmless_links(issue))
    size = measure_email(email)
    part = reverse("admin:briefings_issue_preview_part", args=[pk, chosen["as"]])
    unsaved = previewed.copy
    if unsaved is None and isinstance(request.user, User) and pk:
        unsaved = newest_copy(request.user, issue)
    context = {
        **admin.site.each_context(request),
        "title": "Preview",
        "subtitle": str(issue),
        "issue": issue,
        "opts": Issue._meta,
        "chosen": chosen,
        "parts": _choices("as", PARTS, query),
        "widths": _choices("width", WIDTHS, query),
        "schemes": _choices("scheme", SCHEMES, query),
        "frame": f"{part}?{urlencode(kept)}",
        "copy": previewed.copy,
        "has_unsaved": unsaved is not None,
        "saved_address": "?" + urlencode({**query, "saved": "1"}),
        "unsaved_address": "?" + urlencode(_without_saved(query, unsaved)),
        "email": email,
        "preview_line": summarise_issue_email(issue, links=harmless_links(issue)).preview,
        "recipient": recipient,
        "may_choose_recipient": lookup is not None,
        "reader": reader,
        "reader_problem": problem,
        "may_send_proof": bool(pk) and may_send_proof(request.user, issue),
        "may_share": bool(pk) and may_share_preview(request.user, issue),
        "max_recipients": MAX_RECIPIENTS,
        "refused_addresses": refused_addresses(request),
        "kilobytes": round(size.bytes / 1000),
        "size_warning": size.warning,
    }
    return TemplateResponse(request, "admin/briefings/issue/preview.html", context)


def _without_saved(query: dict[str, str], unsaved: WorkingCopy | None) -> dict[str, str]:
    kept = {name: value for name, value in query.items() if name != "saved"}
    return {**kept, "draft": unsaved.token} if unsaved else kept


def _chosen(request: HttpRequest, name: str, among: dict[str, str], usual: str) -> str:
    value = request.GET.get(name, usual)
    return value if value in among else usual


def _choices(name: str, among: dict[str, str], query: dict[str, str]) -> list[Choice]:
    return [
        Choice(
            value=value,
            label=label,
            address="?" + urlencode({**query, name: value}),
            is_chosen=query[name] == value,
        )
        for value, label in among.items()
    ]


@never_cache
@require_safe
@xframe_options_sameorigin
def preview_part(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Show one part by itself, for the frame."""
    issue = _previewed(request, pk).issue
    if part not in PARTS:
        raise Http404
    if part == "page":
        context = issue_page(issue, is_preview=True)
        return TemplateResponse(request, "briefings/issue_detail.html", context)
    email = render_issue_email(issue, links=harmless_links(issue))
    if part == "text":
        return HttpResponse(
            f"Subject: {email.subject}\n\n{email.text}", content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(email.html)
