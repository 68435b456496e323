"""What an open page of an issue says every few seconds, and what it gets to know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from briefings.admin.form_fields import parse_key
from briefings.admin.page_owner import owner_of_page
from briefings.models import Issue
from briefings.permissions import may_edit_issue, may_view_issue
from briefings.presence import close_page, editors_in, keep_open
from briefings.take_over import ANSWER_WITHIN, Question, answer, ask, state_for, take_back
from briefings.working_copies import TOKEN
from newsroom.accounts.account_middleware import in_background
from newsroom.duration_words import in_words
from newsroom.invisible_characters import storable

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@never_cache
@in_background
@require_POST
def presence(request: HttpRequest, pk: int) -> JsonResponse:
    """Record that a page is open, or left, and what its person asks or answers.

    Return who else is there, and the questions to take over.
    """
    user = owner_of_page(request)
    if user is None:
        return _refuse("You are logged out.", status=401)
    issue = Issue.objects.select_related("briefing").filter(pk=pk).first()
    if issue is None or not may_view_issue(user, issue):
        return _refuse("Your account may not view this issue.", status=403)
    try:
        page = json.loads(request.body)
        token = str(page["token"])
        section = storable(str(page.get("section", "")))[:20]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return _refuse("This request is not from a page of an issue.", status=400)
    if not TOKEN.fullmatch(token):
        return _refuse("This request does not say which page it is from.", status=400)
    at = timezone.now()
    if page.get("leaves"):
        close_page(user=user, token=token)
        return JsonResponse({})
    try:
        keep_open(
            user=user,
            issue=issue,
            token=token,
            section=section,
            is_hidden=bool(page.get("hidden")),
            at=at,
        )
    except IntegrityError:
        return _refuse("Somebody deleted this issue.", status=404)
    news = _act(page, issue, user)
    state = state_for(issue, user, at=at)
    return JsonResponse(
        {
            "others": [
                editor._asdict() for editor in editors_in(issue, besides=token, user=user, at=at)
            ],
            "question": _as_json(state.question),
            "own": _as_json(state.own),
            "answer_within": in_words(ANSWER_WITHIN),
            "handed_to": _as_json(state.handed_to),
            "news": news,
        }
    )


def _act(page: dict[str, Any], issue: Issue, user: User) -> str:
    """Do what the person asks for or answers; return a sentence if it did not work."""
    at = timezone.now()
    if asked := parse_key(page.get("asks")):
        if not may_edit_issue(user, issue):
            return "Your account may not change this issue."
        if not ask(issue=issue, asker=user, asked=asked, at=at):
            return "They have left the issue. You can write."
    if (question := parse_key(page.get("answers"))) and not answer(
        question, by=user, hands_over=bool(page.get("hands_over")), at=at
    ):
        return f"You answered too late: the question waits for {in_words(ANSWER_WITHIN)} only."
    if page.get("takes_back"):
        take_back(issue=issue, by=user, at=at)
    return ""


def _as_json(question: Question | None) -> dict[str, Any] | None:
    if question is None:
        return None
    return {
        "pk": question.pk,
        "name": question.name,
        "outcome": question.outcome,
        "at": question.at.timestamp() * 1000,
    }


def _refuse(sentence: str, *, status: int) -> JsonResponse:
    return JsonResponse({"error": sentence}, status=status)
