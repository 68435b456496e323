"""HTML source in short lines: mail allows 998 octets on one (RFC 5322, section 2.1.1).

A space becomes a line break where that changes nothing for a reader; a run without spaces is parted
by `<wbr>` tags with the break inside them. Addresses and everything else in quotes stay whole.
"""

from __future__ import annotations

import re

SOFT = 120
HARD = 900

_TOKEN = re.compile(
    r"<!--.*?-->|<style\b.*?</style>|<title\b.*?</title>"  # left as they are
    r"|<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>|[^<]+",
    re.DOTALL,
)
_UNIT = re.compile(r"&#?\w+;|.", re.DOTALL)


def wrap_html(html: str) -> str:
    """Fold HTML as a serialiser wrote it (attributes in double quotes) into short lines."""
    page = _Page()
    verbatim = 0
    for token in _TOKEN.findall(html):
        if token.startswith(("<!--", "<style", "<title")):
            page.put(token)
        elif token.startswith("<"):
            verbatim += token.startswith("<pre") - token.startswith("</pre")
            _fold_tag(token, page)
        elif verbatim:
            page.put_run(token)
        else:
            _fold_text(token, page)
    return "".join(page.parts)


class _Page:
    """What has been written, and how long its last line is, in octets."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0

    def put(self, text: str) -> None:
        """Write something as it stands."""
        self.parts.append(text)
        _, newline, last = text.rpartition("\n")
        self.column = len(last.encode()) + (0 if newline else self.column)

    def gap(self, following: str) -> None:
        """Write a space, as a line break if what follows would not fit."""
        self.put("\n" if self.column + 1 + len(following.encode()) > SOFT else " ")

    def put_run(self, text: str) -> None:
        """Write text without a space to break at, parted where a line grows too long."""
        if self.column + len(text.encode()) <= HARD:
            self.put(text)
            return
        for unit in _UNIT.findall(text):
            if self.column + len(unit.encode()) > HARD:
                self.put("<wbr\n>")
            self.put(unit)


def _fold_tag(tag: str, page: _Page) -> None:
    if tag.startswith("</") and page.column + len(tag) > HARD:
        page.put(f"{tag[:-1]}\n>")  # a row of end tags has no space to break at
        return
    first, *rest = _split_tag(tag)
    page.put(first)
    for attribute in rest:
        page.gap(attribute)
        page.put(attribute)


def _split_tag(tag: str) -> list[str]:
    """Split a tag before each attribute, never within a value."""
    pieces = re.findall(r"[^\s\"]+(?:\"[^\"]*\"[^\s\"]*)*", tag)
    return [str(piece) for piece in pieces]


def _fold_text(text: str, page: _Page) -> None:
    words = re.split(r"[ \n]+", text)
    page.put_run(words[0])
    for word in words[1:]:
        page.gap(word)
        page.put_run(word)
