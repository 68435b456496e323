"""The issue: an article to read, its comments, and the way to say something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from briefings import comment_submission
from briefings.forms import CommentForm, find_thread
from briefings.models import Issue
from briefings.rendering.page_html import page_sections, reading_minutes


def get_published(slug: str, number: int) -> Issue:
    """The issue at an address, if readers may see it; else 404."""
    issues = Issue.objects.published().for_page()
    return get_object_or_404(issues, briefing__slug=slug, number=number)


@require_safe
def issue_detail(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show an issue; `?reply_to=` opens the form as an answer to a comment."""
    issue = get_published(slug, number)
    context = issue_page(issue)
    if context["comments_open"]:
        asked = request.GET.get("reply_to", "")
        thread = find_thread(issue, asked) if asked else None
        context["form"] = CommentForm(
            issue=issue,
            sections=context["sections"],
            initial={"reply_to": thread.pk} if thread else {},
        )
        context["answered"] = thread
        context["comment_sent"] = request.GET.get("comment") == "sent"
    return TemplateResponse(request, "briefings/issue_detail.html", context)


@require_safe
def issue_in_words(request: HttpRequest, slug: str, number: int, words: str) -> HttpResponse:
    """Lead from an address with words in it to the one that stays."""
    return redirect(get_published(slug, number), permanent=True)


def issue_page(issue: Issue) -> dict[str, Any]:
    """What the page of an issue shows besides the comment form; for a preview at the desk too."""
    sections = page_sections(issue)
    threads = comment_submission.threads(issue)
    days = issue.briefing.comments_close_after
    return {
        "issue": issue,
        "briefing": issue.briefing,
        "sections": sections,
        "contents": [section for section in sections if section.heading],
        "minutes": reading_minutes(sections),
        "threads": threads,
        "comment_count": sum(1 + len(thread.replies) for thread in threads),
        "comments_open": issue.comments_open(at=timezone.now()),
        "comments_close": issue.dateline + timedelta(days=days) if days else None,
        "share": _share_addresses(issue),
        **_neighbours(issue),
    }


def _neighbours(issue: Issue) -> dict[str, Issue | None]:
    """The issues of the same briefing before and after this one."""
    others = Issue.objects.published().filter(briefing=issue.briefing).only("number", "title")
    neighbours = {
        "earlier": others.filter(number__lt=issue.number).order_by("-number").first(),
        "later": others.filter(number__gt=issue.number).order_by("number").first(),
    }
    for neighbour in filter(None, neighbours.values()):
        neighbour.briefing = issue.briefing
    return neighbours


def _share_addresses(issue: Issue) -> dict[str, str]:
    """Plain links by which a reader passes an issue on; nobody is told of it but by the reader."""
    page = settings.SITE_URL + issue.get_absolute_url()
    letter = urlencode(
        {"subject": issue.title, "body": f"{issue.title}\n{page}\n"}, quote_via=quote
    )
    post = urlencode({"text": f"{issue.title} {page}"}, quote_via=quote)
    return {
        "page": page,
        "email": f"mailto:?{letter}",
        "bluesky": f"https://bsky.app/intent/compose?{post}",
        "linkedin": f"https://www.linkedin.com/sharing/share-offsite/?{urlencode({'url': page})}",
    }
