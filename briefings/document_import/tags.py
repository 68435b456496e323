"""A page's source to start tags, end tags and text, in one pass however broken the source is.

The standard library's parser takes time that grows with the square of the input on sources made for
it (CVE-2025-6069); each step here either moves forward or ends the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

_TAG_NAME = re.compile(r"[a-zA-Z][^\s/>]*+")
# To the end of a tag; a quotation mark means something only behind an equals sign.
_TAG_END = re.compile(r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+>""")
_ATTRIBUTE = re.compile(r"""([^\s=>/"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>]*+)))?""")
# Elements whose content is no markup.
_RAW = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag, name and attribute names in small letters."""

    tag: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    tag: str


Token = Start | End | str


def tokens(source: str) -> Iterator[Token]:
    """Split a page; text comes with its character references resolved."""
    at = 0
    while at < len(source):
        bracket = source.find("<", at)
        if bracket != at:
            yield unescape(source[at : bracket if bracket >= 0 else None])
        if bracket < 0:
            return
        token, at = _tag(source, bracket)
        if token is not None:
            yield token
        if isinstance(token, Start) and token.tag in _RAW:
            end = _RAW[token.tag].search(source, at)
            stop = end.start() if end else len(source)
            yield unescape(source[at:stop])
            at = stop


def _tag(source: str, at: int) -> tuple[Token | None, int]:
    """Read what begins with `<`; None for a comment. Returns where to go on."""
    if source.startswith("<!--", at):
        return None, _after(source, "-->", at + 4)
    if source.startswith(("<!", "<?"), at):
        return None, _after(source, ">", at)
    closing = source.startswith("</", at)
    name = _TAG_NAME.match(source, at + 1 + closing)
    if name is None:
        return "<", at + 1
    end = _TAG_END.match(source, name.end())
    if end is None:  # a tag that never ends: its words are kept
        return unescape(source[at:]), len(source)
    tag = name[0].lower()
    if closing:
        return End(tag), end.end()
    return Start(tag, _attributes(source[name.end() : end.end() - 1])), end.end()


def _after(source: str, mark: str, at: int) -> int:
    found = source.find(mark, at)
    return len(source) if found < 0 else found + len(mark)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape("".join(values)))
    return found
