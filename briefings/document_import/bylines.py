"""Who wrote it, as the line says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from briefings.document_import.documents import MAX_BYLINE, MAX_STRAPLINE
from briefings.document_import.lines import are_names

_BY = re.compile(r"(?:(?:written|words|reported|edited|a briefing)\s+)?by:?\s+", re.IGNORECASE)
_LABEL = re.compile(r"(?:words|author|written by|from|editor|reporter)\s*:\s*", re.IGNORECASE)
_BEFORE_BY = re.compile(r"(?P<separator>\s*[,|–—-])?\s+by\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """A name, what stands before it in the same line, and what stands after."""

    name: str
    before: str = ""
    after: str = ""
    separated: bool = True


def read_byline(text: str) -> Byline | None:
    """Recognise 'By Ada Lane' and 'By Ada Lane, chief reporter' as a line of their own."""
    found = _BY.match(text) or _LABEL.match(text)
    if found is None or len(text) > 2 * MAX_BYLINE:
        return None
    words = text[found.end() :].strip().rstrip(".")
    if are_names(words):
        return Byline(name=words)
    name, sign, after = _split_at_sign(words)
    return Byline(name=name, after=after) if sign and are_names(name) else None


def read_strapline_with_byline(text: str) -> Byline | None:
    """Recognise 'What matters in schools this week, by Ada Lane', a strapline with its author."""
    if len(text) > MAX_STRAPLINE + MAX_BYLINE:
        return None
    every = list(_BEFORE_BY.finditer(text))
    if not every or not every[-1].start():
        return None
    found = every[-1]  # the last 'by' is the author's
    name = text[found.end() :].strip().rstrip(".")
    before = text[: found.start()].strip()
    if not are_names(name) or len(before) > MAX_STRAPLINE:
        return None
    return Byline(name=name, before=before, separated=bool(found["separator"]))


def _split_at_sign(words: str) -> tuple[str, str, str]:
    found = re.search(r"\s*(?:[,|(]|\s[–—-]\s)\s*", words)
    if found is None:
        return words, "", ""
    return words[: found.start()], found[0].strip(), words[found.end() :].rstrip(")")
