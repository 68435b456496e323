"""Search for earlier issues, for the link dialog of the text editor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils import dateformat
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from briefings.models import Issue
from briefings.permissions import may_write_issues

if TYPE_CHECKING:
    from briefings.models.issue import IssueQuerySet

MAX_RESULTS = 8
MAX_WORDS = 8
MAX_QUERY_CHARS = 100
MAX_NUMBER_DIGITS = 6


@never_cache
@require_safe
def link_search(request: HttpRequest) -> JsonResponse:
    """Return, as JSON, the published issues that `?q=` finds; without it the latest ones.

    Every word has to be in the headline or in the name of the briefing, or be the number.
    """
    if not (request.user.is_authenticated and may_write_issues(request.user)):
        return JsonResponse({"error": "Your account may not write issues."}, status=403)
    found = _find(request.GET.get("q", "")[:MAX_QUERY_CHARS])
    return JsonResponse({"results": [_as_result(issue) for issue in found[:MAX_RESULTS]]})


def _find(query: str) -> IssueQuerySet:
    issues = Issue.objects.published().select_related("briefing")
    for word in query.replace("\0", "").split()[:MAX_WORDS]:
        matches = Q(title__icontains=word) | Q(briefing__title__icontains=word)
        number = word.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) <= MAX_NUMBER_DIGITS:
            matches |= Q(number=int(number))
        issues = issues.filter(matches)
    return issues


def _as_result(issue: Issue) -> dict[str, str]:
    return {
        "title": issue.title,
        "from": f"{issue.briefing} {issue.number}, {dateformat.format(issue.dateline, 'j F Y')}",
        "url": issue.get_absolute_url(),
    }
