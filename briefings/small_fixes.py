"""What may be changed in a published issue without a note for readers: typing errors only.

A fix is compared with the words that readers were last told about: those that were published, or
those of the latest correction with a note. So several fixes in a row count together.

A program cannot tell what a change means. So this is strict where meaning is likely to change
(numbers, names, quotations, links, negations, words added or removed), and then asks for a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from briefings.models import SectionKind
from briefings.rendering.section_html import parse_section
from briefings.word_distance import mistakes_allowed, word_distance
from newsroom.html_tree import BLOCKS, Element

# How many words may differ, misspelt words and punctuation together.
MAX_WORDS_FIXED = 5
# Words a character apart that say something else: not/now, he/she, million/billion.
DECISIVE_WORDS = frozenset(
    Path(__file__).with_name("decisive_words.txt").read_text(encoding="utf-8").split()
)
# Words a character or two from another one. Who wrote one of them may have meant it, so to put
# the other in its place is more than a fixed typing error: fired/hired, county/country.
CONFUSABLE_WORDS = frozenset(
    Path(__file__).with_name("confusable_words.txt").read_text(encoding="utf-8").split()
)
# At the start of a word, these turn it into its opposite: legal/illegal, able/unable.
OPPOSITES = ("un", "in", "im", "il", "ir", "dis", "non", "a", "de", "re", "mis")

_DOUBLE_QUOTED = re.compile(r"[“„«\"][^“”„«»\"]*[”»“\"]?")
_SINGLE_QUOTED = re.compile(r"(?<!\w)['‘‚].*?['’](?!\w)")
_QUOTATION_MARKS = re.compile(r"[“”„«»\"]")
_ADDRESS = re.compile(r"://|www\.|@|[a-z][a-z0-9-]*\.[a-z]{2,}(/|\b)")
_EDGE = re.compile(r"^[^\w£$€%+\-−#]+|[^\w%+]+$")
_NOT_IN_WORDS = re.compile(r"\W+")
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")


class _Word(NamedTuple):
    """A word between two spaces: as it stands, without its punctuation, and its place."""

    text: str
    core: str
    starts_sentence: bool


class _Run(NamedTuple):
    """A text without markup in it; `quoted` if all of it is what somebody else said."""

    text: str
    quoted: bool
    starts_block: bool


class NotSmall(Exception):
    """A change that needs a note; the message says why, to an editor."""


def check_small(
    before: dict[str, Any],
    after: dict[str, Any],
    *,
    is_known: Callable[[str], bool] = lambda _: False,
) -> None:
    """Raise NotSmall unless two contents of a revision differ by a few typing errors only.

    An empty `before` means that nobody knows what readers were last told. `is_known` says whether
    a word in lower case stands in other issues, so that it is not misspelt.
    """
    if not before:
        raise NotSmall("There is no earlier revision to compare it with.")
    _check_head(before, after)
    old, new = before["sections"], after["sections"]
    if len(old) != len(new):
        raise NotSmall("A section was added or removed.")
    left, right = [*_head_runs(before)], [*_head_runs(after)]
    for one, other in zip(old, new, strict=True):
        _check_section(one, other)
        is_quoted = one["kind"] == SectionKind.FEEDBACK
        old_tree, new_tree = parse_section(one["body"]), parse_section(other["body"])
        if list(_skeleton(old_tree)) != list(_skeleton(new_tree)):
            raise NotSmall(
                "A link, a picture, a paragraph or the formatting changed, not only words."
            )
        left += [_heading(one), *_runs(old_tree, quoted=is_quoted)]
        right += [_heading(other), *_runs(new_tree, quoted=is_quoted)]
    if [*_quotations(before)] != [*_quotations(after)]:
        raise NotSmall("A quotation or its quotation marks changed.")
    vocabulary = _Vocabulary(left, is_known)
    changed = sum(
        _count_fixes(one, other, vocabulary)
        for one, other in zip(left, right, strict=True)
        if " ".join(one.text.split()) != " ".join(other.text.split())
    )
    if changed > MAX_WORDS_FIXED:
        raise NotSmall(
            f"{changed} words differ from what readers were last told about; without a note it may"
            f" be {MAX_WORDS_FIXED}. Earlier fixes without a note count, too."
        )


def _check_head(before: dict[str, Any], after: dict[str, Any]) -> None:
    words = {"title", "strapline", "sections", "author_name"}  # the author is compared by key
    for name in (before.keys() | after.keys()) - words:
        if before.get(name, "") != after.get(name, ""):
            raise NotSmall(f"The {name.replace('_', ' ')} changed.")


def _check_section(before: dict[str, Any], after: dict[str, Any]) -> None:
    words = {"id", "heading", "body"}
    for name in (before.keys() | after.keys()) - words:
        if before.get(name, "") != after.get(name, ""):
            raise NotSmall("Sections were moved, or one has another kind or other items.")
    if before["id"] != after["id"]:
        raise NotSmall("A section was moved or replaced.")


def _head_runs(content: dict[str, Any]) -> Iterator[_Run]:
    for name in ("title", "strapline"):
        yield _Run(content[name], quoted=False, starts_block=True)


def _heading(section: dict[str, Any]) -> _Run:
    return _Run(section["heading"], quoted=False, starts_block=True)


def _skeleton(element: Element) -> Iterator[Any]:
    """Yield everything of a tree but its words: tags, addresses of links and pictures, order."""
    for child in element.children:
        if isinstance(child, Element):
            yield child.tag, sorted(child.attributes.items())
            yield from _skeleton(child)
            yield "/", child.tag
        elif child.strip():
            yield "words"


def _runs(element: Element, *, quoted: bool) -> Iterator[_Run]:
    starts_block = True
    for child in element.children:
        if isinstance(child, str):
            if child.strip():
                yield _Run(child, quoted, starts_block)
                starts_block = bool(_SENTENCE_END.search(child.rstrip()))
            continue
        if child.tag in BLOCKS or child.tag == "br":
            yield from _runs(child, quoted=quoted or child.tag == "blockquote")
            starts_block = True
            continue
        for number, run in enumerate(_runs(child, quoted=quoted or child.tag == "q")):
            yield run._replace(starts_block=starts_block if number == 0 else run.starts_block)
            starts_block = bool(_SENTENCE_END.search(run.text.rstrip()))


def _quotations(content: dict[str, Any]) -> Iterator[str]:
    """Yield all quotation marks and what stands between them."""
    blocks = [content["title"], content["strapline"]]
    for section in content["sections"]:
        blocks += [section["heading"], *_blocks(parse_section(section["body"]))]
    for block in blocks:
        text = " ".join(block.split())
        yield from _QUOTATION_MARKS.findall(text)
        yield from _DOUBLE_QUOTED.findall(text)
        yield from _SINGLE_QUOTED.findall(text)


def _blocks(element: Element) -> Iterator[str]:
    """Yield the text of each paragraph with the markup inside it left out."""
    inline = ""
    for child in element.children:
        if isinstance(child, Element) and child.tag in BLOCKS:
            yield inline
            yield from _blocks(child)
            inline = ""
        else:
            inline += child if isinstance(child, str) else child.text
    yield inline


def _words(run: _Run) -> list[_Word]:
    found = []
    starts = run.starts_block
    for text in run.text.split():
        core = _EDGE.sub("", text)
        found.append(_Word(text, core, starts))
        if core:
            starts = bool(_SENTENCE_END.search(text))
    return found


class _Vocabulary:
    """The words of the text before the fix: which are ordinary, and which may be names.

    A word that `is_known` from other issues is not misspelt.
    """

    def __init__(self, runs: Sequence[_Run], is_known: Callable[[str], bool]) -> None:
        words = [word for run in runs for word in _words(run)]
        self.is_known = is_known
        self.in_lower_case = {word.core for word in words if word.core.islower()}
        self.names = {
            word.core for word in words if not word.starts_sentence and not word.core.islower()
        }

    def is_plain_start(self, before: _Word, after: _Word) -> bool:
        """Whether a capital only marks the start of a sentence, as in 'Teh' for 'The'."""
        if not (before.starts_sentence and after.starts_sentence):
            return False
        if before.core.lower() == after.core.lower():
            return before.core not in self.names and after.core not in self.names
        return (
            after.core[:1].isupper()
            and after.core[1:].islower()
            and after.core.lower() in self.in_lower_case
            and before.core not in self.names
            and before.core.lower() not in self.in_lower_case
        )


def _count_fixes(before: _Run, after: _Run, vocabulary: _Vocabulary) -> int:
    """Return how many words of a run were fixed. Raises NotSmall."""
    if before.quoted:
        raise NotSmall("The words of somebody who is quoted changed.")
    old, new = _words(before), _words(after)
    matcher = SequenceMatcher(
        None, [word.text for word in old], [word.text for word in new], autojunk=False
    )
    changed = commas = 0
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        context = old[max(0, old_start - 1) : old_start], old[old_end : old_end + 1]
        _check_replacement(
            old[old_start:old_end], new[new_start:new_end], context, vocabulary=vocabulary
        )
        changed += max(old_end - old_start, new_end - new_start)
        commas += _commas_changed(old[old_start:old_end], new[new_start:new_end])
    if commas > 1:
        raise NotSmall("Several commas changed, so that a sentence may say something else.")
    return changed


def _commas_changed(old: Sequence[_Word], new: Sequence[_Word]) -> int:
    """Return how many words got a comma, or lost one, without other punctuation in its place."""
    pairs = zip(old, new, strict=False)
    return sum({one.text, other.text} == {one.core, f"{one.core},"} for one, other in pairs)


def _check_replacement(
    old: list[_Word],
    new: list[_Word],
    context: tuple[list[_Word], list[_Word]],
    *,
    vocabulary: _Vocabulary,
) -> None:
    for word in (*old, *new):
        if _ADDRESS.search(word.text):
            raise NotSmall(f"An address changed: “{word.text}”.")
    figures = [[word.core for word in words if _has_figure(word.core)] for words in (old, new)]
    if figures[0] != figures[1]:
        changed = next(iter([*figures[1], *figures[0]]))
        raise NotSmall(f"A number changed: “{changed}”.")
    before = [word for word in old if word.core]
    after = [word for word in new if word.core]
    if [word.core for word in before] == [word.core for word in after]:
        return  # only the punctuation
    if len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            _check_word(one, other, vocabulary)
        return
    _check_spacing(before, after, context)


def _has_figure(core: str) -> bool:
    return any(char.isnumeric() for char in core)


def _check_word(before: _Word, after: _Word, vocabulary: _Vocabulary) -> None:
    old, new = before.core, after.core
    if old == new:
        return
    is_capital = not (old.islower() and new.islower())  # or of a script without capitals
    if is_capital and not vocabulary.is_plain_start(before, after):
        raise NotSmall(f"“{old}” became “{new}”, which may be a name.")
    old, new = (word.lower().replace("’", "'") for word in (old, new))
    if old.replace("'", "") == new.replace("'", ""):
        return  # its and it's
    if _is_decisive(old, new):
        raise NotSmall(f"“{before.core}” became “{after.core}”, which may say something else.")
    if word_distance(old, new) > mistakes_allowed(old, new):
        raise NotSmall(f"“{before.core}” became “{after.core}”: that is another word.")
    if old in CONFUSABLE_WORDS:
        raise NotSmall(f"“{before.core}” became “{after.core}”, which may say something else.")
    if vocabulary.is_known(before.core.lower()):
        raise NotSmall(
            f"“{before.core}” became “{after.core}”, but other issues have it, too: it may not be"
            " misspelt."
        )


def _is_decisive(old: str, new: str) -> bool:
    """Whether two words close to each other may have different meanings: 'now' and 'not'."""
    if old in DECISIVE_WORDS:
        return True
    if new in DECISIVE_WORDS and sorted(old) != sorted(new):
        return True
    shorter, longer = sorted((old, new), key=len)
    return any(longer == opposite + shorter for opposite in OPPOSITES)


def _check_spacing(
    before: list[_Word], after: list[_Word], context: tuple[list[_Word], list[_Word]]
) -> None:
    """Allow a missing or extra space, and one of two equal words in a row to go."""
    old = [word.core for word in before]
    new = [word.core for word in after]
    if old and new and _NOT_IN_WORDS.sub("", "".join(old)) == _NOT_IN_WORDS.sub("", "".join(new)):
        parted = [word.lower() for word in (*old, *new)]
        line = [*(word.core for word in context[0]), *new]
        is_doubled = any(one == two for one, two in pairwise(map(str.lower, line)))
        if is_doubled or not DECISIVE_WORDS.isdisjoint(parted):
            raise NotSmall(
                f"“{' '.join(old)}” became “{' '.join(new)}”, which may say something else."
            )
        return
    beside = [word.core for words in context for word in words]
    if len(old) == 1 and not new and old[0].casefold() in {word.casefold() for word in beside}:
        return
    if len(old) > len(new):
        raise NotSmall(f"Words were removed: “{' '.join(old)}”.")
    raise NotSmall(f"Words were added: “{' '.join(new)}”.")
