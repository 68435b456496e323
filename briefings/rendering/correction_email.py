"""A correction as an email: the note, the corrected words, and a link to the issue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string

from briefings.rendering.issue_email import (
    EmailLinks,
    RenderedEmail,
    issue_email_context,
    wrapped_with_styles,
)
from briefings.revision_diff import Change, compare
from newsroom.invisible_characters import one_line
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from briefings.models import Correction
    from briefings.revision_diff import IssueDiff, Words

# What an email shows of a large correction; the page has it all.
MAX_PASSAGES = 6
MAX_PASSAGE_CHARS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A paragraph as it reads now, with the heading of its section if that was not shown yet."""

    heading: str
    text: str


def render_correction_email(correction: Correction, *, links: EmailLinks) -> RenderedEmail:
    """Return a correction's email, for the readers who were sent the issue."""
    issue = correction.issue
    passages = corrected_passages(correction)
    with in_language(issue.briefing.language):
        context = {
            **issue_email_context(issue, links=links),
            "correction": correction,
            "corrected_on": correction.local_at,
            "passages": passages[:MAX_PASSAGES],
            "has_more": len(passages) > MAX_PASSAGES,
        }
        subject = one_line(render_to_string("email/correction/subject.txt", context))
        context["subject"] = subject
        text = render_to_string("email/correction/body.txt", context)
        html = render_to_string("email/correction/body.html", context)
    return RenderedEmail(
        subject=subject, html=wrapped_with_styles(html), text=text.strip("\n") + "\n"
    )


def corrected_passages(correction: Correction) -> list[Passage]:
    """Return the headline, strapline and paragraphs that a correction changed, as they are now."""
    after = correction.revision
    before = correction.issue.revisions.filter(pk__lt=after.pk).order_by("-pk").first()
    if before is None:
        return []
    return list(_passages(compare(before.content, after.content)))


def _passages(diff: IssueDiff) -> Iterator[Passage]:
    for words in (diff.title, diff.strapline):
        if any(part.change for part in words) and (text := _as_now(words)):
            yield Passage(heading="", text=text)
    for section in diff.sections:
        heading = _as_now(section.heading)
        for paragraph in section.paragraphs:
            is_new = paragraph.change in {Change.ADDED, Change.CHANGED}
            if is_new and (text := _as_now(paragraph.words)):
                yield Passage(heading=heading, text=text)
                heading = ""


def _as_now(words: list[Words]) -> str:
    text = "".join(part.text for part in words if part.change != Change.REMOVED)
    text = " ".join(text.split())
    if len(text) > MAX_PASSAGE_CHARS:
        text = text[:MAX_PASSAGE_CHARS].rpartition(" ")[0] + " …"
    return text
