"""What a comment is about: a section of the issue, or words in it that its writer selected.

Both are checked against the words that are published. A comment keeps them as they were: a later
correction may change the section, or remove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from briefings.models import SectionKind
from newsroom.html_tree import parse
from newsroom.invisible_characters import remove_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from briefings.models import Comment
    from briefings.rendering.page_html import PageSection

# A section without a heading is named by its first words.
NAMING_WORDS = 7
# Of longer passages, a link names the first and the last words: they may be in two paragraphs.
MAX_LINKED_CHARS = 60
LINKED_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in an issue a comment belongs; no section for the whole issue."""

    section: int | None = None
    heading: str = ""
    passage: str = ""


def takes_comments(section: PageSection) -> bool:
    """Whether readers can comment on a section: not on the list of other briefings' issues."""
    return section.kind != SectionKind.SISTERS


def name_of_section(section: PageSection) -> str:
    """Return how a list of sections names one: by its heading, or else by its first words."""
    if section.heading:
        return section.heading
    return Truncator(" ".join(text_of(section).split())).words(NAMING_WORDS, truncate=" …")


def find_place(
    sections: Iterable[PageSection], *, section: int | None, passage: str
) -> Place | None:
    """Return a place by what a form says; None if the passage is not in the issue.

    The passage is looked for in the section first, then in the others.
    """
    named = [one for one in sections if takes_comments(one)]
    named.sort(key=lambda one: one.pk != section)
    if not passage:
        found = [one for one in named if one.pk == section]
        return _place(found[0]) if found else Place()
    for one in named:
        if words := find_passage(text_of(one), passage):
            return _place(one, words)
    return None


def _place(section: PageSection, passage: str = "") -> Place:
    return Place(section=section.pk, heading=name_of_section(section), passage=passage)


def find_passage(text: str, words: str) -> str:
    """Return the words as they are in a text, on one line; empty if they are not in it.

    Browsers put other spaces and line ends between the words that somebody selects than we do.
    """
    wanted = "".join(remove_invisible(words).split())
    visible, places = _visible_of(text)
    start = visible.find(wanted) if wanted else -1
    if start < 0:
        return ""
    first, last = places[start], places[start + len(wanted) - 1]
    return " ".join(text[first : last + 1].split())


@lru_cache(maxsize=32)
def _visible_of(text: str) -> tuple[str, list[int]]:
    """Return a text without what cannot be seen, and where each of its characters stood.

    Kept, because a page looks for the words of up to fifty comments in the same few sections.
    """
    places = [at for at, char in enumerate(text) if not char.isspace() and remove_invisible(char)]
    return "".join(text[at] for at in places), places


def text_of(section: PageSection) -> str:
    """Return what readers can select in a section, its heading first."""
    return f"{section.heading}\n{_text_of_html(str(section.html))}"


@lru_cache(maxsize=128)
def _text_of_html(html: str) -> str:
    return parse(html).text


def place_passages(comments: Iterable[Comment], sections: Iterable[PageSection]) -> None:
    """Link each comment on words to them, or note that the issue no longer has them."""
    about_words = [comment for comment in comments if comment.passage]
    if not about_words:
        return
    by_pk = {section.pk: section for section in sections}
    for comment in about_words:
        section = by_pk.get(comment.section_id or 0)
        if section is None:
            comment.is_passage_changed = True
        elif find_passage(text_of(section), comment.passage):
            comment.passage_link = f"#{section.anchor}:~:text={_text_directive(comment.passage)}"
        else:
            comment.is_passage_changed, comment.passage_link = True, f"#{section.anchor}"


def _text_directive(passage: str) -> str:
    """Return how a link names words on a page (URL Fragment Text Directives); browsers mark them.

    A browser that cannot find them shows the section.
    """
    words = passage.split()
    if len(passage) <= MAX_LINKED_CHARS or len(words) <= 2 * LINKED_WORDS:
        return _encoded(words)
    return f"{_encoded(words[:LINKED_WORDS])},{_encoded(words[-LINKED_WORDS:])}"


def _encoded(words: list[str]) -> str:
    return quote(" ".join(words), safe="").replace("-", "%2D")


def passage_not_found() -> str:
    """Return what to tell a reader whose passage is not in the issue."""
    return _(
        "The words that you selected are not in the issue any more: it may have been corrected."
        " Your comment is now about the section. Send it again, or select other words."
    )
