"""Quoting what readers said in a draft, cutting a quotation, and asking a reader for consent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from briefings.admin.form_fields import parse_key
from briefings.admin.response_pages import draft_or_refuse
from briefings.issue_edits import EditResult
from briefings.models import Comment
from briefings.models.comment import RESPONSE_STATES
from briefings.quotations.consent_requests import ask_to_quote
from briefings.quotations.excerpts import check_excerpt, with_ends_marked
from briefings.quotations.insertion import (
    MAY_BE_ADDED,
    quotable_block,
    quote_in,
    see_again,
)
from briefings.quotations.quotable import WAITS_FOR, WHY_NOT, Standing, standing_of
from briefings.quotations.quoted_blocks import write_block
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from briefings.models import Issue

MAX_WORDS_CHARS = 20_000


def quotation_urls(wrap: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of these pages, each through the admin's `wrap`."""
    return [
        path("<int:pk>/quote/", wrap(quote), name="briefings_quote"),
        path("<int:pk>/quotation/", wrap(quotation), name="briefings_quotation"),
        path("<int:pk>/ask-to-quote/", wrap(ask), name="briefings_ask_to_quote"),
    ]


@require_POST
def quote(request: HttpRequest, pk: int) -> HttpResponse:
    """Add words of a response to a draft as a quotation, without its open page."""
    draft = draft_or_refuse(request, pk)
    words = request.POST.get("words", "")[:MAX_WORDS_CHARS]
    try:
        comment = _response(draft, request)
        section, result = quote_in(draft, comment, words, by=request.user, at=timezone.now())
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        place = section.heading or "the feedback section"
        messages.success(request, f"Quoted at the end of {place}.")
        if result == EditResult.APPROVAL_VOID:
            messages.warning(request, "The issue is in review again, because its content changed.")
    return _back(request, draft)


@require_POST
def quotation(request: HttpRequest, pk: int) -> JsonResponse:
    """Check words against a response, for the page's script; the draft is not changed.

    With `chosen`, somebody takes these words, with the response beside them. Of a comment that its
    reader withdrew, or has not confirmed, no word is shown here.
    """
    draft = draft_or_refuse(request, pk)
    try:
        comment = _response(draft, request)
    except TransitionRefused as refusal:
        return JsonResponse({"original": "", "problem": str(refusal), "html": ""})
    standing = standing_of(comment)
    if comment.state not in RESPONSE_STATES:
        return JsonResponse({"original": "", "problem": WHY_NOT[standing], "html": ""})
    words = request.POST.get("words", "")[:MAX_WORDS_CHARS] or comment.body
    excerpt = check_excerpt(with_ends_marked(words, comment.body), comment.body)
    answer: dict[str, Any] = {
        "original": comment.body,
        "words": excerpt.words,
        "places": excerpt.places,
        "problem": excerpt.problem if standing in MAY_BE_ADDED else WHY_NOT[standing],
        "waits": WAITS_FOR.get(standing, ""),
        "html": "",
    }
    if not answer["problem"]:
        block = quotable_block(comment, words, language=draft.briefing.language)
        answer["html"] = write_block(block)
        if "chosen" in request.POST:
            see_again(draft, comment, at=timezone.now(), excerpt=block.excerpt)
    return JsonResponse(answer)


@require_POST
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Email the reader of a response whether we may quote it."""
    draft = draft_or_refuse(request, pk)
    try:
        comment = _response(draft, request)
        ask_to_quote(comment, by=request.user, at=timezone.now())
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "We have emailed the reader, with a page to say yes or no.")
    return _back(request, draft)


def _response(draft: Issue, request: HttpRequest) -> Comment:
    """Return the response that was chosen. Raises TransitionRefused if there is none any more."""
    comments = Comment.objects.filter(issue__briefing=draft.briefing_id)
    found = comments.select_related("issue__briefing", "contributor")
    key = parse_key(request.POST.get("response"))
    if comment := found.prefetch_related("quote_consents").filter(pk=key).first():
        return comment
    raise TransitionRefused(f"This cannot be quoted. {WHY_NOT[Standing.ERASED]}")


def _back(request: HttpRequest, draft: Issue) -> HttpResponse:
    """Lead back to where the button was, on a page of ours."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("admin:briefings_response", args=[draft.pk])
    return redirect(back)
