"""Quotations in a section's body: the block that quotes a response, to read, write and replace.

A block is `<blockquote data-response="PK">` with a paragraph for each one of the excerpt, and last
one with the attribution after a dash. Nothing else decides what is printed: pages, emails and the
rows of `Quotation` are made from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from newsroom.html_tree import Element, parse
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from briefings.models import Comment

RESPONSE = "data-response"
DASH = "— "
_ATTRIBUTION = re.compile(r"\s*[—–―]\s*(.*\S)\s*", re.DOTALL)
# In a stored body, and as an email has it, with its styles.
_BLOCK = re.compile(
    rf"""(<blockquote\b[^>]*\s{RESPONSE}=["']?(\d{{1,18}})["']?[^>]*>)(.*?)(</blockquote>)""",
    re.DOTALL | re.IGNORECASE,
)
# In a text: “, comment on issue 7 [2]”, with one line break at most.
_LINK_BEHIND_SOURCE = r"(?:,[^\[\n]*(?:\n[ >]+[^\[\n]+)?\[\d+\])?"
# The same in HTML, at the end of the source.
_LINK_OF_SOURCE = re.compile(r",\s*<a\b[^>]*/comments/[^>]*>[^<]*</a>\s*\Z", re.DOTALL)
_PARAGRAPH = re.compile(r"(<p\b[^>]*>)(.*?)</p>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedBlock:
    """A quotation as a body has it. `response` is the key of the comment that it quotes."""

    response: int
    excerpt: str  # its paragraphs, each on its own line
    attribution: str  # without the dash; empty if there is none


# What becomes of the quotations of a response, by its key: one issue may quote several parts of it.
Replacements = Mapping[int, Callable[[QuotedBlock], QuotedBlock]]


def blocks_in(body: str | Element) -> Iterator[QuotedBlock]:
    """Yield the quotations of a body in their order."""
    for quote in (parse(body) if isinstance(body, str) else body).find("blockquote"):
        if is_block(quote):
            yield read_block(quote)


def is_block(element: Element) -> bool:
    """Whether an element quotes a response."""
    return element.tag == "blockquote" and response_of(element) > 0


def response_of(element: Element) -> int:
    """Return the key of the response that an element quotes; 0 if it is none."""
    written = element.attributes.get(RESPONSE, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 18 else 0


def read_block(quote: Element) -> QuotedBlock:
    """Return what a block says: the last line is the attribution if a dash begins it."""
    lines = [line.strip() for line in quote.text.split("\n") if line.strip()]
    return _block_of(response_of(quote), lines)


def _block_of(response: int, lines: list[str]) -> QuotedBlock:
    said_by = _ATTRIBUTION.fullmatch(lines[-1]) if lines else None
    return QuotedBlock(
        response=response,
        excerpt="\n".join(lines[:-1] if said_by else lines),
        attribution=said_by[1] if said_by else "",
    )


def is_plain(quote: Element) -> bool:
    """Whether a block has nothing but paragraphs of words, so that it can be replaced in emails."""
    return all(
        child.tag == "p" and not child.elements if isinstance(child, Element) else not child.strip()
        for child in quote.children
    )


def write_block(block: QuotedBlock) -> str:
    """Return the HTML of a block."""
    lines = [line for line in block.excerpt.split("\n") if line.strip()]
    if block.attribution:
        lines.append(f"{DASH}{block.attribution}")
    paragraphs = "".join(f"<p>{escape(line.strip(), quote=False)}</p>" for line in lines)
    return f'<blockquote {RESPONSE}="{block.response}">{paragraphs}</blockquote>'


def attribution_of(comment: Comment, *, language: str) -> str:
    """Return how a quotation names a reader, as they chose, in the language of the briefing."""
    return comment.name_to_quote or anonymous(language)


def anonymous(language: str) -> str:
    """Return what stands in place of the name of a reader who gave none."""
    with in_language(language):
        return gettext("A reader")


def withdrawn_words(language: str) -> str:
    """Return what stands in place of a quotation that its reader does not want printed."""
    with in_language(language):
        return gettext("Withdrawn at the reader’s wish.")


def withdrawn_block(response: int, *, language: str) -> QuotedBlock:
    """Return the block that replaces one whose words are gone."""
    return QuotedBlock(response=response, excerpt=withdrawn_words(language), attribution="")


def without_words(responses: Iterable[int], *, language: str) -> Replacements:
    """Return what empties every quotation of these responses."""

    def empty(old: QuotedBlock) -> QuotedBlock:
        return withdrawn_block(old.response, language=language)

    return dict.fromkeys(responses, empty)


def replace_blocks(html: str, replacements: Replacements) -> str:
    """Return HTML in which the quotations of these responses say something else.

    It may be a stored body, what a browser sent, or an email: the tags stay, with their styles.
    """
    if RESPONSE not in html:
        return html
    return _BLOCK.sub(lambda found: _replaced(found, replacements), html)


def replace_everywhere(content: Any, replacements: Replacements) -> Any:
    """Return what a revision or a working copy keeps, with these blocks replaced in every text."""
    match content:
        case str():
            return replace_blocks(content, replacements)
        case list():
            return [replace_everywhere(each, replacements) for each in content]
        case dict():
            return {key: replace_everywhere(each, replacements) for key, each in content.items()}
    return content


def keys_in(content: Any) -> set[int]:
    """Return the keys of the responses that such content quotes."""
    match content:
        case str():
            return {int(found[2]) for found in _BLOCK.finditer(content)}
        case list():
            return {key for each in content for key in keys_in(each)}
        case dict():
            return {key for each in content.values() for key in keys_in(each)}
    return set()


def changes_in(html: str, replacements: Replacements) -> Iterator[tuple[QuotedBlock, QuotedBlock]]:
    """Yield the quotations that `replace_blocks` changes: as they are, and as they will be."""
    for found in _BLOCK.finditer(html):
        old = _read_match(found)
        replace = replacements.get(old.response)
        if replace and (new := replace(old)) != old:
            yield old, new


def _read_match(found: re.Match[str]) -> QuotedBlock:
    """Return what a block says, also in an email, which leads to the comment and breaks lines."""
    said = (_LINK_OF_SOURCE.sub("", paragraph[2]) for paragraph in _PARAGRAPH.finditer(found[3]))
    paragraphs = (parse(words).text for words in said)
    lines = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return _block_of(int(found[2]), [line for line in lines if line])


def _replaced(found: re.Match[str], replacements: Replacements) -> str:
    replace = replacements.get(int(found[2]))
    if replace is None:
        return found[0]
    old = _read_match(found)
    block = replace(old)
    if block == old:
        return found[0]
    tags = [paragraph[1] for paragraph in _PARAGRAPH.finditer(found[3])] or ["<p>"]
    lines = [line for line in block.excerpt.split("\n") if line.strip()]
    written = [f"{tags[0]}{escape(line, quote=False)}</p>" for line in lines]
    if block.attribution:
        written.append(f"{tags[-1]}{DASH}{escape(block.attribution, quote=False)}</p>")
    return f"{found[1]}{''.join(written)}{found[4]}"


def replace_in_text(text: str, old: QuotedBlock, new: QuotedBlock) -> str:
    """Return the plain text of an email in which a quotation says something else.

    Its lines were broken again there, each behind “>”. The link to the comment goes, too.
    """
    source = f"{DASH}{old.attribution}" if old.attribution else ""
    words = re.split(r"\s+", f"{old.excerpt} {source}".strip())
    pattern = r"[\s>]+".join(map(re.escape, words))
    lines = [line for line in new.excerpt.split("\n") if line.strip()]
    if new.attribution:
        lines.append(f"{DASH}{new.attribution}")
    link = _LINK_BEHIND_SOURCE if source else ""
    text = re.sub(rf"(?<!\S){pattern}{link}(?!\S)", lambda _: "\n>\n> ".join(lines), text)
    for listed in re.finditer(rf"^(\[\d+\]) \S+/comments/{old.response}/\n", text, re.MULTILINE):
        if text.count(listed[1]) == 1:  # nothing else leads there
            text = text.replace(listed[0], "")
    return text
