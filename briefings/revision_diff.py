"""What changed between two revisions, word by word within sections and paragraphs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from briefings.local_time import long_day
from briefings.models import Briefing, SectionKind
from briefings.rendering.section_html import parse_section
from newsroom.html_tree import BLOCKS, Element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
# The time to compare two texts grows with the product of their lengths.
MAX_WORDS = 2_500
# Paragraphs less alike than this are shown as one removed and one added.
ALIKE = 0.5
# How many paragraphs further on we look for the one that a changed paragraph replaces.
LOOK_AHEAD = 6


class Change(StrEnum):
    """What happened to a word, a paragraph or a section."""

    SAME = ""
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    FORMATTED = "formatted"  # the same words with other markup


@dataclass(frozen=True, slots=True)
class Words:
    """Consecutive words that are the same, added or removed."""

    text: str
    change: Change


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, heading, list item, quotation or cell: its words without markup."""

    tag: str
    words: list[Words]
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDiff:
    """A section in the newer revision, or one that only the older has."""

    place: int
    kind: str
    heading: list[Words]
    paragraphs: list[Paragraph]
    change: Change
    moved_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueDiff:
    """Everything that changed between two revisions of an issue."""

    title: list[Words]
    strapline: list[Words]
    subject: list[Words]
    preheader: list[Words]
    author: list[Words]
    sections: list[SectionDiff] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed, places and markup included."""
        head = (self.title, self.strapline, self.subject, self.preheader, self.author)
        return not any(word.change for words in head for word in words) and not any(
            section.change or section.moved_from for section in self.sections
        )


def compare(old: dict[str, Any], new: dict[str, Any]) -> IssueDiff:
    """Return what changed from one revision's content to another's."""
    return IssueDiff(
        title=diff_words(old["title"], new["title"]),
        strapline=diff_words(old["strapline"], new["strapline"]),
        subject=diff_words(old.get("subject", ""), new.get("subject", "")),
        preheader=diff_words(old.get("preheader", ""), new.get("preheader", "")),
        author=diff_words(old["author_name"], new["author_name"]),
        sections=list(_compare_sections(old["sections"], new["sections"])),
    )


def compare_section(old: dict[str, Any], new: dict[str, Any]) -> SectionDiff:
    """Return what changed from one version of a section to another."""
    return _section(1, old, new)


def diff_words(old: str, new: str) -> list[Words]:
    """Return the words of both texts in reading order, removed ones before those added there."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > MAX_WORDS and old != new:
        return [Words(old, Change.REMOVED), Words(new, Change.ADDED)]
    parts: list[Words] = []
    matcher = SequenceMatcher(None, before, after)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            parts.append(Words("".join(after[new_start:new_end]), Change.SAME))
            continue
        if old_end > old_start:
            parts.append(Words("".join(before[old_start:old_end]), Change.REMOVED))
        if new_end > new_start:
            parts.append(Words("".join(after[new_start:new_end]), Change.ADDED))
    return parts


def _compare_sections(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> Iterator[SectionDiff]:
    """Yield the sections of the newer revision, and the removed ones where they were."""
    new = _with_known_ids(old, new)
    places = {section["id"]: place for place, section in enumerate(old, start=1)}
    by_id = {section["id"]: section for section in old}
    stayed = [section["id"] for section in new if section["id"] in by_id]
    in_order = _longest_rise([places[key] for key in stayed])
    kept = set(stayed)
    shown = 0  # how far in the older revision the removed sections are shown
    for place, section in enumerate(new, start=1):
        before = by_id.get(section["id"])
        if before is None:
            yield _section(place, {"heading": "", "body": ""}, section, change=Change.ADDED)
            continue
        was = places[section["id"]]
        if was in in_order:
            yield from _removed(old[shown:was], kept, places)
            shown = max(shown, was)
        yield _section(place, before, section, moved_from=None if was in in_order else was)
    yield from _removed(old[shown:], kept, places)


def _with_known_ids(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newer sections, those that came back under another id with the one they had.

    A section comes back if it was removed, and somebody added the same words again.
    """
    kept = {section["id"] for section in new}
    gone = [section for section in old if section["id"] not in kept]
    known = {section["id"] for section in old}
    found = []
    for section in new:
        alike = (one for one in gone if one | {"id": section["id"]} == section)
        same = next(alike, None) if section["id"] not in known else None
        if same is not None:
            gone.remove(same)
        found.append(section if same is None else same)
    return found


def _removed(
    sections: Sequence[dict[str, Any]], kept: set[int], places: dict[int, int]
) -> Iterator[SectionDiff]:
    for section in sections:
        if section["id"] not in kept:
            nothing = {**section, "heading": "", "body": "", "options": [], "closes_at": ""}
            yield _section(places[section["id"]], section, nothing, change=Change.REMOVED)


def _section(
    place: int,
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    change: Change | None = None,
    moved_from: int | None = None,
) -> SectionDiff:
    heading = diff_words(old["heading"], new["heading"])
    paragraphs = list(_compare_paragraphs(old["body"], new["body"]))
    paragraphs += _compare_sisters(old.get("sisters", []), new.get("sisters", []))
    paragraphs += _compare_options(old.get("options", []), new.get("options", []))
    paragraphs += _compare_closing(old.get("closes_at", ""), new.get("closes_at", ""))
    if change is None:
        is_changed = (
            old["kind"] != new["kind"]
            or old["heading"] != new["heading"]
            or any(paragraph.change for paragraph in paragraphs)
        )
        change = Change.CHANGED if is_changed else Change.SAME
    kinds = dict(SectionKind.choices)
    return SectionDiff(
        place=place,
        kind=kinds.get(new["kind"], new["kind"]),
        heading=heading,
        paragraphs=paragraphs,
        change=change,
        moved_from=moved_from,
    )


def _compare_sisters(old: list[int], new: list[int]) -> Iterator[Paragraph]:
    """Yield a paragraph with the sister titles that a section lists, if it lists any."""
    if old or new:
        titles = dict(Briefing.objects.filter(pk__in=[*old, *new]).values_list("pk", "title"))
        before, after = (
            ", ".join(titles.get(pk, f"briefing {pk}") for pk in keys) for keys in (old, new)
        )
        change = Change.SAME if old == new else Change.CHANGED
        yield Paragraph("p", [Words("Titles: ", Change.SAME), *diff_words(before, after)], change)


def _compare_options(old: list[str], new: list[str]) -> Iterator[Paragraph]:
    """Yield the options of a question, as the items of a list."""
    before, after = ([("li", option) for option in side] for side in (old, new))
    yield from _compare_blocks(before, after)


def _compare_closing(old: str, new: str) -> Iterator[Paragraph]:
    """Yield a paragraph with the time at which a question closes, if somebody chose one."""
    if old or new:
        change = Change.SAME if old == new else Change.CHANGED
        words = diff_words(*(_moment_in_words(written) for written in (old, new)))
        yield Paragraph("p", [Words("Closes: ", Change.SAME), *words], change)


def _moment_in_words(written: str) -> str:
    """Return a moment that a revision kept, in words of its own time zone."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return f"{long_day(moment)} at {moment:%H:%M} (UTC{moment.isoformat()[-6:]})"


def _compare_paragraphs(old: str, new: str) -> Iterator[Paragraph]:
    before, after = list(_paragraphs(parse_section(old))), list(_paragraphs(parse_section(new)))
    yield from _compare_blocks(before, after)
    if old != new and before == after:
        yield Paragraph("p", [], Change.FORMATTED)


def _compare_blocks(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> Iterator[Paragraph]:
    """Yield blocks of text, each with its tag, as they are now and with what is gone."""
    matcher = SequenceMatcher(None, before, after)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            for tag, text in after[new_start:new_end]:
                yield Paragraph(tag, [Words(text, Change.SAME)], Change.SAME)
        else:
            yield from _pair(before[old_start:old_end], after[new_start:new_end])


def _pair(old: Sequence[tuple[str, str]], new: Sequence[tuple[str, str]]) -> Iterator[Paragraph]:
    """Yield changed paragraphs, each beside the one that it replaces where they are alike."""
    next_old = 0
    for tag, text in new:
        for index in range(next_old, min(len(old), next_old + LOOK_AHEAD)):
            if _are_alike(old[index][1], text):
                yield from map(_removed_paragraph, old[next_old:index])
                yield Paragraph(tag, diff_words(old[index][1], text), Change.CHANGED)
                next_old = index + 1
                break
        else:
            yield Paragraph(tag, [Words(text, Change.ADDED)], Change.ADDED)
    yield from map(_removed_paragraph, old[next_old:])


def _removed_paragraph(paragraph: tuple[str, str]) -> Paragraph:
    tag, text = paragraph
    return Paragraph(tag, [Words(text, Change.REMOVED)], Change.REMOVED)


def _are_alike(old: str, new: str) -> bool:
    before, after = old.split()[:MAX_WORDS], new.split()[:MAX_WORDS]
    return SequenceMatcher(None, before, after).quick_ratio() >= ALIKE


def _paragraphs(element: Element, tag: str = "p") -> Iterator[tuple[str, str]]:
    """Yield tag and words of each innermost block; words between blocks are paragraphs too."""
    inline: list[str] = []
    for child in element.children:
        if isinstance(child, Element) and child.tag in BLOCKS and child.tag != "hr":
            yield from _close(inline, tag)
            yield from _paragraphs(child, child.tag)
        else:
            inline.append(_inline(child))
    yield from _close(inline, tag)


def _close(inline: list[str], tag: str) -> Iterator[tuple[str, str]]:
    text = " ".join("".join(inline).split())
    inline.clear()
    if text:
        yield tag, text


def _inline(node: Element | str) -> str:
    """Return the words of inline markup, with the addresses of links and images."""
    if isinstance(node, str):
        return node
    if node.tag == "br":
        return " "
    if node.tag == "hr":
        return "———"
    if node.tag == "img":
        return f"[image: {node.attributes.get('alt', '')} {node.attributes.get('src', '')}]"
    inner = "".join(map(_inline, node.children))
    address = node.attributes.get("href", "") if node.tag == "a" else ""
    return f"{inner} [{address}]" if address and address != inner else inner


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """Return a longest rising run of the numbers: the sections that did not move."""
    best: list[list[int]] = []
    for number in numbers:
        shorter = [run for run in best if run[-1] < number]
        best.append([*_longest(shorter), number])
    return set(_longest(best))


def _longest(runs: list[list[int]]) -> list[int]:
    return max(runs, key=len) if runs else []
