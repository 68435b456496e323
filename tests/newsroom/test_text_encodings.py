"""Bytes are decoded by their mark, or by the first encoding that fits."""

from __future__ import annotations

import codecs

import pytest

from newsroom.text_encodings import (
    FALLBACKS,
    FileKind,
    decode_any,
    decode_first,
    encoding_by_mark,
    file_kind,
    looks_like_mac_roman,
)
from tests.source_files import APPS, ROOT, python_files


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_declares_the_encoding(mark: bytes, codec: str) -> None:
    encoding = encoding_by_mark(mark + "Ada".encode(codec))

    assert encoding is not None
    assert (encoding.codec, encoding.bom_bytes) == (codec, len(mark))


def test_text_has_neither_mark_nor_signature() -> None:
    assert encoding_by_mark(b"Ada") is None
    assert file_kind(b"Ada") is None


def test_a_file_is_known_by_its_signature() -> None:
    assert file_kind(b"PK\x03\x04...") is FileKind.ZIP
    assert file_kind(b"%PDF-1.7") is FileKind.PDF


@pytest.mark.parametrize(
    "name", ["", "no-such-charset", "a\0b", "hex", "zlib", "punycode", "idna", "unicode_escape"]
)
def test_a_name_that_is_not_a_character_set_is_passed_over(name: str) -> None:
    assert decode_first("Zoë".encode(), [name, "utf-8"]) == "Zoë"


def test_without_a_fitting_encoding_there_is_no_text() -> None:
    assert decode_first(b"\xff", ["ascii", "utf-8"]) is None


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("Zoë".encode(), "", "Zoë"),
        (b"Zo\xeb", "us-ascii", "Zoë"),
        (b"\x93Away\x94", "", "“Away”"),
        (b"\x81", "", "\x81"),
        ("先生".encode("iso-2022-jp"), "", "先生"),
        ("先生".encode("iso-2022-jp"), "no-such-charset", "先生"),
        ("Łukasz".encode("iso-8859-2"), "'ISO-8859-2'", "Łukasz"),
    ],
)
def test_any_bytes_become_text(data: bytes, declared: str, text: str) -> None:
    assert decode_any(data, declared=declared) == text


def test_the_fallback_encodings_are_listed_once() -> None:
    named = [str(file) for file in python_files(*APPS) if "cp1252" in (ROOT / file).read_text()]
    assert named == ["newsroom/text_encodings.py"]


WORDS = [
    *("Jürgen Großmann", "Zoë", "Renée Lefèvre", "Begoña Núñez", "Håkon Bjørnstad", "João"),
    *("GÜNTHER", "Ærø", "Noël d’Arcy", "Jürgen’s list – 2024", "“Björn”", "Éric", "l’œuvre"),
]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_words_of_old_macs_are_told_from_those_of_windows(words: str, line_end: str) -> None:
    def is_mac(codec: str) -> bool:
        data = (words + line_end).encode(codec)
        fitting = (one for one in FALLBACKS[1:] if decode_first(data, [one.codec]) is not None)
        return looks_like_mac_roman(data, other=next(fitting))

    assert is_mac("mac_roman")
    assert not is_mac("cp1252")


@pytest.mark.parametrize("words", ["Matjaž", "Šime", "50 £", "€ 5", "Tomáš", "Å"])
def test_words_that_could_be_either_are_those_of_windows(words: str) -> None:
    assert not looks_like_mac_roman(f"{words}\r\n".encode("cp1252"), other=FALLBACKS[1])
