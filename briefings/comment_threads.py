"""The comments that readers see: threads in pages, in the order that a reader chose.

A page costs what it shows: it reads one page of threads and the first replies of each, however many
comments there are. A thread with more replies than fit has pages of its own. A comment that its
writer withdrew keeps its place while there are replies to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, TextChoices, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_lazy

from briefings.comment_counts import count_comments
from briefings.models import Comment, CommentState, Issue
from briefings.models.comment import SHOWN_STATES, CommentQuerySet
from briefings.quotations.chain import with_quoted_in
from newsroom.compiled_queries import CompiledQuery

if TYPE_CHECKING:
    from django.db.models import QuerySet

THREADS_PER_PAGE = 50
REPLIES_PER_PAGE = 50
VISIBLE = Q(parent=None) | Q(parent__state__in=SHOWN_STATES)


class CommentOrder(TextChoices):
    """The orders in which a reader can have the threads; replies are always the oldest first."""

    FEATURED = "featured", gettext_lazy("Featured first")
    OLDEST = "oldest", gettext_lazy("Oldest first")
    NEWEST = "newest", gettext_lazy("Newest first")
    RECOMMENDED = "recommended", gettext_lazy("Most recommended")


NEVER_SHOWN = (
    *("email", "mail_key", "channel", "quoting", "emails_on_replies", "quote_asked_at"),
    *("confirmed_at", "withdrawn_at", "decided_at", "published_at", "needs_review"),
    *("rejection_reason", "rejection_told_at", "was_shown"),
    *("section__body", "section__sisters", "section__options", "section__closes_at"),
    *("contributor__bio", "contributor__contact", "contributor__sign_off"),
)

_COLUMNS = {
    CommentOrder.FEATURED: ("-featured", "created_at", "pk"),
    CommentOrder.OLDEST: ("created_at", "pk"),
    CommentOrder.NEWEST: ("-created_at", "-pk"),
    CommentOrder.RECOMMENDED: ("-recommendation_count", "created_at", "pk"),
}


@dataclass(slots=True, kw_only=True)
class Thread:
    """A comment with those of its replies that the page shows."""

    comment: Comment
    replies: list[Comment] = field(default_factory=list)
    reply_count: int = 0

    @property
    def replies_left(self) -> int:
        """How many replies the page does not show."""
        return self.reply_count - len(self.replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPage:
    """One page of the comments on an issue, or of the replies in one thread."""

    threads: list[Thread]
    comment_count: int  # on the issue
    number: int
    last: int
    only_thread: int | None = None
    order: CommentOrder = CommentOrder.FEATURED

    @property
    def all_comments(self) -> list[Comment]:
        """The comments on this page, those of its threads and the replies to them."""
        return [comment for thread in self.threads for comment in (thread.comment, *thread.replies)]

    @property
    def query(self) -> str:
        """The query string of this page, without a page number on the first."""
        return self._query(self.number)

    @property
    def orders(self) -> list[tuple[CommentOrder, str]]:
        """The orders that a reader can choose from, each with the query string of its first page.

        There is none to choose where there is only one thread.
        """
        if self.only_thread or (self.last == 1 and len(self.threads) < 2):
            return []
        return [(order, page_query(1, order=order)) for order in CommentOrder]

    @property
    def reply_query(self) -> str:
        """The query string of this page, to which another parameter is added."""
        return f"{self.query}&" if len(self.query) > 1 else self.query

    @property
    def previous_query(self) -> str:
        return self._query(self.number - 1)

    @property
    def next_query(self) -> str:
        return self._query(self.number + 1)

    def _query(self, number: int) -> str:
        return page_query(number, thread=self.only_thread, order=self.order)


def page_query(
    number: int, *, thread: int | None = None, order: CommentOrder = CommentOrder.FEATURED
) -> str:
    """Return the query string of a page of comments, or of replies in a thread."""
    parts = [f"thread={thread}"] if thread else []
    if order != CommentOrder.FEATURED and not thread:
        parts.append(f"sort={order}")
    if number > 1:
        parts.append(f"page={number}")
    return f"?{'&'.join(parts)}"


def comment_page(
    issue: Issue, *, number: str = "", thread: str = "", order: str = ""
) -> CommentPage:
    """Return a page of comments by its number in an address, or of the replies in one thread.

    A number that is too high leads to the last page, anything else that is wrong to the first.
    """
    if thread and (only := _find(_shown_threads(issue), thread)):
        return _page_of_replies(issue, only, number=number)
    wanted = number_in_address(number)
    sort = CommentOrder(order) if order in CommentOrder else CommentOrder.FEATURED
    threads, goes_on = _threads(issue, page=wanted, order=sort)
    if wanted == 1 and not goes_on:  # as on nearly every issue: nothing needs to be counted
        said = sum(thread.reply_count + (not thread.comment.is_withdrawn) for thread in threads)
        return CommentPage(threads=threads, comment_count=said, number=1, last=1, order=sort)
    counts = count_comments(issue)
    last = _page_count(counts.threads, THREADS_PER_PAGE)
    if wanted > last:
        threads, _ = _threads(issue, page=last, order=sort)
    return CommentPage(
        threads=threads,
        comment_count=counts.comments,
        number=min(wanted, last),
        last=last,
        order=sort,
    )


def page_of_comment(issue: Issue, pk: int) -> str | None:
    """Return the query string of the page that shows a comment; None if readers do not see it."""
    shown = issue.comments.approved()
    seen = shown.filter(VISIBLE, pk=pk).select_related("parent")
    comment = seen.first() or _shown_threads(issue).filter(pk=pk).first()
    if comment is None:
        return None
    thread = comment.parent or comment
    if comment.parent:
        before = shown.filter(parent=thread).filter(_said_before(comment)).count()
        if before >= REPLIES_PER_PAGE:
            return page_query(before // REPLIES_PER_PAGE + 1, thread=thread.pk)
    earlier = Q(featured=thread.featured) & _said_before(thread)
    if not thread.featured:
        earlier |= Q(featured=True)
    before = _shown_threads(issue).filter(earlier).count()
    return page_query(before // THREADS_PER_PAGE + 1)


def _shown_threads(issue: Issue | int) -> CommentQuerySet:
    """Return the threads on an issue that readers see: of a withdrawn one, those with replies."""
    replies = Comment.objects.filter(parent=OuterRef("pk"), state=CommentState.APPROVED)
    threads = Comment.objects.threads().filter(issue=issue, state__in=SHOWN_STATES)
    return threads.filter(Q(state=CommentState.APPROVED) | Exists(replies))


def _threads(issue: Issue, *, page: int, order: CommentOrder) -> tuple[list[Thread], bool]:
    """Return the threads of a page with their first replies, and whether there are further ones."""
    found = _rows_of_page(page, order).rows(issue.pk)
    threads = {comment.pk: Thread(comment=comment) for comment in found[:THREADS_PER_PAGE]}
    if threads:
        _add_first_replies(threads)
    for thread in threads.values():
        _set_issue(thread, issue)
    return list(threads.values()), len(found) > THREADS_PER_PAGE


@lru_cache(maxsize=64)  # the first pages; others are rarely opened
def _rows_of_page(page: int, order: CommentOrder) -> CompiledQuery[Comment]:
    """Return the query of the threads of a page, and of one more if there is one."""
    start = (page - 1) * THREADS_PER_PAGE

    def rows(issue: int) -> QuerySet[Comment]:
        threads = _with_relations(_shown_threads(issue)).order_by(*_COLUMNS[order])
        return threads[start : start + THREADS_PER_PAGE + 1]

    return CompiledQuery(rows, int)


def _add_first_replies(threads: dict[int, Thread]) -> None:
    """Read the first replies to each thread, and how many there are, in one query."""
    # Of a fixed number of threads, so that the query is always the same one.
    keys = [*threads, *[min(threads)] * (THREADS_PER_PAGE - len(threads))]
    for reply in _FIRST_REPLIES.rows(*keys):
        thread = threads[reply.parent_id or 0]
        thread.replies.append(reply)
        thread.reply_count = vars(reply)["of_all"]


def _first_replies(*threads: int) -> QuerySet[Comment]:
    numbered = _with_relations(Comment.objects.approved()).annotate(
        place=Window(RowNumber(), partition_by="parent_id", order_by=["created_at", "pk"]),
        of_all=Window(Count("pk"), partition_by="parent_id"),
    )
    return numbered.filter(parent__in=threads, place__lte=REPLIES_PER_PAGE)


_FIRST_REPLIES = CompiledQuery(_first_replies, *[int] * THREADS_PER_PAGE)


def _page_of_replies(issue: Issue, comment: Comment, *, number: str) -> CommentPage:
    replies = issue.comments.approved().filter(parent=comment)
    last = _page_count(replies.count(), REPLIES_PER_PAGE)
    page = min(number_in_address(number), last)
    start = (page - 1) * REPLIES_PER_PAGE
    found = list(_with_relations(replies)[start : start + REPLIES_PER_PAGE])
    # The page's own links lead to all of them, so none is announced as left out.
    thread = Thread(comment=comment, replies=found, reply_count=len(found))
    _set_issue(thread, issue)
    return CommentPage(
        threads=[thread],
        comment_count=count_comments(issue).comments,
        number=page,
        last=last,
        only_thread=comment.pk,
    )


def _with_relations(comments: CommentQuerySet) -> CommentQuerySet:
    """Have the query read what the page shows of other tables, and not what it never shows."""
    related = comments.select_related("contributor", "section")
    return with_quoted_in(related.defer(*NEVER_SHOWN))


def _set_issue(thread: Thread, issue: Issue) -> None:
    for comment in (thread.comment, *thread.replies):
        comment.issue = issue


def _said_before(comment: Comment) -> Q:
    same_moment = Q(created_at=comment.created_at, pk__lt=comment.pk)
    return Q(created_at__lt=comment.created_at) | same_moment


def _find(comments: CommentQuerySet, number: str) -> Comment | None:
    pk = number_in_address(number, otherwise=0)
    return _with_relations(comments).filter(pk=pk).first() if pk else None


def number_in_address(typed: str, *, otherwise: int = 1) -> int:
    """Return a positive number in an address."""
    if typed.isascii() and typed.isdigit() and len(typed) <= 18:
        return int(typed) or otherwise
    return otherwise


def _page_count(rows: int, per_page: int) -> int:
    return max(-(-rows // per_page), 1)
