"""Characters that nobody sees: control and format characters, and alphabetic ones without a shape.

Each function is for one use: a header line and a person's name need different things removed.
"""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 control characters and the two Unicode line ends: each could start a new header line.
_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# No text file has these, so they show that bytes were decoded by chance. Tab, line ends and
# Ctrl-Z, the end of a file under DOS, are not among them.
_BINARY = re.compile("[\x00-\x08\x0e-\x19\x1b-\x1f]")
# NUL and its like, which a database refuses, and characters without width in pasted text.
_IN_PASTED_TEXT = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ufffe\uffff]"
)
# XML 1.0, section 2.2, allows none of these, not even as character references.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Alphabetic characters and marks without a shape (Unicode's Default_Ignorable_Code_Point).
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
_NUL = "\0"
_AT_ENDS = "\t\n\r \u00a0\u200b\u2060\ufeff"
# Zero-width joiner and non-joiner: names in Persian and in the scripts of India need them.
_JOINERS = "\u200c\u200d"


def one_line(text: str) -> str:
    """Return the text on one line: control characters and line ends become single spaces."""
    return " ".join(_LINE_BREAKING.sub(" ", text).split())


def count_binary_characters(text: str) -> int:
    """Return how many control characters the text has that no text file has."""
    return len(_BINARY.findall(text))


def has_nul(text: str) -> bool:
    """Whether the text has a null character, which no text column of PostgreSQL can hold."""
    return _NUL in text


def replace_nul(text: str, replacement: str = "") -> str:
    """Return the text without null characters, or with something visible in place of each."""
    return text.replace(_NUL, replacement)


def is_joiner(char: str) -> bool:
    """Whether the character is a joiner or non-joiner, which names need in many scripts."""
    return char in _JOINERS


def is_printable(text: str) -> bool:
    """Whether a screen shows every character of the text, on one line."""
    return text.isprintable()


def remove_invisible(text: str) -> str:
    """Return the text without characters that nobody sees and databases refuse."""
    return _IN_PASTED_TEXT.sub("", text)


def strip_invisible(text: str) -> str:
    """Return the text without spaces and characters that nobody sees at its ends."""
    return text.strip(_AT_ENDS)


def storable(text: str) -> str:
    """Return text without what PostgreSQL cannot store: NUL, and halves of surrogate pairs."""
    return replace_nul(text).encode("utf-8", "replace").decode()


def remove_invisible_from_name(name: str) -> str:
    """Return a person's name without control and format characters; spaces and joiners stay."""
    if name.isprintable():
        return name
    return "".join(
        char
        for char in name
        if char.isspace() or is_joiner(char) or unicodedata.category(char)[0] != "C"
    )


def remove_unprintable(text: str, *, keep_spaces: bool = False) -> str:
    """Return the text without what no screen shows, such as escape codes in a file's name."""
    if text.isprintable():
        return text
    return "".join(char for char in text if char.isprintable() or (keep_spaces and char.isspace()))


def remove_forbidden_in_xml(text: str) -> str:
    """Return the text without the characters that XML 1.0 forbids."""
    return _NOT_IN_XML.sub("", text)


def has_visible(text: str) -> bool:
    """Whether the text has a character that is not a space, control or format character."""
    return any(unicodedata.category(char)[0] not in "CZ" for char in text)


def has_hidden_character(text: str) -> bool:
    """Whether a line has control or format characters, such as those that reverse text.

    Joiners are none of them: names in Persian and in the scripts of India need them.
    """
    return bool(_SHAPELESS.search(text)) or any(
        unicodedata.category(char)[0] == "C" and not is_joiner(char) for char in text
    )


def has_space_or_invisible(text: str) -> bool:
    """Whether any character of the text is a space or cannot be seen."""
    return bool(_SHAPELESS.search(text)) or any(
        unicodedata.category(char)[0] in "CZ" for char in text
    )
