"""Make what search reads equal to the published issues again, whatever happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from briefings.models import Issue, IssueState, IssueText, SearchWord
from briefings.models.issue_text import (
    SearchText,
    keep_search_text,
    search_text,
    words_of_texts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH_SIZE = 200


class Repaired(NamedTuple):
    """How many issues are in the index, and what was put right: texts, and words."""

    issues: int
    texts: int
    words: int


def index_missing_issues(*, at_most: int = BATCH_SIZE) -> int:
    """Index published issues that are not, such as those from before search was there."""
    missing = Issue.objects.published().filter(search_text=None).values_list("pk", flat=True)
    return sum(map(_index, list(missing[:at_most])))


def rebuild_search(*, progress: Callable[[int], None] = lambda _: None) -> Repaired:
    """Compare every published issue with what search knows of it, and put right what differs.

    Issues are taken one by one, each in a transaction of its own, so readers and editors go on.
    """
    unpublished = IssueText.objects.exclude(issue__state=IssueState.PUBLISHED)
    texts, _ = unpublished.delete()
    # Before the issues, so that words of those published meanwhile are not removed.
    known_words = set(SearchWord.objects.values_list("word", flat=True))
    words: set[str] = set()
    pks = list(Issue.objects.published().values_list("pk", flat=True))
    for done, pk in enumerate(pks, start=1):
        with transaction.atomic():
            issue = Issue.objects.select_for_update().filter(pk=pk).first()
            if issue is None or issue.state != IssueState.PUBLISHED:
                continue
            wanted = search_text(issue)
            words |= words_of_texts(wanted)
            known = IssueText.objects.filter(pk=pk).values_list(*SearchText._fields).first()
            if known != wanted:
                keep_search_text(issue)
                texts += 1
        progress(done)
    return Repaired(len(pks), texts, _repair_words(words, known=known_words))


def _index(pk: int) -> int:
    """Index one issue, unless somebody did so meanwhile."""
    with transaction.atomic():
        issue = Issue.objects.select_for_update().filter(pk=pk).first()
        if issue is None or issue.state != IssueState.PUBLISHED:
            return 0
        if IssueText.objects.filter(pk=pk).exists():
            return 0
        keep_search_text(issue)
    return 1


def _repair_words(words: set[str], *, known: set[str]) -> int:
    """Add words that are missing, and remove those that no issue has any more."""
    with transaction.atomic():
        extra, missing = sorted(known - words), sorted(words - known)
        for start in range(0, len(extra), BATCH_SIZE):
            batch = extra[start : start + BATCH_SIZE]
            SearchWord.objects.filter(word__in=batch).delete()
        SearchWord.objects.bulk_create(
            [SearchWord(word=word) for word in missing],
            ignore_conflicts=True,
            batch_size=BATCH_SIZE,
        )
    return len(extra) + len(missing)
