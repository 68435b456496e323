"""Merge what two people made of the same words, section by section.

The base is what both started from, `theirs` is what was saved meanwhile, and `mine` is what is
being saved. What only one side changed is taken without asking. What both changed differently is a
conflict, and holds the words of both. No sentence of either side is left out of the result.

Sections are dictionaries with an `id`, None for one that was never saved, and its words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Section = dict[str, Any]
# An id, or the place of a section that was never saved among the sections of its side.
Key = int | str


class Conflict(StrEnum):
    """Why a person has to choose."""

    CHANGED = "changed"  # by both, differently
    REMOVED_THERE = "removed_there"  # by them, while I changed it
    REMOVED_HERE = "removed_here"  # by me, while they changed it


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedSection:
    """A section of the result: the words to show or save, and those of both sides in a conflict.

    `is_removed` says that I removed it and that they did not touch it.
    """

    id: int | None
    words: Section
    conflict: Conflict | None = None
    base: Section = field(default_factory=dict)
    theirs: Section = field(default_factory=dict)
    is_removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionsMerge:
    """All sections in their order, and how many of them are as only the other side changed them.

    `is_their_order` says that only the other side moved sections.
    """

    sections: list[MergedSection]
    taken: int
    is_their_order: bool
    both_moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadMerge:
    """Headline, strapline and the like: the values to show or save, and theirs in a conflict."""

    values: dict[str, str]
    conflicts: dict[str, str]
    taken: list[str]


def merge_head(
    base: Mapping[str, str],
    theirs: Mapping[str, str],
    mine: Mapping[str, str],
    *,
    unresolved: Collection[str] = (),
) -> HeadMerge:
    """Merge values by name. A name that `base` lacks was changed by whoever has another value.

    `unresolved` are the names of earlier conflicts in which nobody has chosen yet.
    """
    values, conflicts, taken = {}, {}, []
    for name, their_value in theirs.items():
        my_value = mine.get(name, their_value)
        was = base.get(name)
        if my_value == their_value or (my_value == was and name not in unresolved):
            values[name] = their_value
            if was is not None and their_value not in {was, my_value}:
                taken.append(name)
        else:
            values[name] = my_value
            if their_value != was or name in unresolved:
                conflicts[name] = their_value
    return HeadMerge(values=values, conflicts=conflicts, taken=taken)


def merge_sections(
    base: Sequence[Section] | None,
    theirs: Sequence[Section],
    mine: Sequence[Section],
    *,
    unresolved: Collection[int | None] = (),
) -> SectionsMerge:
    """Merge sections. Without a base, whatever differs is a conflict, and nothing is removed.

    `unresolved` are the ids of sections in which nobody has chosen yet.
    """
    old, new, own = (_by_key(side) for side in (base or (), theirs, mine))
    kept: dict[Key, MergedSection] = {}
    taken = 0
    for key in {**new, **own}:
        was = _words(old.get(key))
        found = _merge_section(
            key,
            was,
            _words(new.get(key)),
            _words(own.get(key)),
            unresolved=key in unresolved,
        )
        if found is not None:
            kept[key] = found
        taken += _is_taken(found, was, _words(new.get(key)), _words(own.get(key)))
    common = [key for key in old if key in new and key in own]
    their_order, my_order = ([key for key in side if key in common] for side in (new, own))
    they_moved, i_moved = their_order != common, my_order != common
    main, other = (own, new) if i_moved or base is None else (new, own)
    order = _interleave([key for key in main if key in kept], [key for key in other if key in kept])
    return SectionsMerge(
        sections=[kept[key] for key in order],
        taken=taken,
        is_their_order=they_moved and not i_moved,
        both_moved=they_moved and i_moved and their_order != my_order,
    )


def _merge_section(
    key: Key, was: Section | None, theirs: Section | None, mine: Section | None, *, unresolved: bool
) -> MergedSection | None:
    """Merge one section; None is a side that does not have it. Returns None if it is to go."""
    number = key if isinstance(key, int) else None
    if theirs is None:
        if mine is None or (mine == was and not unresolved):
            return None
        # It becomes a new section: the one that it was is gone.
        conflict = Conflict.REMOVED_THERE if was is not None else None
        return MergedSection(id=None, words=mine, conflict=conflict, base=was or {})
    if mine is None:
        if was is None:  # they added it
            return MergedSection(id=number, words=theirs)
        if theirs == was and not unresolved:
            return MergedSection(id=number, words=theirs, is_removed=True)
        return MergedSection(
            id=number, words=theirs, conflict=Conflict.REMOVED_HERE, base=was, theirs=theirs
        )
    if mine == theirs or (mine == was and not unresolved):
        return MergedSection(id=number, words=theirs)
    if theirs == was and not unresolved:
        return MergedSection(id=number, words=mine)
    return MergedSection(
        id=number, words=mine, conflict=Conflict.CHANGED, base=was or {}, theirs=theirs
    )


def _is_taken(
    found: MergedSection | None, was: Section | None, theirs: Section | None, mine: Section | None
) -> bool:
    """Whether a section is as they, and only they, changed, added or removed it."""
    if found is not None and found.conflict:
        return False
    return theirs != was and mine == was


def _by_key(sections: Iterable[Section]) -> dict[Key, Section]:
    """Return sections by key, in their order. A second one with the same id counts as new."""
    found: dict[Key, Section] = {}
    for place, section in enumerate(sections):
        key = section["id"]
        found[f"new {place}" if key is None or key in found else key] = section
    return found


def _words(section: Section | None) -> Section | None:
    if section is None:
        return None
    return {name: value for name, value in section.items() if name != "id"}


def _interleave(main: list[Key], other: list[Key]) -> list[Key]:
    """Return `main` with what only `other` has, each after what it follows there."""
    order = list(main)
    for index, key in enumerate(other):
        if key in order:
            continue
        before = next((known for known in reversed(other[:index]) if known in order), None)
        order.insert(0 if before is None else order.index(before) + 1, key)
    return order
