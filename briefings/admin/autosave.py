"""Autosave of an issue's page: what the browser sends while a person types."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from briefings.admin.form_fields import parse_key
from briefings.admin.page_owner import owner_of_page
from briefings.admin.section_rows import ITEM_FIELDS
from briefings.models import Issue
from briefings.permissions import may_view_issue, may_write_issues
from briefings.working_copies import (
    LAST_SEQUENCE,
    MAX_TAKEN_OVER,
    TOKEN,
    Kept,
    keep_words,
    newest_copy,
    settle,
    settled_tokens,
)
from newsroom.invisible_characters import storable

# Pages whose words one request may forget.
MAX_SETTLED = 100
# What a section has besides its text, and only where there is something in it.
OPTIONAL = ("sisters", "options", "closes_at", *ITEM_FIELDS)


def _refuse(sentence: str, *, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def autosave(request: HttpRequest) -> JsonResponse:
    """Keep what a page holds (POST, JSON), or give a page a new CSRF token (GET).

    A page needs a new token after its person logged out and in again in another tab. It may also
    ask which drafts in its browser, one `draft` each, are settled.
    """
    user = owner_of_page(request)
    if user is None:
        return _refuse("You are logged out.", status=401)
    if not may_write_issues(user):
        return _refuse("Your account may not write issues.", status=403)
    if request.method == "GET":
        drafts = request.GET.getlist("draft")[:MAX_SETTLED]
        return JsonResponse(
            {"csrf": get_token(request), "settled": settled_tokens(user=user, tokens=drafts)}
        )
    try:
        page = _read_page(request.body)
    except ValueError as error:
        return _refuse(str(error), status=400)
    if page.settled:
        settle(user=user, tokens=page.settled)
        return JsonResponse({"result": Kept.SETTLED})
    issue = Issue.objects.filter(pk=page.issue_pk).first() if page.issue_pk else None
    if issue is not None and not may_view_issue(user, issue):
        return _refuse("Your account may not read this issue.", status=403)
    result, sequence = keep_words(
        user=user,
        token=page.token,
        sequence=page.sequence,
        issue=issue,
        content=page.content,
    )
    return JsonResponse(
        {"result": result, "sequence": sequence, "at": timezone.now().timestamp() * 1000}
    )


class _Page(NamedTuple):
    """What a page sent: its words, or the tokens of pages whose words are no longer needed."""

    settled: list[str]
    token: str = ""
    sequence: int = 0
    issue_pk: int | None = None
    content: dict[str, Any] = {}


def _read_page(body: bytes) -> _Page:
    """Return what a page sent; ValueError if it is not of the form that our script sends."""
    try:
        page = json.loads(body)
        if "settle" in page:
            return _Page(settled=[str(token) for token in page["settle"]][:MAX_SETTLED])
        token, sequence, issue_pk = page["token"], page["sequence"], page["issue"]
        content = {
            "version": _text(page["version"]),
            "seen": _text(page["seen"]),
            "shown": _text(page.get("shown")),
            "fields": {_text(name): _text(value) for name, value in page["fields"].items()},
            "sections": [_section(section) for section in page["sections"]],
            "taken_over": [_text(token) for token in page.get("taken_over", ())][:MAX_TAKEN_OVER],
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("This request is not an autosave of an issue.") from error
    is_number = isinstance(sequence, int) and 0 <= sequence < LAST_SEQUENCE
    is_key = issue_pk is None or (isinstance(issue_pk, int) and parse_key(issue_pk) > 0)
    if not (isinstance(token, str) and TOKEN.fullmatch(token) and is_number and is_key):
        raise ValueError("This autosave does not say which page it is from.")
    return _Page(settled=[], token=token, sequence=sequence, issue_pk=issue_pk, content=content)


def _section(section: dict[str, Any]) -> dict[str, Any]:
    words = {name: _text(section[name]) for name in ("id", "kind", "heading", "body")}
    words |= {name: _text(section[name]) for name in OPTIONAL if section.get(name)}
    return {**words, "removed": bool(section["removed"])}


def _text(value: Any) -> str:
    """Return a text as a database can store it: no NUL, no half of a surrogate pair."""
    text = "" if value is None else str(value)
    return storable(text)


def unsaved_words(user: Any, issue: Issue | None) -> dict[str, Any] | None:
    """Return this person's newest unsaved words for the page's script."""
    copy = newest_copy(user, issue)
    if copy is None:
        return None
    at = copy.updated_at.timestamp() * 1000
    return {"token": copy.token, "sequence": copy.sequence, "at": at, **copy.content}
