"""CSV files of any program are read as they were written; other files get a plain error."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from subscribers.lists.csv_files import (
    SEPARATORS,
    detect_format,
    escape_formula,
    read_rows,
    unescape_formula,
)
from subscribers.lists.import_errors import ImportRefused
from tests.subscribers.lists.list_files import make_csv

# How programs encode lists.
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NARROW = st.text(st.sampled_from("aé ßÿ,;\t|\"'\r\n@.-=1"), max_size=20)


@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8),
    narrow=st.lists(st.lists(NARROW, min_size=3, max_size=3), min_size=1, max_size=8),
    encoding=st.sampled_from(ENCODINGS),
    separator=st.sampled_from(list(SEPARATORS)),
    line_end=st.sampled_from(["\r\n", "\n", "\r"]),
    quotes_all=st.booleans(),
)
def test_rows_of_any_dialect_are_read_as_they_were_written(
    rows: list[list[str]],
    narrow: list[list[str]],
    encoding: str,
    separator: str,
    *,
    line_end: str,
    quotes_all: bool,
) -> None:
    chosen = narrow if encoding in {"cp1252", "latin-1"} else rows
    data = make_csv(
        ["email", "name", "note"],
        *chosen,
        encoding=encoding,
        delimiter=separator,
        lineterminator=line_end,
        # Given one line end, the csv module does not quote cells that contain the other.
        quoting=csv.QUOTE_ALL if quotes_all or line_end != "\r\n" else csv.QUOTE_MINIMAL,
    )
    file = io.BytesIO(data)
    try:
        csv_format = detect_format(file)
    except ImportRefused as refusal:
        # Mostly control characters, so it is not taken for text.
        assert "cannot read this file as text" in str(refusal)  # noqa: PT017
        return
    assert csv_format.header == ("email", "name", "note")
    assert csv_format.separator == separator
    assert [cells for _, cells in read_rows(file, csv_format)] == [
        row for row in chosen if any(row)
    ]


@given(data=st.binary(max_size=400))
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b'email\n"ada@example.org')
@example(b"sep=;\n")
@example(b"email\0name\n")
@example(b"email,name\n\0\0,\0\n")
@example("email\n\ufdd0end of file\ufdd0".encode())
@example(b"\xef\xbb\xbf")
@example(b"\xff\xfe\x00\x00email")
def test_hostile_bytes_are_read_or_refused_with_a_sentence(data: bytes) -> None:
    for content in (data, b"email,name\n" + data, "email;name\n".encode("utf-16") + data):
        file = io.BytesIO(content)
        try:
            csv_format = detect_format(file)
            list(read_rows(file, csv_format))
        except ImportRefused as refusal:
            assert str(refusal).endswith((".", "\n")) or ". " in str(refusal)  # noqa: PT017
        assert not file.closed


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\n", "nothing but spaces|empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04rest of it", "spreadsheet"),
        (gzip.compress(b"email\n", mtime=0), "gzip.*Unpack it first"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"<html><table><tr><td>email</td></tr></table>", "web page.*CSV"),
        (b'[{"email": "ada@example.org"}]', "JSON.*CSV"),
        (b"BEGIN:VCARD\nEMAIL:ada@example.org\n", "vCard"),
        ("email\nZoë\n".encode() + b"J\xfcrgen\n", "UTF-8, but line 3 is not"),
        ("email\nZoë\nJü".encode()[:-1], "UTF-8, but line 3 is not"),
        (bytes(range(32)) * 40, "cannot read this file as text"),
        (
            b"ada@example.org,Ada\nbob@example.org,Bob\n",
            "Line 1 contains an email address.*email,name",
        ),
        (b'email,name\nada@example.org,"Ada\nbob@example.org,Bob\n', "line 2 is never closed"),
        (b'email\n"' + b"x" * 200_000 + b'"\n', "line 2 has a cell of more than 131,072"),
        (b"email\n" + b"x" * 10_000_000 + b"\n", "Line 2 has more than 1,048,576 characters"),
        (b"a," * 600 + b"\n1\n", "601 columns"),
        ("email\nÄ".encode("utf-16") + b"\0", "says that it is UTF-16"),
        (b"\xef\xbb\xbfemail\n\xff\n", "says that it is UTF-8"),
    ],
)
def test_a_file_that_is_not_a_list_is_refused_with_what_to_do(data: bytes, words: str) -> None:
    file = io.BytesIO(data)
    with pytest.raises(ImportRefused, match=f"(?s){words}"):
        list(read_rows(file, detect_format(file)))


def test_a_row_is_known_by_the_line_it_begins_on() -> None:
    file = io.BytesIO(b'sep=;\r\nemail;note\r\na;"1\r\n2\r\n3"\r\n\r\n;\r\nb;4\r\n')
    csv_format = detect_format(file)
    assert (csv_format.header, csv_format.separator) == (("email", "note"), ";")
    assert list(read_rows(file, csv_format)) == [(3, ["a", "1\r\n2\r\n3"]), (8, ["b", "4"])]


@given(cell=st.text(st.sampled_from("'=+-@\t\r\nab ＝"), max_size=8))
def test_escaped_formulas_compute_nothing_and_can_be_restored(cell: str) -> None:
    safe = escape_formula(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert unescape_formula(safe) == cell
