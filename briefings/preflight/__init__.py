"""Preflight: what an editor should check before an issue goes out. Some findings stop it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from briefings.accents import contrast
from briefings.link_checks import known_dead
from briefings.models import Issue, IssueState
from briefings.preflight.findings import (
    BRIEFING,
    SECTIONS,
    Finding,
    Level,
    Place,
    has_words,
    shortened,
)
from briefings.preflight.head_checks import check_head
from briefings.preflight.link_targets import called, is_external
from briefings.preflight.question_checks import check_closing
from briefings.preflight.quotation_checks import check_consents
from briefings.preflight.quoted_block_checks import check_quoted_blocks
from briefings.preflight.section_checks import (
    ParsedSection,
    anchors_of,
    check_section,
    parse_sections,
)
from briefings.preflight.send_time_checks import check_send_time
from briefings.rendering.issue_email import GMAIL_CLIP_BYTES, measure_issue_email
from briefings.rendering.page_html import reading_time
from briefings.rendering.section_html import parse_section
from newsroom.duration_words import in_words
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from briefings.models import Section

__all__ = [
    "Finding",
    "Level",
    "Place",
    "added_blocks",
    "blocking_findings",
    "check_issue",
    "count_words",
    "refuse_blocked",
]

# What an email has besides its sections, and what a tag becomes with its inline styles, in bytes:
# the most that we saw. Below the limit by this estimate, the email need not be rendered.
EMAIL_FRAME_BYTES = 26_000
EMAIL_TAG_BYTES = 420
# Readers give up on longer emails.
LONG_READ_MINUTES = 20
# WCAG 2.2, success criterion 1.4.3, for text; the papers are those of page and email.
MIN_CONTRAST = 4.5
LIGHT_PAPER, DARK_PAPER = "#ffffff", "#121517"


def count_words(sections: Iterable[Section]) -> int:
    """Return the number of words in sections, as the page counts them."""
    return sum(len(parse_section(section.body).text.split()) for section in sections)


def refuse_blocked(issue: Issue, *, publish_at: datetime | None) -> None:
    """Raise TransitionRefused, with their sentences, if findings block an issue.

    `publish_at` is the send time that the issue would get. Call it with the row locked.
    """
    if found := blocking_findings(issue, publish_at=publish_at):
        raise TransitionRefused(f"This issue is not ready. {' '.join(map(str, found))}")


def blocking_findings(issue: Issue, *, publish_at: datetime | None) -> list[Finding]:
    """Return what stops an issue from going out at a time."""
    found = check_issue(issue, list(issue.sections.all()), publish_at=publish_at)
    return [finding for finding in found if finding.blocks]


def added_blocks(issue: Issue, *, before: Issue) -> list[Finding]:
    """Return what would stop an issue and does not stop it as it was `before` an edit."""
    known = Counter(
        _kind_and_place(finding) for finding in blocking_findings(before, publish_at=None)
    )
    added = []
    for finding in blocking_findings(issue, publish_at=None):
        if known[_kind_and_place(finding)]:
            known[_kind_and_place(finding)] -= 1
        else:
            added.append(finding)
    return added


def _kind_and_place(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.place.anchor


def check_issue(
    issue: Issue, sections: list[Section], *, publish_at: datetime | None
) -> list[Finding]:
    """Return the findings about an issue with this send time: those that block it first."""
    parsed = parse_sections(sections)
    found = [*check_head(issue)]
    if issue.state != IssueState.PUBLISHED:
        found += check_send_time(issue, publish_at)
    for section, _, place in parsed:
        found += check_closing(section, place, publish_at=publish_at or issue.publish_at)
    found += _check_sections(parsed, language=issue.briefing.language)
    is_out = issue.state == IssueState.PUBLISHED
    found += check_quoted_blocks(parsed, issue=issue, is_out=is_out)
    found += check_consents(parsed, briefing=issue.briefing)
    found += _check_dead_links(parsed)
    found += _check_length(parsed)
    found += _check_contrast(issue)
    if issue.state != IssueState.PUBLISHED and _may_be_too_large(sections):
        found += _check_email_size(issue)
    unique = {(finding.fingerprint, finding.sentence): finding for finding in found}
    return sorted(unique.values(), key=lambda finding: not finding.blocks)


def _check_sections(parsed: list[ParsedSection], *, language: str) -> Iterator[Finding]:
    if not parsed:
        yield Finding(
            code="no-sections",
            level=Level.BLOCKS,
            place=SECTIONS,
            sentence="The issue has no sections.",
            fix="Add one.",
        )
    elif not any(has_words(section.body.text) for section in parsed):
        yield Finding(
            code="no-words",
            level=Level.BLOCKS,
            place=SECTIONS,
            sentence="The issue has no words in its sections.",
            fix="Write it.",
        )
    anchors = anchors_of(parsed)
    for section in parsed:
        yield from check_section(section, language=language, anchors=anchors)


def _check_dead_links(parsed: list[ParsedSection]) -> Iterator[Finding]:
    """Yield the external links that did not work when they were last checked."""
    links = [
        (section.place, link, link.attributes["href"].strip())
        for section in parsed
        for link in section.body.find("a")
        if is_external(link.attributes.get("href", "").strip())
    ]
    dead = known_dead(address for _, _, address in links)
    for place, link, address in links:
        if check := dead.get(address):
            yield Finding(
                code="dead-link",
                level=Level.WARNS,
                place=place,
                sentence=f"{place.where}: {called(link)} leads to"
                f" {shortened(address, 80)}, which {check.answer}.",
                fix="Open it, and correct or remove the link.",
                about=f"{address} {link.text}",
                quote=shortened(link.text).rstrip("…"),
            )


def _check_length(parsed: list[ParsedSection]) -> Iterator[Finding]:
    words = sum(len(section.body.text.split()) for section in parsed)
    minutes = reading_time(words)
    if minutes > LONG_READ_MINUTES:
        yield Finding(
            code="long-read",
            level=Level.WARNS,
            place=SECTIONS,
            sentence=f"It takes {in_words(timedelta(minutes=minutes))} to read, with {words:,}"
            f" words. Few readers spend more than {LONG_READ_MINUTES} on an email.",
            fix="Shorten it, or keep a part for another issue.",
            # An edit of a few words does not bring the warning back.
            about=str(minutes // 5),
        )


def _check_contrast(issue: Issue) -> Iterator[Finding]:
    """Check the accent, the only colour that can be chosen: text has none of its own."""
    colours = issue.briefing.accent_colours
    pairs = (
        (colours.light, LIGHT_PAPER),
        (colours.on_light, colours.light),
        (colours.dark, DARK_PAPER),
        (colours.on_dark, colours.dark),
    )
    worst = min(contrast(*pair) for pair in pairs)
    if worst < MIN_CONTRAST:
        yield Finding(
            code="contrast",
            level=Level.WARNS,
            place=BRIEFING,
            sentence=f"The accent of {issue.briefing} has a contrast of {worst:.1f}:1, so that its"
            f" links are hard to read. Text needs {MIN_CONTRAST}:1.",
            fix="Choose another accent for the briefing.",
            about=f"{colours.light} {colours.dark}",
        )


def _may_be_too_large(sections: list[Section]) -> bool:
    """Whether an email might be too large. Measuring takes as long as rendering it."""
    estimate = EMAIL_FRAME_BYTES + sum(
        len(section.body.encode()) + EMAIL_TAG_BYTES * section.body.count("<") // 2
        for section in sections
    )
    return estimate > GMAIL_CLIP_BYTES


def _check_email_size(issue: Issue) -> Iterator[Finding]:
    size = measure_issue_email(issue)
    if size.warning:
        yield Finding(
            code="email-too-large", level=Level.BLOCKS, place=SECTIONS, sentence=size.warning
        )
