"""The plain text of published issues, which search reads, and the words that occur in it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from django.db import models

from briefings.models.section import SectionKind
from newsroom.html_tree import parse
from newsroom.invisible_characters import one_line

# PostgreSQL refuses a text whose index entry is over 1 MB; no issue is a tenth as long as this.
MAX_BODY_CHARS = 100_000
MAX_WORD_CHARS = 40
# Shorter words are too much like each other to guess which one was meant.
MIN_WORD_CHARS = 4
_WORD = re.compile(rf"[^\W\d_]{{{MIN_WORD_CHARS},{MAX_WORD_CHARS}}}")


class SearchText(NamedTuple):
    """What is searched of an issue, the weightiest part first; the body in paragraphs, as lines."""

    headline: str
    strapline: str
    body: str


class IssueText(models.Model):
    """The words of a published issue without markup. The database's search index is made of it.

    On PostgreSQL the table has a generated column `search_vector`; on SQLite, triggers fill a table
    of its own (`briefings/search/sqlite_tables.py`). Neither is a field here.
    """

    issue = models.OneToOneField(
        "briefings.Issue", primary_key=True, on_delete=models.CASCADE, related_name="search_text"
    )
    headline = models.TextField()
    strapline = models.TextField()
    body = models.TextField()

    def __str__(self) -> str:
        return self.headline


class SearchWord(models.Model):
    """A word that occurs in a published issue, to suggest in place of a misspelt one."""

    word = models.CharField(max_length=MAX_WORD_CHARS, primary_key=True)

    def __str__(self) -> str:
        return self.word


def search_text(issue: Any) -> SearchText:
    """Return the plain text of an issue; the titles of sister briefings are not its words."""
    sections = issue.sections.exclude(kind=SectionKind.SISTERS).order_by("position", "pk")
    parts = [
        f"{heading}\n{parse(body).text}"
        for heading, body in sections.values_list("heading", "body")
    ]
    return SearchText(
        one_line(issue.title),
        one_line(issue.strapline),
        "\n".join(filter(None, map(one_line, "\n".join(parts).split("\n"))))[:MAX_BODY_CHARS],
    )


def words_in(text: str) -> set[str]:
    """Return the words that a misspelt one may be compared with, in small letters."""
    return {word.lower() for word in _WORD.findall(text)}


def words_of_texts(texts: SearchText) -> set[str]:
    """Return all words of an issue."""
    return set().union(*map(words_in, texts))


def keep_search_text(issue: Any) -> None:
    """Store what search finds of an issue. Call it in the transaction that changes its words.

    Words are added in order, so that two issues published at once do not wait for each other.
    """
    texts = search_text(issue)
    IssueText.objects.update_or_create(issue=issue, defaults=texts._asdict())
    SearchWord.objects.bulk_create(
        [SearchWord(word=word) for word in sorted(words_of_texts(texts))], ignore_conflicts=True
    )
