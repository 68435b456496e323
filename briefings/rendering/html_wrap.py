"""Wrap HTML source: email allows lines of at most 998 bytes (RFC 5322, section 2.1.1).

A space becomes a line break where that changes nothing for a reader; a run without spaces is broken
by `<wbr>` tags with the line break inside them. Quoted attribute values stay whole.
"""

from __future__ import annotations

import re

SOFT_LIMIT = 120  # bytes on a line, where there is a space to break at
HARD_LIMIT = 900  # bytes on a line

_TOKEN = re.compile(
    r"<!--.*?-->|<style\b.*?</style>|<title\b.*?</title>"  # left as they are
    r"|<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*>|[^<]+",
    re.DOTALL,
)
_CHARACTER = re.compile(r"&#?\w+;|.", re.DOTALL)


def wrap_html(html: str) -> str:
    """Return HTML in short lines; attributes have to be in double quotes, as serialisers write."""
    wrapped = _WrappedHtml()
    pre_depth = 0
    for token in _TOKEN.findall(html):
        if token.startswith(("<!--", "<style", "<title")):
            wrapped.write(token)
        elif token.startswith("<"):
            pre_depth += token.startswith("<pre") - token.startswith("</pre")
            _wrap_tag(token, wrapped)
        elif pre_depth:
            wrapped.write_unspaced(token)
        else:
            _wrap_text(token, wrapped)
    return "".join(wrapped.parts)


class _WrappedHtml:
    """What has been written, and how many bytes its last line has."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.column = 0

    def write(self, text: str) -> None:
        """Write text as it is."""
        self.parts.append(text)
        _, newline, last = text.rpartition("\n")
        self.column = len(last.encode()) + (0 if newline else self.column)

    def write_space(self, following: str) -> None:
        """Write a space, or a line break if what follows does not fit on the line."""
        self.write("\n" if self.column + 1 + len(following.encode()) > SOFT_LIMIT else " ")

    def write_unspaced(self, text: str) -> None:
        """Write text without a space to break at; a line that grows too long is broken anyway."""
        if self.column + len(text.encode()) <= HARD_LIMIT:
            self.write(text)
            return
        for character in _CHARACTER.findall(text):
            if self.column + len(character.encode()) > HARD_LIMIT:
                self.write("<wbr\n>")
            self.write(character)


def _wrap_tag(tag: str, wrapped: _WrappedHtml) -> None:
    if tag.startswith("</") and wrapped.column + len(tag) > HARD_LIMIT:
        wrapped.write(f"{tag[:-1]}\n>")  # a row of end tags has no space to break at
        return
    name, *attributes = _split_tag(tag)
    wrapped.write(name)
    for attribute in attributes:
        wrapped.write_space(attribute)
        wrapped.write(attribute)


def _split_tag(tag: str) -> list[str]:
    """Split a tag before each attribute, never within a value."""
    pieces = re.findall(r"[^\s\"]+(?:\"[^\"]*\"[^\s\"]*)*", tag)
    return [str(piece) for piece in pieces]


def _wrap_text(text: str, wrapped: _WrappedHtml) -> None:
    words = re.split(r"[ \n]+", text)
    wrapped.write_unspaced(words[0])
    for word in words[1:]:
        wrapped.write_space(word)
        wrapped.write_unspaced(word)
