"""Find what the author of a reply by email added, without the quoted email and the signature."""

from __future__ import annotations

import re
from email.message import Message
from typing import NamedTuple

from newsroom.html_tree import Element, parse
from subscribers.bounces.message_parts import part_text, tree_to_text
from subscribers.bounces.message_phrases import alternatives, phrases

MAX_REPLY_CHARS = 200_000

# "On Monday, 12 November, Ada wrote:", over up to four lines.
_INTRODUCTION = phrases(
    "quote_intro_verb",
    before=rf"^[ \t]*(?:{alternatives('quote_intro_start')})(?s:.{{3,300}}?)",
    after=r"(?s:.{0,160})[:：][ \t]*$",
)
# "Ada wrote:", which is a sentence of the reply itself unless quoted lines follow.
_SHORT_INTRODUCTION = phrases(
    "quote_intro_verb", before=r"^[^\n]{3,160}", after=r"[ ]?[:：][ \t]*$"
)
_SEPARATOR = phrases("quote_separator", before=r"^[ \t]*", after=r"[ \t]*$")
_QUOTED_FROM = phrases("quoted_from_header", before=r"^[ \t>*]*", after=r"[ *]*[:：]\*?[ \t]*\S")
_QUOTED_HEADER = phrases("quoted_header", before=r"^[ \t>*]*", after=r"[ *]*[:：]")
_SIGNATURE = re.compile(r"^(?:--|—|__)[ \t]*$")
# "--" without the space at its end may divide what somebody writes (RFC 3676, section 4.3).
_MARKED_SIGNATURE = re.compile(r"^-- $")
# White space at the ends of lines means nothing in HTML.
_MARKED_SIGNATURE_HTML = re.compile(r"^\s*--\s*$")
# The same for HTML elements in which email programs put a signature without any mark.
_SIGNATURE_HTML = phrases("signature_html")
_SIGNATURE_HTML_START = phrases("signature_html_start")
_DEVICE_SIGNATURE = phrases("device_signature", before=r"^[ \t]*", after=r".{0,80}$")
# Classes, ids and names of HTML elements where email programs quote the email that is replied to …
_QUOTED_HTML = phrases("quoted_html")
# … and from which on everything is quoted.
_QUOTED_HTML_START = phrases("quoted_html_start")
_NAMING = ("class", "id", "name", "data-marker")
_BLANK_LINES = re.compile(r"\n{3,}")


def reply_text(message: Message) -> str:
    """Return what the author of a reply added, as plain text; empty if that is nothing."""
    plain, markup = _bodies(message)
    if own := strip_quoted_text(plain):
        return own
    tree = parse(markup, repair=True)
    _mark_quoted_html(tree)
    return strip_quoted_text(tree_to_text(tree))


class WholeTexts(NamedTuple):
    """The plain text of a message, that of its HTML, and that of the signature in its HTML."""

    plain: str
    html: str
    signature: str


def whole_texts(message: Message) -> WholeTexts:
    """Return the texts of a message, with the addresses of its links.

    What it forwards or quotes is included, a signature is not; but the plain text may have one that
    only the HTML shows to be a signature.
    """
    plain, markup = _bodies(message)
    tree = _with_addresses(parse(markup, repair=True))
    signature = Element("div", {}, _take_signatures(tree))
    return WholeTexts(
        plain=_without_signature(plain, mark=_MARKED_SIGNATURE),
        html=_without_signature(tree_to_text(tree), mark=_MARKED_SIGNATURE_HTML),
        signature=tree_to_text(signature),
    )


def _take_signatures(node: Element) -> list[Element | str]:
    """Take the signatures out of a tree and return them; what they quote stays in the tree."""
    kept: list[Element | str] = []
    taken: list[Element | str] = []
    in_signature = False
    for child in node.children:
        named = _names_of(child) if isinstance(child, Element) else ""
        if isinstance(child, Element) and _is_quotation(child, named):
            in_signature = False
            taken += _take_signatures(child)
            kept.append(child)
        elif in_signature or _SIGNATURE_HTML.search(named):
            in_signature = in_signature or bool(_SIGNATURE_HTML_START.search(named))
            taken.append(child)
            kept += _quotations_in(child)
        else:
            if isinstance(child, Element):
                taken += _take_signatures(child)
            kept.append(child)
    node.children = kept
    return taken


def _quotations_in(node: Element | str) -> list[Element | str]:
    """Take the quoted and forwarded emails out of a signature and return them."""
    found: list[Element | str] = []
    if isinstance(node, str):
        return found
    kept: list[Element | str] = []
    for child in node.children:
        if isinstance(child, Element) and _is_quotation(child, _names_of(child)):
            found.append(child)
        else:
            found += _quotations_in(child)
            kept.append(child)
    node.children = kept
    return found


def _is_quotation(element: Element, named: str) -> bool:
    starts = _QUOTED_HTML.search(named) or _QUOTED_HTML_START.search(named)
    return element.tag == "blockquote" or bool(starts)


def _names_of(element: Element) -> str:
    """Return the classes, the id and the name by which email programs know their own elements."""
    return " ".join(element.attributes.get(name, "") for name in _NAMING)


def _without_signature(text: str, *, mark: re.Pattern[str]) -> str:
    """Return a text without a signature, but with the email that is forwarded below it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    in_signature = False
    for number, line in enumerate(lines):
        if in_signature:
            is_quoted = line.lstrip(" ").startswith(">")
            in_signature = not (is_quoted or _starts_quoted_email(lines, number))
        elif mark.match(line):
            in_signature = True
        if not in_signature:
            kept.append(line)
    return "\n".join(kept)


def _with_addresses(tree: Element) -> Element:
    """Write the address of each link behind its words."""
    for link in tree.find("a"):
        address = link.attributes.get("href", "")
        if address and address not in link.text:
            link.children.append(f" {address} ")
    return tree


def _bodies(message: Message) -> tuple[str, str]:
    """Return the first plain text and the first HTML that are not attachments."""
    found = {"text/plain": "", "text/html": ""}
    for number, part in enumerate(message.walk()):
        if number > 100:
            break
        content_type = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if (
            content_type in found
            and not found[content_type]
            and not attached
            and not part.is_multipart()
        ):
            found[content_type] = part_text(part)[:MAX_REPLY_CHARS]
    return found["text/plain"], found["text/html"]


def _mark_quoted_html(node: Element) -> bool:
    """Replace quotations in a tree by quoted lines; return whether all that follows is quoted.

    Where a quotation is divided by the author's answers, these are kept.
    """
    kept: list[Element | str] = []
    for child in node.children:
        if isinstance(child, Element):
            named = _names_of(child)
            if _QUOTED_HTML_START.search(named):
                node.children = kept
                return True
            if child.tag == "blockquote":
                kept.append("\n>\n")  # a quoted line, as in plain text
                continue
            if _QUOTED_HTML.search(named) and not any(child.find("blockquote")):
                continue
            if _mark_quoted_html(child):
                node.children = [*kept, child]
                return True
        kept.append(child)
    node.children = kept
    return False


def strip_quoted_text(text: str) -> str:
    """Return a plain text reply without the quoted email and without the signature."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    last_divided = _last_divided_quotation(lines)
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.lstrip(" ").startswith((">", "|>")):
            number += 1
            continue
        introduction = _introduction_length(lines, number)
        if introduction:
            number += introduction
            if not _quoted_lines_follow(lines, number):
                break
            continue
        if _starts_quoted_email(lines, number) or (
            _SIGNATURE.match(line) and number > last_divided
        ):
            break
        kept.append(line)
        number += 1
    return _trim_end(kept)


def _introduction_length(lines: list[str], number: int) -> int:
    """Return how many lines "On Monday, Ada wrote:" takes up from this line; 0 if it is not one."""
    if not lines[number].strip():
        return 0
    for length in (1, 2, 3, 4):
        piece = lines[number : number + length]
        if any(not line.strip() for line in piece):
            return 0
        text = "\n".join(piece)
        dated = re.search(r"\d|@", text) and len(text) < 500 and _INTRODUCTION.match(text)
        short = length == 1 and _SHORT_INTRODUCTION.match(text)
        if dated or (short and _quoted_lines_follow(lines, number + 1)):
            return length
    return 0


def _quoted_lines_follow(lines: list[str], number: int) -> bool:
    """Whether the email is quoted line by line, so that answers may stand in between."""
    ahead = next((line for line in lines[number : number + 6] if line.strip()), "")
    return ahead.lstrip(" ").startswith(">")


def _starts_quoted_email(lines: list[str], number: int) -> bool:
    """Whether the email that is replied to starts here, with its headers, as Outlook copies it."""
    if _SEPARATOR.match(lines[number]):
        return True
    if not _QUOTED_FROM.match(lines[number]):
        return False
    return sum(bool(_QUOTED_HEADER.match(line)) for line in lines[number + 1 : number + 6]) >= 2


def _last_divided_quotation(lines: list[str]) -> int:
    """Return where the last quoted line stands that the author's words follow; -1 if none does.

    A signature after it ends the reply.
    """
    last, candidate = -1, -1
    for number, line in enumerate(lines):
        if line.lstrip(" ").startswith((">", "|>")):
            candidate = number
        elif line.strip():
            last = candidate
    return last


def _trim_end(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or _DEVICE_SIGNATURE.match(lines[-1])):
        lines.pop()
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
