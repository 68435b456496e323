"""Markdown to blocks, by way of HTML."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from briefings.document_import.blocks import Reading
from briefings.document_import.documents import (
    MAX_BYLINE,
    MAX_STRAPLINE,
    MAX_TITLE,
    DocumentRefused,
)
from briefings.document_import.prose import visible
from briefings.document_import.web import MAX_DEPTH, read_page

# With nesting as deep as below, the parser may take 0.2 ms for a bracket.
MAX_BRACKETS = 5_000
_BULLET = re.compile(r"^[ \t]*[•‣◦▪●·][ \t]+", re.MULTILINE)
_DASHES = re.compile(r"(?:^[ \t]*[–—][ \t]+\S.*\n?){2,}", re.MULTILINE)
_DASH = re.compile(r"^[ \t]*[–—][ \t]+", re.MULTILINE)
_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[A-Za-z_-]{1,40}:.*\n|[ \t]+.*\n)+)---[ \t]*(?:\n|$)")


def read_markdown(source: str, *, name: str) -> Reading:
    """Read CommonMark with tables, strike-through and front matter; typed bullets are bullets."""
    text = visible(source).replace("\r\n", "\n").replace("\r", "\n")
    if text.count("[") > MAX_BRACKETS:
        raise DocumentRefused(
            f"{name} has more than {MAX_BRACKETS:,} square brackets, which no issue needs."
            " Copy the article alone into a new document and import that."
        )
    fields, body = _front_matter(text)
    body = _DASHES.sub(lambda lines: _DASH.sub("- ", lines[0]), _BULLET.sub("- ", body))
    # Beyond its own limit the parser drops words without notice; the page reader's limit is lower.
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 3 * MAX_DEPTH})
    try:
        html = parser.enable(["table", "strikethrough"]).render(body)
    except RecursionError:
        raise DocumentRefused(
            f"{name} has lists or quotations nested too deep to be an issue."
            " Take out the markers in front of its lines and import it again."
        ) from None
    reading = read_page(html, name=name)
    _apply(fields, reading)
    return reading


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Split off the `key: value` lines between two rules that site generators begin a file with."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    fields: dict[str, str] = {}
    key = ""
    for line in found[1].splitlines():
        if line[:1] in " \t":
            fields[key] = f"{fields.get(key, '')} {line.strip()}".strip()
        else:
            key, _, value = line.partition(":")
            key = key.lower()
            fields[key] = f"{fields.get(key, '')} {value.strip()}".strip()
    return fields, text[found.end() :]


def _apply(fields: dict[str, str], reading: Reading) -> None:
    """Take title, strapline and byline from the front matter, and name what is left of it."""
    for key, value in fields.items():
        words = value.strip("\"' ")
        if key == "title" and len(words) <= MAX_TITLE:
            reading.title = words
        elif key in {"strapline", "subtitle", "description"} and len(words) <= MAX_STRAPLINE:
            reading.strapline = words
        elif key in {"author", "byline", "by"} and len(words) <= MAX_BYLINE:
            reading.byline = words
        elif words:
            reading.left_out.append(f"{key}: {words}")
