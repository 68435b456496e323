"""Which English words of our catalogue a page or an email in another language has."""

from __future__ import annotations

import ast
import re
from functools import cache
from html import unescape
from typing import NamedTuple

from tests.source_files import ROOT

_STRING = r'"(?:[^"\\]|\\.)*"'
_ENTRY = re.compile(
    rf"^msgid ({_STRING})\n(?:msgid_plural ({_STRING})\n)?"
    rf"msgstr(?:\[0\])? ({_STRING})(?:\nmsgstr\[1\] ({_STRING}))?",
    re.MULTILINE,
)
_PLACE = re.compile(r"%\(\w+\)[sd]|%d|\{\w+\}|<[^>]+>")
# What people read of an element that is not between its tags.
_ATTRIBUTE = re.compile(r'(?:aria-label|alt|title|placeholder|content|data-[\w-]+)="([^"]*)"')
# Texts of at least this many characters are looked for within others, too.
LONG = 25


class Message(NamedTuple):
    """A text of the catalogue: as it stands alone, and its longest part without placeholders."""

    english: str
    alone: re.Pattern[str]
    part: str


@cache
def messages() -> list[Message]:
    """Return the English texts that German says otherwise."""
    catalogue = (ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po").read_text()
    found = []
    for entry in _ENTRY.finditer(catalogue):
        texts = [ast.literal_eval(text) for text in entry.groups() if text]
        half = len(texts) // 2
        for english, german in zip(texts[:half], texts[half:], strict=True):
            if english and english != german:
                parts = _PLACE.split(english)
                alone = re.compile(".*".join(map(re.escape, parts)).strip())
                found.append(Message(english, alone, max(parts, key=len).strip()))
    return found


def english_in_html(html: str) -> list[str]:
    """Return what a page says in English: in a text or an attribute, or within a longer one."""
    # A picture of the site is in the site's language on every page.
    html = re.sub(r'<meta property="og:image:alt"[^>]*>', " ", html)
    html = re.sub(r"<(script|style)\b(?![^>]*ld\+json).*?</\1>", " ", html, flags=re.DOTALL)
    attributes = _ATTRIBUTE.findall(html)
    blocks = re.sub(r"</?(?:p|h\d|li|td|div|label|button|legend|summary|br)\b[^>]*>", "\n", html)
    paragraphs, pieces = re.sub(r"<[^>]+>", "", blocks), re.sub(r"<[^>]+>", "\n", blocks)
    return english_in(unescape("\n".join([*attributes, paragraphs, pieces])), html)


def english_in_text(text: str) -> list[str]:
    """Return what a plain text says in English, in a paragraph or a line of it."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return english_in("\n".join([text, *paragraphs]))


def english_in(text: str, html: str = "") -> list[str]:
    """Return the English texts that stand alone on a line, or that are long and within one."""
    lines = {line.strip(" ·—:") for line in text.splitlines()}
    whole = " ".join(text.split())
    return [
        message.english
        for message in messages()
        if any(message.alone.fullmatch(line) for line in lines if _may_be(message, line))
        or (len(message.part) >= LONG and (message.part in whole or message.part in html))
    ]


def _may_be(message: Message, line: str) -> bool:
    return bool(line) and message.part.strip(" ·—:") in line and bool(message.part)
