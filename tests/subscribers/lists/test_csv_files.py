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
    LineCounts,
    detect_format,
    escape_formula,
    read_rows,
    unescape_formula,
)
from subscribers.lists.import_errors import ImportRefused, RefusalReason
from tests.subscribers.lists.list_files import make_csv

# How programs encode lists.
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NARROW = st.text(st.sampled_from("aé ßÿ,;\t|\"'\r\n.-=1"), max_size=20)


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
    assert [row.cells for row in read_rows(file, csv_format)] == [row for row in chosen if any(row)]


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
        (b'email,"name\nada@example.org,Ada\n', "column names on line 1.*never closed"),
        (b'email,the "name"\nada@example.org,Ada\n', "column names on line 1.*out of place"),
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
    rows = [(row.line, row.cells) for row in read_rows(file, csv_format)]
    assert rows == [(3, ["a", "1\r\n2\r\n3"]), (8, ["b", "4"])]


def read(text: str) -> tuple[dict[int, list[str]], dict[int, RefusalReason], LineCounts]:
    """Return the cells of readable rows and the problems of others, by line, and the counts."""
    file = io.BytesIO(text.encode())
    counts = LineCounts()
    rows = list(read_rows(file, detect_format(file), counts=counts))
    counts.check(rows=len(rows))
    cells = {row.line: row.cells for row in rows if row.problem is None}
    return cells, {row.line: row.problem for row in rows if row.problem}, counts


ODD = "email,name,day\n"
EVE = ["eve@example.org", "Eve", "2024-05-03"]
EVE_LINE = ",".join(EVE) + "\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('dan@example.org,"Dan,2024-05-02\n', RefusalReason.UNCLOSED_QUOTE),
        ('"dan@example.org,Dan,2024-05-02\n', RefusalReason.UNCLOSED_QUOTE),
        ('dan@example.org,Dan,"2024-05-02\n', RefusalReason.UNCLOSED_QUOTE),
        ('dan@example.org,Dan "D" Day,2024-05-02\n', RefusalReason.STRAY_QUOTE),
        ('dan@example.org,"Dan "D" Day",2024-05-02\n', RefusalReason.STRAY_QUOTE),
        ('dan@example.org,"Dan \\"D\\" Day",2024-05-02\n', RefusalReason.STRAY_QUOTE),
        ('dan@example.org,"Dan" Day,2024-05-02\n', RefusalReason.STRAY_QUOTE),
        ('dan@example.org, "Dan",2024-05-02\n', RefusalReason.STRAY_QUOTE),
        ("dan@example.org,Dan 6'2\",2024-05-02\n", RefusalReason.STRAY_QUOTE),
    ],
)
def test_a_stray_quotation_mark_refuses_its_own_row_and_no_other(
    lines: str, problem: RefusalReason
) -> None:
    cells, problems, _ = read(ODD + EVE_LINE + lines + EVE_LINE + EVE_LINE)
    assert problems == {3: problem}
    assert cells == {2: EVE, 4: EVE, 5: EVE}


@pytest.mark.parametrize("quoted", ['"Eve, E."', '"Eve ""E"" Lee"', "Eve"])
def test_two_stray_quotation_marks_never_put_the_rows_between_into_one_cell(quoted: str) -> None:
    """Together the two would be valid: the first opens a cell, the second closes it."""
    between = f"eve@example.org,{quoted},2024-05-03\n"
    text = ODD + 'dan@example.org,"Dan,2024-05-02\n' + between * 3 + 'fay@x.example,Fay",2024\n'
    cells, problems, _ = read(text + EVE_LINE)
    assert {*problems} == {2, 6}
    assert {*cells} == {3, 4, 5, 7}
    assert not [cell for row in cells.values() for cell in row if "\n" in cell]


def test_a_cell_of_several_lines_may_contain_an_address() -> None:
    words = "Write to us:\nnews@example.org\nor phone, news@example.org, any day, at 5"
    text = f'email,wording\nada@example.org,"{words}"\n'
    cells, problems, counts = read(text)
    assert cells == {2: ["ada@example.org", words]}
    assert not problems
    assert (counts.total, counts.header, counts.continued) == (4, 1, 2)


def test_a_cell_too_long_for_a_list_refuses_its_row() -> None:
    cells, problems, _ = read(ODD + f'a@b.example,"{"x" * 200_000}",\n' + EVE_LINE)
    assert problems == {2: RefusalReason.LONG_CELL}
    assert cells == {3: EVE}


@given(
    lines=st.lists(
        st.text(st.sampled_from('ab@.",;\\ '), max_size=12)
        | st.sampled_from(['a@b.example,"A', 'a@b.example,A",b', '"a","b"', "", ",,"]),
        max_size=12,
    )
)
def test_every_line_is_accounted_for(lines: list[str]) -> None:
    text = "\n".join(["email,name,day", *lines])
    cells, problems, counts = read(text)
    assert counts.total == len(text.splitlines())
    assert counts.total == 1 + counts.empty + counts.continued + len(cells) + len(problems)


@pytest.mark.parametrize("line_end", [b"\r", b"\n", b"\r\n"])
def test_a_list_of_an_old_mac_is_read_as_it_was_written(line_end: bytes) -> None:
    lines = ["email,name", "a@b.example,Jürgen Groß", "c@d.example,Renée", 'e@f.example,"Zoë, É."']
    file = io.BytesIO(line_end.join(line.encode("mac_roman") for line in lines) + line_end)
    csv_format = detect_format(file)
    assert csv_format.encoding.label == "Mac Roman"
    names = [row.cells[1] for row in read_rows(file, csv_format)]
    assert names == ["Jürgen Groß", "Renée", "Zoë, É."]


@given(cell=st.text(st.sampled_from("'=+-@\t\r\nab ＝"), max_size=8))
def test_escaped_formulas_compute_nothing_and_can_be_restored(cell: str) -> None:
    safe = escape_formula(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert unescape_formula(safe) == cell
