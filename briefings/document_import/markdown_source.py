"""Read Markdown, by way of HTML."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from briefings.document_import.blocks import SourceDocument
from briefings.document_import.front_matter import apply_front_matter, split_front_matter
from briefings.document_import.html_source import MAX_DEPTH, read_html
from briefings.document_import.imported_document import DocumentRefused
from newsroom.invisible_characters import remove_invisible

# With the nesting allowed below, the parser may take 0.2 ms for each bracket.
MAX_BRACKETS = 5_000
_BULLET = re.compile(r"^[ \t]*[•‣◦▪●·][ \t]+", re.MULTILINE)
_DASHES = re.compile(r"(?:^[ \t]*[–—][ \t]+\S.*\n?){2,}", re.MULTILINE)
_DASH = re.compile(r"^[ \t]*[–—][ \t]+", re.MULTILINE)


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
    fields, body = split_front_matter(text)
    body = _DASHES.sub(lambda lines: _DASH.sub("- ", lines[0]), _BULLET.sub("- ", body))
    # Beyond its own limit the parser drops words silently; read_html refuses at a lower one.
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 3 * MAX_DEPTH})
    try:
        parser.enable(["table", "strikethrough"])
        html = _with_footnotes(body, parser)
    except RecursionError:
        raise DocumentRefused(
            f"{name} has lists or quotations nested too deeply. Remove the markers at the start of"
            " its lines and import it again."
        ) from None
    document = read_html(html, name=name)
    apply_front_matter(fields, document)
    return document


# --- footnotes -------------------------------------------------------------------------------

_NOTE = re.compile(
    r"^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*(.*(?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t]{2,}\S)))*)\n?",
    re.MULTILINE,
)
_CODE_OR_REFERENCE = re.compile(
    r"(^```.*?^```|^~~~.*?^~~~|`[^`\n]+`)|\[\^([^\]\s]{1,60})\]", re.DOTALL | re.MULTILINE
)

_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def _with_footnotes(body: str, parser: MarkdownIt) -> str:
    """Return the HTML of a text, with its footnotes numbered as they are referred to."""
    notes = dict(_NOTE.findall(body))
    if not notes:
        return str(parser.render(body))
    numbers: dict[str, int] = {}

    def reference(found: re.Match[str]) -> str:
        name = found[2]
        if name is None or name not in notes:
            return found[0]
        return f"<sup>[{numbers.setdefault(name, len(numbers) + 1)}]</sup>"

    text = _CODE_OR_REFERENCE.sub(reference, _NOTE.sub("", body))
    for name in notes:  # those that nothing refers to come last
        numbers.setdefault(name, len(numbers) + 1)
    items = "".join(
        f'<li id="footnote-{number}">{parser.render(_INDENT.sub("", notes[name]))}</li>'
        for name, number in numbers.items()
    )
    return f"{parser.render(text)}<ol>{items}</ol>"
