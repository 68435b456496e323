"""Checks of headline, strapline, subject and preheader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from briefings.models import Issue
from briefings.preflight.findings import (
    HEADLINE,
    PREHEADER,
    STRAPLINE,
    SUBJECT,
    Finding,
    Level,
    Place,
    has_words,
)
from briefings.preflight.prose_checks import check_line

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters that an inbox shows of a subject on a wide screen; a phone shows about half of them.
LONG_SUBJECT = 70
# Headlines that nobody wrote: what an import or a template puts there.
_UNTITLED = re.compile(
    r"(?:untitled(?: issue)?|(?:new )?headline|title|(?:new )?issue|draft|test)", re.IGNORECASE
)


def check_head(issue: Issue) -> Iterator[Finding]:
    """Yield what is wrong with the head of an issue and with what an inbox shows of it."""
    if not has_words(issue.title):
        yield Finding(
            code="no-headline",
            level=Level.BLOCKS,
            place=HEADLINE,
            sentence="The headline has no words.",
            fix="Write one.",
        )
    elif _UNTITLED.fullmatch(issue.title.strip(" .:")):
        yield Finding(
            code="placeholder",
            level=Level.BLOCKS,
            place=HEADLINE,
            sentence=f"The headline is only “{issue.title}”.",
            fix="Write one.",
        )
    yield from _check_subject(issue)
    yield from _check_preheader(issue)
    yield from _check_repeated_headline(issue)
    for place, words in (
        (HEADLINE, issue.title),
        (STRAPLINE, issue.strapline),
        (SUBJECT, issue.subject),
        (PREHEADER, issue.preheader),
    ):
        yield from check_line(words, place, language=issue.briefing.language)


def _subject_place(issue: Issue) -> Place:
    return SUBJECT if issue.subject.strip() else HEADLINE


def _check_subject(issue: Issue) -> Iterator[Finding]:
    subject = issue.email_subject
    if not has_words(subject):
        yield Finding(
            code="no-subject",
            level=Level.BLOCKS,
            place=SUBJECT,
            sentence="The email has no subject.",
            fix="Write one, or leave the field empty to use the headline.",
        )
    elif len(subject) > LONG_SUBJECT:
        yield Finding(
            code="long-subject",
            level=Level.WARNS,
            place=_subject_place(issue),
            sentence=f"The subject has {len(subject)} characters. Most inboxes show about"
            f" {LONG_SUBJECT}.",
            fix="Shorten it."
            if issue.subject.strip()
            else "Shorten the headline, or write a shorter subject for the email.",
            about=subject,
        )


def _check_preheader(issue: Issue) -> Iterator[Finding]:
    preheader = issue.email_preheader
    if not issue.strapline.strip():
        yield Finding(
            code="no-strapline",
            level=Level.WARNS,
            place=STRAPLINE,
            sentence="There is no strapline.",
            fix="Write a sentence that says what the issue is about.",
        )
    if not has_words(preheader):
        yield Finding(
            code="no-preheader",
            level=Level.WARNS,
            place=PREHEADER,
            sentence="There is no preheader, so inboxes show the first words of the text beside the"
            " subject.",
            fix="Write a preheader or a strapline.",
        )
    elif _plain(preheader) == _plain(issue.email_subject):
        yield Finding(
            code="preheader-repeats-subject",
            level=Level.WARNS,
            place=PREHEADER if issue.preheader.strip() else STRAPLINE,
            sentence="The preheader repeats the subject.",
            fix="Say something else in it.",
            about=preheader,
        )


def _check_repeated_headline(issue: Issue) -> Iterator[Finding]:
    """Compare headline and subject with those of the issues before this one."""
    mine = {_plain(words) for words in (issue.title, issue.email_subject) if has_words(words)}
    earlier = Issue.objects.filter(briefing=issue.briefing_id, number__lt=issue.number or 0)
    rows = earlier.exclude(pk=issue.pk).order_by("-number")
    for number, title, subject in rows.values_list("number", "title", "subject"):
        if mine & {_plain(title), _plain(subject or title)}:
            yield Finding(
                code="repeated-headline",
                level=Level.WARNS,
                place=_subject_place(issue),
                sentence=f"Issue {number} has the same headline or subject.",
                fix="Readers may take this issue for that one. Choose another headline or subject.",
                about=f"{number} {issue.title} {issue.subject}",
            )
            return


def _plain(words: str) -> str:
    """Return words without case, punctuation and spaces."""
    return "".join(filter(str.isalnum, words.casefold()))
