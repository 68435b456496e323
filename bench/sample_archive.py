"""A large archive in which to search, and what readers ask it."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from itertools import accumulate, product

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from bench.sample_issue import make_briefing
from briefings.models import Issue, IssueState, Section, SectionKind
from briefings.search.index_repair import index_missing_issues

BRIEFINGS = 4
SENTENCES, NAMES = 25, 8  # in an issue, and after each of its sentences
QUERIES = 60
SYLLABLES = ("ash", "bor", "dun", "el", "fen", "gar", "hol", "ing", "ket", "low", "mar", "ton")
_WORD = re.compile(r"\b[a-z]{4,}\b")


def publish_archive(*, issues: int) -> None:
    """Publish issues of several briefings, one every other day, whose words recur as words do.

    Sentences of the sample issues have the words of every week; each is in some hundreds of issues.
    Names made of syllables are what is rare: the first is in every issue, most are in a few.
    """
    chance = random.Random(12)  # noqa: S311  (the same archive each time)
    sentences = _sentences()
    names = ["".join(parts) for parts in product(SYLLABLES, repeat=4)]
    chance.shuffle(names)
    weights = list(accumulate(1 / rank for rank in range(1, len(names) + 1)))

    def some_names() -> str:
        return " ".join(chance.choices(names, cum_weights=weights, k=NAMES))

    briefings, now = [make_briefing() for _ in range(BRIEFINGS)], timezone.now()
    with transaction.atomic():
        made = Issue.objects.bulk_create(
            [
                Issue(
                    briefing=briefings[index % BRIEFINGS],
                    number=index // BRIEFINGS + 1,
                    title=chance.choice(sentences)[:120],
                    strapline=chance.choice(sentences)[:240],
                    author=briefings[0].lead,
                    state=IssueState.PUBLISHED,
                    approved_hash="bench",
                    published_at=now - timedelta(days=2 * (issues - index)),
                )
                for index in range(issues)
            ],
            batch_size=500,
        )
        Section.objects.bulk_create(
            [
                Section(
                    issue=issue,
                    kind=SectionKind.FEATURE,
                    heading=chance.choice(sentences)[:80],
                    body="".join(
                        f"<p>{sentence} {some_names()}.</p>"
                        for sentence in chance.sample(sentences, SENTENCES)
                    ),
                )
                for issue in made
            ],
            batch_size=500,
        )
    while index_missing_issues():
        pass
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def ordinary_queries() -> list[str]:
    """Return what readers might ask: words that some issue has, seldom with a sign."""
    chance = random.Random(12)  # noqa: S311  (the same queries each time)
    bodies = list(Section.objects.order_by("pk").values_list("body", flat=True))
    queries = []
    for index in range(QUERIES):
        one, other, third = chance.sample(_WORD.findall(chance.choice(bodies)), 3)
        forms = (one, f"{one} {other}", f"{one} {other} {third}", one, f"{one} -{other}")
        queries.append(forms[index % len(forms)])
    return queries


def _sentences() -> list[str]:
    """Return the sentences of the sample issues."""
    folder = settings.BASE_DIR / "briefings" / "sample_data" / "samples"
    text = "\n".join(path.read_text() for path in sorted(folder.rglob("*.md")))
    prose = text.replace("*", "").replace("_", "")
    found = re.findall(r"[A-Z“][^.!?\n<>#{}=]{30,200}[.!?]", prose)
    return sorted(set(found))
