"""Split a document into its sections, each with its kind and the quotations in it set apart."""

from __future__ import annotations

from collections.abc import Iterator

from briefings.document_import.blocks import Block, Heading, HorizontalRule
from briefings.document_import.quotations import mark_quotations, quote_items
from briefings.document_import.section_kinds import kind_of
from briefings.models import SectionKind


def split_sections(blocks: list[Block], *, opening: str) -> Iterator[tuple[str, list[Block]]]:
    """Yield each section's heading and blocks; what precedes the first heading is the opening."""
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    highest = min(levels, default=0)
    heading = opening
    section: list[Block] = []
    has_heading = False
    for block in blocks:
        if isinstance(block, Heading) and block.level == highest:
            if has_heading or section:
                yield heading, section
            heading, section, has_heading = block.content.text, [], True
        elif isinstance(block, Heading):
            section.append(Heading(block.content, 3 if block.level == highest + 1 else 4))
        else:
            section.append(block)
    if has_heading or section:
        yield heading, section


def read_section(heading: str, blocks: list[Block]) -> tuple[SectionKind, list[Block]]:
    """Return a section's kind and its blocks, with the quotations in them set apart."""
    kind = kind_of(heading, blocks)
    body = _without_outer_rules(blocks)
    if kind != SectionKind.ROUNDUP:
        body = quote_items(body)
    return kind, mark_quotations(body, feedback=kind == SectionKind.FEEDBACK)


def _without_outer_rules(blocks: list[Block]) -> list[Block]:
    start, end = 0, len(blocks)
    while start < end and isinstance(blocks[start], HorizontalRule):
        start += 1
    while end > start and isinstance(blocks[end - 1], HorizontalRule):
        end -= 1
    return blocks[start:end]
