"""Read plain text and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from briefings.document_import.blocks import (
    Block,
    BlockQuote,
    DocumentRefused,
    Heading,
    HorizontalRule,
    Mark,
    Paragraph,
    RichText,
    Run,
    SourceDocument,
    collapse_spaces,
    join,
)
from briefings.document_import.html_source import MAX_DEPTH, read_html
from briefings.document_import.lines import item_text_start
from newsroom.html_tree import parse
from newsroom.invisible_characters import remove_invisible

# The widths at which mail programs and editors wrap lines, in characters.
WRAP_WIDTHS = range(40, 101)
MAX_UNDERLINED_HEADING = 200
# Lines of this length that end as sentences do are paragraphs, where there are several of them.
MIN_PARAGRAPH = 60
MIN_PARAGRAPHS = 2
_SENTENCE = re.compile("[.!?…:][”’\"')]*\\s*$")
_LINE_END = re.compile("\r\n|[\n\r\x0b\x85\u2028]")
_UNDERLINE = re.compile(r"\s*(={3,}|-{3,})\s*")
_RULE = re.compile(r"\s*(?:(?:[-=_*~#•·]\s*){3,}|--|––?|——?|\*\*)\s*")
_HASHES = re.compile(r"(#{1,6})[ \t]+(?=\S)")
_QUOTED = re.compile(r"[ \t]*>[ \t]?")
_ADDRESS = re.compile(r"https?://[^\s<>“”\"]{3,2000}")


def read_text(text: str) -> SourceDocument:
    """Return the blocks of a plain text."""
    return SourceDocument(blocks=list(_blocks(text)))


def _blocks(text: str) -> Iterator[Block]:
    pages = text.replace("\x0c", "\n\n").replace("\u2029", "\n\n")
    lines = [remove_invisible(line).expandtabs(4) for line in _LINE_END.split(pages.strip("\r\n"))]
    if all(line.strip() for line in lines) and not _are_wrapped(lines):
        # Without any blank line, each line is a paragraph.
        for line in lines:
            yield from _blocks_between_blanks([line])
        return
    between_blanks: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            between_blanks.append(line)
        elif between_blanks:
            yield from _blocks_between_blanks(between_blanks)
            between_blanks = []


def _blocks_between_blanks(lines: list[str]) -> Iterator[Block]:
    """Yield what lines between two blank ones are: heading, quotation, rules or paragraphs."""
    if all(map(_QUOTED.match, lines)):
        inner = "\n".join(_QUOTED.sub("", line, count=1) for line in lines)
        if inner.strip() and not inner.lstrip().startswith(">"):
            yield BlockQuote(tuple(_blocks(inner)))
            return
    if (
        len(lines) == 2
        and _UNDERLINE.fullmatch(lines[1])
        and len(lines[0]) <= MAX_UNDERLINED_HEADING
    ):
        yield Heading(_rich_text(lines[0]), 1 if "=" in lines[1] else 2)
        return
    running: list[str] = []
    for line in lines:
        if hashes := _HASHES.match(line):
            yield from _paragraphs(running)
            running = []
            yield Heading(_rich_text(line[hashes.end() :]), len(hashes[1]))
        elif _RULE.fullmatch(line):
            yield from _paragraphs(running)
            running = []
            yield HorizontalRule()
        else:
            running.append(line)
    yield from _paragraphs(running)


def _paragraphs(lines: list[str]) -> Iterator[Paragraph]:
    """Join lines that were wrapped, keep line breaks that were typed; a bullet starts another.

    A typed line above wrapped ones is their heading and stands by itself.
    """
    if len(lines) > 2 and not _are_wrapped(lines) and _are_wrapped(lines[1:]):
        yield from _paragraphs(lines[:1])
        lines = lines[1:]
    widest = max(map(len, lines), default=0)
    separator = " " if _are_wrapped(lines) else "\n"
    are_paragraphs = widest > WRAP_WIDTHS[-1] or (separator == "\n" and _are_paragraphs(lines))
    paragraph: list[str] = []
    for line in lines:
        if paragraph and not _hangs(paragraph[0], line):
            follows_item = item_text_start(paragraph[0]) > 0 and separator == "\n"
            if item_text_start(line) or are_paragraphs or (follows_item and line):
                yield _paragraph(paragraph, separator)
                paragraph = []
        paragraph.append(line)
    if paragraph:
        yield _paragraph(paragraph, separator)


def _are_paragraphs(lines: list[str]) -> bool:
    """Whether each typed line is a paragraph, a list's item, or the heading of a longer line."""
    sentences = [bool(_SENTENCE.search(line)) for line in lines]
    if sum(map(_is_long_sentence, lines)) < MIN_PARAGRAPHS:
        return False
    return sentences[-1] and all(
        is_sentence or item_text_start(line) or item_text_start(after) or len(after) > len(line)
        for line, is_sentence, after in zip(lines, sentences, lines[1:], strict=False)
    )


def _is_long_sentence(line: str) -> bool:
    return len(line) >= MIN_PARAGRAPH and bool(_SENTENCE.search(line))


def _paragraph(lines: list[str], separator: str) -> Paragraph:
    indent = len(lines[0]) - len(lines[0].lstrip())
    if item_text_start(lines[0]):
        separator = " "
    return Paragraph(join([_rich_text(line) for line in lines], separator), indent=indent)


def _are_wrapped(lines: list[str]) -> bool:
    """Whether lines were wrapped: none had room for the first word of the next."""
    widest = max((len(line.rstrip()) for line in lines), default=0)
    return widest in WRAP_WIDTHS and all(
        len(line.rstrip()) + 1 + len(after.split(maxsplit=1)[0]) > widest or item_text_start(after)
        for line, after in pairwise(lines)
    )


def _hangs(item: str, line: str) -> bool:
    """Whether a line is indented as far as the words of the bullet above it."""
    words = item_text_start(item)
    return words > 0 and not item_text_start(line) and len(line) - len(line.lstrip()) >= words


def _rich_text(text: str) -> RichText:
    """Return text in which each web address is a link."""
    runs: list[Run] = []
    start = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?)]}'’")
        end = found.start() + len(address)
        runs += [
            Run(text[start : found.start()]),
            Run(address, (Mark("a", address),)),
        ]
        start = end
    return collapse_spaces([*runs, Run(text[start:])])


# --- Markdown, by way of HTML ----------------------------------------------------------------

# With the nesting allowed below, the parser may take 0.2 ms for each bracket.
MAX_BRACKETS = 5_000
_BULLET = re.compile(r"^[ \t]*[•‣◦▪●·][ \t]+", re.MULTILINE)
_DASHES = re.compile(r"(?:^[ \t]*[–—][ \t]+\S.*\n?){2,}", re.MULTILINE)
_DASH = re.compile(r"^[ \t]*[–—][ \t]+", re.MULTILINE)


def read_markdown(source: str, *, name: str) -> SourceDocument:
    """Return the blocks of CommonMark with tables and strikethrough.

    Typed bullets such as • start list items too.
    """
    body = remove_invisible(source).replace("\r\n", "\n").replace("\r", "\n")
    if body.count("[") > MAX_BRACKETS:
        raise DocumentRefused(
            f"{name} has more than {MAX_BRACKETS:,} square brackets. Copy the article alone into a"
            " new document and import that."
        )
    if len(_OPENINGS.findall(body)) > MAX_REMARKS:
        raise DocumentRefused(
            f"{name} has more than {MAX_REMARKS:,} remarks. Copy the article alone into a new"
            " document and import that."
        )
    body = _DASHES.sub(lambda lines: _DASH.sub("- ", lines[0]), _BULLET.sub("- ", body))
    # Beyond its own limit the parser drops words silently; read_html refuses at a lower one.
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 3 * MAX_DEPTH})
    left_out: list[str] = []
    references: dict[str, Any] = {}
    try:
        parser.enable(["table", "strikethrough"])
        html = _with_footnotes(_without_remarks(body, left_out), parser, references)
    except RecursionError:
        raise DocumentRefused(
            f"{name} has lists or quotations nested too deeply. Remove the markers at the start of"
            " its lines and import it again."
        ) from None
    document = read_html(html, name=name)
    document.left_out += [*left_out, *_unused_addresses(references, html), *_unclosed_comment(html)]
    return document


# --- remarks and deleted words ---------------------------------------------------------------

# Looking for the end of one that has none takes up to 2 ms.
MAX_REMARKS = 500
_OPENINGS = re.compile(r"<!--|\{(?:>>|--|~~|\+\+|==|%|/\*)|%%")
_REMARKS = re.compile(
    r"(?P<code>^(?:```.*?^```|~~~.*?^~~~)|`[^`\n]+`)"
    r"|<!--(?P<comment>.*?)-->"
    # a link that no words can have: [//]: # (remark)
    r"|^ {0,3}\[[^\]\n]{1,60}\]:\s*(?:#|<>)\s*"
    r"[(\"'](?P<link>(?:.(?!\n[ \t]*\n)){1,2000}?)[)\"'][ \t]*$"
    r"|^ {0,3}\[//\]:[ \t#]*(?P<slashes>[^\n]*)$"
    # CriticMarkup
    r"|\{>>(?P<critic>.*?)<<\}|\{--(?P<deleted>.*?)--\}|\{~~(?P<replaced>[^{}~]{0,2000})~>(?P<by>[^{}~]{0,2000})~~\}"
    r"|\{\+\+(?P<added>.*?)\+\+\}|\{==(?P<highlighted>.*?)==\}"
    # Obsidian, Liquid and MDX
    r"|(?<![\w%])(?<!\d )%%(?P<percent>[^%]{1,2000})%%(?![\w%])"
    r"|\{%-?\s*comment\s*-?%\}(?P<liquid>.*?)\{%-?\s*endcomment\s*-?%\}|\{/\*(?P<mdx>.*?)\*/\}",
    re.DOTALL | re.MULTILINE,
)
_KEPT = ("by", "added", "highlighted")
_DELETED = ("deleted", "replaced")


def _without_remarks(body: str, left_out: list[str]) -> str:
    """Return a text without remarks and deleted words; they are named as left out."""

    def keep_or_name(found: re.Match[str]) -> str:
        if found["code"] is not None:
            return found[0]
        for kind, text in found.groupdict().items():
            if kind not in _KEPT and (words := " ".join((text or "").split())):
                what = "Deleted text" if kind in _DELETED else "Comment"
                left_out.append(f"{what}: {words}")
        return "".join(found[kind] or "" for kind in _KEPT)

    return _REMARKS.sub(keep_or_name, body)


def _unused_addresses(references: dict[str, Any], html: str) -> Iterator[str]:
    """Name the addresses that stand below a text for its links, but that no link of it has."""
    listed = [*references.get("references", {}).values(), *references.get("duplicate_refs", ())]
    for reference in listed:
        if f'href="{escapeHtml(reference["href"])}"' not in html:
            title = f" ({reference['title']})" if reference["title"] else ""
            yield f"An address that no words link to: {reference['href']}{title}"


def _unclosed_comment(html: str) -> Iterator[str]:
    """Yield the words below a comment that nobody closed: no browser shows them."""
    _, opened, rest = html.rpartition("<!--")
    words = " ".join(parse(rest, repair=True).text.split()) if opened and "-->" not in rest else ""
    if words:
        yield f"Comment without an end: {words}"


# --- footnotes -------------------------------------------------------------------------------

_NOTE = re.compile(
    r"^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*(.*(?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t]{2,}\S)))*)\n?",
    re.MULTILINE,
)
_CODE_OR_REFERENCE = re.compile(
    r"(^```.*?^```|^~~~.*?^~~~|`[^`\n]+`)|\[\^([^\]\s]{1,60})\]", re.DOTALL | re.MULTILINE
)

# A note where it belongs, as Pandoc and Obsidian write it: ^[Counted in May.]
_INLINE_NOTE = re.compile(
    r"(^```.*?^```|^~~~.*?^~~~|`[^`\n]+`)"
    r"|(?<!\\)\^\[(?=[^\[\]]{0,1000}?[^\W\d]{2})"
    r"((?:[^\[\]\n]|\n(?![ \t]*\n)|\[[^\[\]\n]{0,300}\]){1,2000}?)\](?!\()",
    re.DOTALL | re.MULTILINE,
)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def _with_named_notes(body: str) -> str:
    """Return a text whose inline notes stand below it, under names."""
    notes: list[str] = []

    def name(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]
        notes.append(" ".join(found[2].split()))
        return f"[^inline:{len(notes)}]"

    text = _INLINE_NOTE.sub(name, body)
    below = "\n\n".join(f"[^inline:{at}]: {note}" for at, note in enumerate(notes, start=1))
    return f"{text}\n\n{below}\n" if below else text


def _with_footnotes(body: str, parser: MarkdownIt, references: dict[str, Any]) -> str:
    """Return the HTML of a text, with its footnotes numbered as they are referred to."""
    body = _with_named_notes(body)
    notes = dict(_NOTE.findall(body))
    if not notes:
        return str(parser.render(body, references))
    numbers: dict[str, int] = {}

    def reference(found: re.Match[str]) -> str:
        name = found[2]
        if name is None or name not in notes:
            return found[0]
        # Escaped, because a text may define a link by the same number.
        return f"<sup>\\[{numbers.setdefault(name, len(numbers) + 1)}\\]</sup>"

    text = _CODE_OR_REFERENCE.sub(reference, _NOTE.sub("", body))
    for name in notes:  # those that nothing refers to come last
        numbers.setdefault(name, len(numbers) + 1)
    html = parser.render(text, references)
    items = "".join(
        f'<li id="footnote-{number}">{parser.render(_INDENT.sub("", notes[name]), references)}</li>'
        for name, number in numbers.items()
    )
    return f"{html}<ol>{items}</ol>"
