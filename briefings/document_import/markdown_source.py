"""Read Markdown, by way of HTML."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from briefings.document_import.blocks import SourceDocument
from briefings.document_import.html_source import MAX_DEPTH, read_html
from briefings.document_import.imported_document import (
    MAX_BYLINE,
    MAX_STRAPLINE,
    MAX_TITLE,
    DocumentRefused,
)
from newsroom.invisible_characters import remove_invisible

# With the nesting allowed below, the parser may take 0.2 ms for each bracket.
MAX_BRACKETS = 5_000
_BULLET = re.compile(r"^[ \t]*[•‣◦▪●·][ \t]+", re.MULTILINE)
_DASHES = re.compile(r"(?:^[ \t]*[–—][ \t]+\S.*\n?){2,}", re.MULTILINE)
_DASH = re.compile(r"^[ \t]*[–—][ \t]+", re.MULTILINE)
_FRONT_MATTER = re.compile(r"---[ \t]*\n((?:[A-Za-z_-]{1,40}:.*\n|[ \t]+.*\n)+)---[ \t]*(?:\n|$)")


def read_markdown(source: str, *, name: str) -> SourceDocument:
    """Return the blocks of CommonMark with tables, strikethrough and front matter.

    Typed bullets such as • start list items too.
    """
    text = remove_invisible(source).replace("\r\n", "\n").replace("\r", "\n")
    if text.count("[") > MAX_BRACKETS:
        raise DocumentRefused(
            f"{name} has more than {MAX_BRACKETS:,} square brackets. Copy the article alone into a"
            " new document and import that."
        )
    fields, body = _front_matter(text)
    body = _DASHES.sub(lambda lines: _DASH.sub("- ", lines[0]), _BULLET.sub("- ", body))
    # Beyond its own limit the parser drops words silently; read_html refuses at a lower one.
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 3 * MAX_DEPTH})
    try:
        html = parser.enable(["table", "strikethrough"]).render(body)
    except RecursionError:
        raise DocumentRefused(
            f"{name} has lists or quotations nested too deeply. Remove the markers at the start of"
            " its lines and import it again."
        ) from None
    document = read_html(html, name=name)
    _apply_front_matter(fields, document)
    return document


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """Split off the `key: value` lines between two rules at the start, as site generators write."""
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


def _apply_front_matter(fields: dict[str, str], document: SourceDocument) -> None:
    """Take title, strapline and byline from the front matter; the rest of it is left out."""
    for key, value in fields.items():
        words = value.strip("\"' ")
        if key == "title" and len(words) <= MAX_TITLE:
            document.title = words
        elif key in {"strapline", "subtitle", "description"} and len(words) <= MAX_STRAPLINE:
            document.strapline = words
        elif key in {"author", "byline", "by"} and len(words) <= MAX_BYLINE:
            document.byline = words
        elif words:
            document.left_out.append(f"{key}: {words}")
