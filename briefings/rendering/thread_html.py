"""Threads of comments as HTML; each is rendered once, and remembered by what it shows.

Readers comment and moderators approve all day, and each time the page is made again with the same
threads, apart from one. The template of a thread sees nothing but the values below, and they are
what it is remembered by: the same values always give the same HTML, and one that changed is
rendered again. So whatever a thread is to show has to be one of them.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language

from briefings.days_ago import days_ago

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.safestring import SafeString

    from briefings.comment_threads import Thread
    from briefings.models import Comment, Issue

REMEMBERED = 1024  # threads; some kilobytes each


class ShownComment(NamedTuple):
    """What readers see of a comment."""

    pk: int
    address: tuple[str, int]  # the briefing and the number of its issue
    display_name: str
    body: str
    created_at: datetime
    days_ago: int | None  # while it is told in words
    is_author: bool
    by_staff: bool
    featured: bool
    is_edited: bool
    is_withdrawn: bool
    recommendation_count: int
    place_name: str
    section_anchor: str
    passage: str
    passage_link: str
    is_passage_changed: bool
    quoted_in: int  # the number of the issue that quotes it; 0 if none does

    @property
    def url(self) -> str:
        """The comment's lasting address."""
        return reverse("briefings:comment_detail", args=[*self.address, self.pk])

    @property
    def quoting_issue(self) -> str:
        """The address of the issue that quotes it."""
        return reverse("briefings:issue_detail", args=[self.address[0], self.quoted_in])


class ShownThread(NamedTuple):
    """What readers see of a thread on one page of comments."""

    comment: ShownComment
    replies: tuple[ShownComment, ...]
    replies_left: int
    zone: str  # of the times: two that are the same moment in two zones count as equal
    reply_query: str  # empty: nobody can reply
    has_actions: bool
    language: str | None


def thread_html(
    threads: Iterable[Thread],
    *,
    issue: Issue,
    reply_query: str,
    has_actions: bool,
    at: datetime,
) -> list[SafeString]:
    """Return the threads as HTML, with their days as they are called at a moment.

    `reply_query` is what a link for a reply starts with, or empty if nobody can reply.
    """
    language = get_language()
    return [
        _render(
            ShownThread(
                comment=_shown(thread.comment, issue, at),
                replies=tuple([_shown(reply, issue, at) for reply in thread.replies]),
                replies_left=thread.replies_left,
                zone=issue.briefing.time_zone,
                reply_query=reply_query,
                has_actions=has_actions,
                language=language,
            )
        )
        for thread in threads
    ]


def _shown(comment: Comment, issue: Issue, at: datetime) -> ShownComment:
    if comment.is_withdrawn:
        display_name = body = passage = ""
    else:
        display_name, body, passage = comment.display_name, comment.body, comment.passage
    section = comment.section
    return ShownComment(
        pk=comment.pk,
        address=(issue.briefing.slug, issue.number),
        display_name=display_name,
        body=body,
        created_at=comment.created_at,
        days_ago=days_ago(comment.created_at, zone=issue.briefing.zone, at=at),
        is_author=comment.contributor_id is not None,
        by_staff=comment.by_staff,
        featured=comment.featured,
        is_edited=comment.edited_at is not None,
        is_withdrawn=comment.is_withdrawn,
        recommendation_count=comment.recommendation_count,
        place_name=comment.place_name,
        section_anchor=section.anchor if section else "",
        passage=passage,
        passage_link=comment.passage_link,
        is_passage_changed=comment.is_passage_changed,
        quoted_in=vars(comment).get("quoted_in") or 0,
    )


@lru_cache(maxsize=REMEMBERED)
def _render(thread: ShownThread) -> SafeString:
    return render_to_string("briefings/_thread.html", {"thread": thread})
