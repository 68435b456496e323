"""What Word keeps outside plain runs of words: fields and their instructions, and equations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from xml.etree import ElementTree as ET

from mammoth.docx.dingbats import dingbats

from briefings.document_import.word_xml import (
    child_of,
    children_of,
    int_of,
    is_tag,
    value_of,
)
from briefings.link_addresses import web_address
from newsroom.text_encodings import WINDOWS_1252

_FIRST_SIGN = 0x2000  # below stands the alphabet, for which a font may show anything
_PRIVATE_SIGNS = 0xF000


def symbol_of(font: str, char: str) -> str:
    """Return the sign that a font shows for a number, in hexadecimal; empty where nobody can tell.

    Symbol, Wingdings and their like count from F000.
    """
    try:
        number = int(char, 16)
    except ValueError:
        return ""
    known = dingbats.get((font, number)) or dingbats.get((font, number - _PRIVATE_SIGNS))
    if known:
        return chr(known)
    is_sign = _FIRST_SIGN <= number < 0xD800 or 0xF900 <= number <= 0x10FFFF
    return chr(number) if is_sign else ""


def find_fields(nodes: list[ET.Element]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield where each field begins, where its instruction ends, and where the field ends."""
    opened: list[tuple[int, int]] = []
    for at, node in enumerate(nodes):
        kind = value_of(node, "fldCharType") if is_tag(node, "fldChar") else ""
        if kind == "begin":
            opened.append((at, 0))
        elif kind == "separate" and opened:
            opened[-1] = (opened[-1][0], at)
        elif kind == "end" and opened:
            begin, separate = opened.pop()
            yield begin, (separate or at, at)


_FIELD_PART = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


def link_instruction(instruction: str) -> str:
    r"""Return a HYPERLINK field's code without its switches; the one of use is `\l`, a place."""
    parts = _FIELD_PART.findall(instruction)
    if not parts or parts[0][1].upper() != "HYPERLINK":
        return ""
    address = anchor = ""
    switch = ""
    for quoted, bare in parts[1:]:
        if bare.startswith("\\"):
            switch = bare[:2].lower()
            switch = "" if switch in {"\\n", "\\m", "\\h"} else switch
            continue
        value = quoted.replace("\\\\", "\\") or bare
        if switch == "\\l":
            anchor = value
        elif not switch:
            address = address or value
        switch = ""
    if not address:
        return f' HYPERLINK \\l "{anchor}" ' if anchor else ""
    address = web_address(address) or address
    return f' HYPERLINK "{address}{f"#{anchor}" if anchor and "#" not in address else ""}" '


# Fields that show nothing where they stand, or the number of a page.
SHOW_NOTHING = frozenset(
    {"XE", "TC", "TA", "RD", "PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "PAGEREF", "TOC"}
    | {"INDEX", "SET", "ASK", "FILLIN", "PRIVATE", "ADDIN", "BIBLIOGRAPHY", "ADVANCE", "NEXT"}
    | {"NEXTIF", "SKIPIF", "PRINT", "HYPERLINK"}
)
_FRACTION = re.compile(r"EQ\s+\\f\s*\(([^()\\]{1,60}?)[,;]([^()\\]{1,60}?)\)", re.IGNORECASE)
_SYMBOL = re.compile(r"SYMBOL\s+(0x[0-9a-f]{1,5}|\d{1,6})(.*)", re.IGNORECASE)
# A button with words: first the name of what it does.
_BUTTON = re.compile(r"(?:MACROBUTTON|GOTOBUTTON)\s+(?:\"[^\"]*\"|\S+)\s+(.+)", re.IGNORECASE)


def shown_by_field(instruction: str, begin: ET.Element) -> str:
    """Return what a field without a result shows; empty if that cannot be told.

    `begin` is the mark that it begins with: what somebody chose in a form is there.
    """
    if fraction := _FRACTION.fullmatch(instruction):
        return f"{fraction[1].strip()}/{fraction[2].strip()}"
    if button := _BUTTON.fullmatch(instruction):
        return button[1].strip('" ')
    match instruction.partition(" ")[0].upper():
        case "FORMCHECKBOX":
            return _box_of(child_of(child_of(begin, "ffData"), "checkBox"))
        case "FORMDROPDOWN":
            return _choice_of(child_of(child_of(begin, "ffData"), "ddList"))
        case "SYMBOL":
            return _symbol(instruction)
    return ""


def _symbol(instruction: str) -> str:
    symbol = _SYMBOL.fullmatch(instruction)
    if symbol is None or re.search(r"\\f\s", symbol[2]):  # of a font with signs of its own
        return ""
    is_hexadecimal = symbol[1][:2].lower() == "0x"
    number = int(symbol[1], 16 if is_hexadecimal else 10)
    if "\\u" in symbol[2]:
        return chr(number) if 31 < number < 0xD800 else ""
    return bytes([number]).decode(WINDOWS_1252, "replace") if 31 < number < 256 else ""


def _box_of(box: ET.Element | None) -> str:
    for name in ("checked", "default"):
        state = child_of(box, name)
        if state is not None:
            return "☐" if value_of(state) in {"0", "false", "off"} else "☒"
    return "☐"


def _choice_of(choices: ET.Element | None) -> str:
    """Return the entry of a list that was chosen."""
    entries = [value_of(entry) for entry in children_of(choices, "listEntry")]
    chosen = value_of(child_of(choices, "result")) or value_of(child_of(choices, "default"))
    at = int_of(chosen)
    return entries[at] if at < len(entries) else ""


def linear_equation(element: ET.Element) -> str:
    """Return an equation on one line: a fraction with a slash, a power with a caret."""
    words = "".join(map(linear_equation, element)) if len(element) else (element.text or "")
    part = partial(_linear_of, element)
    match element.tag.rpartition("}")[2]:
        case "f":
            words = f"{part('num')}/{part('den')}"
        case "sSup":
            words = f"{part('e')}^{part('sup')}"
        case "sSub":
            words = f"{part('e')}_{part('sub')}"
        case "sSubSup":
            words = f"{part('e')}_{part('sub')}^{part('sup')}"
        case "rad":
            words = f"√({part('e')})"
        case "nary":
            sign = value_of(child_of(child_of(element, "naryPr"), "chr")) or "∫"
            limits = (("_", part("sub")), ("^", part("sup")))
            shown = "".join(f"{mark}{limit}" for mark, limit in limits if limit)
            words = f"{sign}{shown} {part('e')}"
        case "m":
            rows = (
                map(linear_equation, children_of(row, "e")) for row in children_of(element, "mr")
            )
            words = f"[{'; '.join(map(', '.join, rows))}]"
        case "d":
            words = f"({words})"
    return words if len(element) or is_tag(element, "t") else ""


def _linear_of(element: ET.Element, name: str) -> str:
    child = child_of(element, name)
    words = linear_equation(child) if child is not None else ""
    return f"({words})" if re.search(r"[-+=/ ]", words) else words


def is_deleted_in_equation(run: ET.Element) -> bool:
    """Whether a run of an equation is a tracked deletion."""
    properties = children_of(run, "rPr") if is_tag(run, "r") else ()
    return any(child_of(one, "del") is not None for one in properties)
