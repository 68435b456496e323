"""What preflight finds: a sentence about a place in the issue, and how to fix it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.text import capfirst

if TYPE_CHECKING:
    from briefings.models import Section


class Level(StrEnum):
    """What a finding does: nobody overrides one that blocks."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is: its name, and the id of its field on the issue's form."""

    name: str
    anchor: str

    @property
    def where(self) -> str:
        """The name as a sentence begins with it."""
        return capfirst(self.name)


HEADLINE = Place("the headline", "id_title")
STRAPLINE = Place("the strapline", "id_strapline")
SUBJECT = Place("the subject", "id_subject")
PREHEADER = Place("the preheader", "id_preheader")
SEND_TIME = Place("the send time", "id_goes_out")
NUMBER = Place("the number", "id_number")
BRIEFING = Place("the briefing", "id_briefing")
SECTIONS = Place("the sections", "sections")


def place_of(section: Section, position: int) -> Place:
    """Return the place of a section, which is the `position`th of its issue."""
    name = f"“{section.heading}”" if section.heading.strip() else str(position)
    return Place(f"section {name}", f"section-{section.pk or position}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to check before an issue goes out.

    `about` is what it speaks of, word for word: an override holds until that changes. `quote` is
    how it begins in the text, for the page to jump to. `naming` is the sentence as the page shows
    it, where that names words which must not be kept.
    """

    code: str
    level: Level
    place: Place
    sentence: str
    fix: str = ""
    about: str = ""
    quote: str = ""
    naming: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.fix}".strip()

    @property
    def shown(self) -> str:
        """The sentence for a page, which nobody keeps."""
        return self.naming or self.sentence

    @property
    def blocks(self) -> bool:
        """Whether it stops the issue."""
        return self.level == Level.BLOCKS

    @property
    def fingerprint(self) -> str:
        """A hash of what was found, where, and in which words."""
        parts = f"{self.code}\0{self.place.anchor}\0{self.about}"
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def has_words(text: str) -> bool:
    """Whether a text has a letter or digit; dashes and invisible characters are not words."""
    return any(character.isalnum() for character in text)


def shortened(text: str, length: int = 40) -> str:
    """Return the start of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[:length].rstrip()}…"
