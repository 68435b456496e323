"""The chain of issues: each quotes what readers said about the one before, and says so."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import CharField, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat

from briefings.models import CommentState, IssueState, Quotation
from briefings.models.comment import SHOWN_STATES
from briefings.models.topic import TopicLines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Comment, Issue
    from briefings.models.comment import CommentQuerySet
    from briefings.models.issue import IssueQuerySet


class QuotedComment(NamedTuple):
    """A comment that an issue quotes and that readers can open: its key and its issue's number."""

    pk: int
    number: int


# A comment that bears a name, of a reader who chose to be quoted without it, must not be linked
# with the quotation from either side.
_MAY_BE_LINKED = ~Q(attribution="") | Q(comment__name="")
_PRINTED = Q(is_in_issue=True, removed_at=None)
_IS_PUBLIC = Q(comment__state=CommentState.APPROVED) & (
    Q(comment__parent=None) | Q(comment__parent__state__in=SHOWN_STATES)
)
_LEADS_TO_COMMENT = _PRINTED & _MAY_BE_LINKED & _IS_PUBLIC & Q(about__isnull=False)


def with_responding_to(issues: IssueQuerySet) -> IssueQuerySet:
    """Return issues with `responding_to`, the number of the latest one whose readers they quote."""
    quoted = Quotation.objects.filter(_PRINTED, issue=OuterRef("pk"), about__isnull=False)
    latest = quoted.order_by("-about__number").values("about__number")
    return issues.annotate(responding_to=Subquery(latest[:1]))


def with_chain(issues: IssueQuerySet) -> IssueQuerySet:
    """Return issues with what their own page shows of the chain, in the query that reads them.

    That is also `answered_in`, the number of the first issue that quotes what readers said about
    it, and `quoted_lines`: see `quoted_comments`.
    """
    printed = Quotation.objects.filter(_PRINTED, issue__state=IssueState.PUBLISHED)
    answers = printed.filter(about=OuterRef("pk")).exclude(issue=F("about"))
    first = answers.order_by("issue__number").values("issue__number")
    public = Quotation.objects.filter(_LEADS_TO_COMMENT, issue=OuterRef("pk"))
    line = Concat(Cast("response", CharField()), Value(" "), Cast("about__number", CharField()))
    by_issue = public.order_by().values("issue")
    lines = Subquery(by_issue.annotate(lines=TopicLines(line)).values("lines"))
    return with_responding_to(issues).annotate(
        answered_in=Subquery(first[:1]), quoted_lines=Coalesce(lines, Value(""))
    )


def quoted_comments(issue: Issue) -> tuple[QuotedComment, ...]:
    """Return the comments that an issue quotes and readers can open; none without `with_chain`."""
    lines: str = vars(issue).get("quoted_lines") or ""
    pairs = {tuple(map(int, line.split(" "))) for line in lines.split("\n") if line}
    return tuple(QuotedComment(*pair) for pair in sorted(pairs))


def read_quoted_comments(issue: Issue) -> tuple[QuotedComment, ...]:
    """Return the comments that an issue quotes and readers can open, by a query: for an email."""
    rows = Quotation.objects.filter(_LEADS_TO_COMMENT, issue=issue.pk)
    pairs = rows.values_list("response", "about__number").order_by("response").distinct()
    return tuple(QuotedComment(*pair) for pair in pairs)


def issues_quoting(comments: Iterable[Comment]) -> dict[int, list[Issue]]:
    """Return by the key of each comment the issues that quote it: for its writer, who may know."""
    keys = [comment.pk for comment in comments]
    printed = Quotation.objects.filter(
        _PRINTED, comment__in=keys, issue__state=IssueState.PUBLISHED
    )
    found: dict[int, list[Issue]] = defaultdict(list)
    for row in printed.select_related("issue__briefing").order_by("issue__number", "pk"):
        if row.issue not in found[row.response]:
            found[row.response].append(row.issue)
    return found


def with_quoted_in(comments: CommentQuerySet) -> CommentQuerySet:
    """Return comments with `quoted_in`, the number of the issue that quotes each, if one does."""
    printed = Quotation.objects.filter(
        _PRINTED, _MAY_BE_LINKED, comment=OuterRef("pk"), issue__state=IssueState.PUBLISHED
    )
    return comments.annotate(
        quoted_in=Subquery(printed.order_by("-issue__number").values("issue__number")[:1])
    )
