"""Any CSV file that a program writes is read as it was; any other file gets a plain error."""

from __future__ import annotations

import csv
import gzip
import hmac
import io
import re
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsroom.email_addresses import address_key, normalise_address
from subscribers.lists.csv_files import (
    SEPARATORS,
    detect_format,
    escape_formula,
    read_rows,
    unescape_formula,
)
from subscribers.lists.dates import DayOrder, InvalidDate, detect_day_order, parse_date
from subscribers.lists.import_errors import ImportRefused, RefusalReason
from subscribers.lists.import_plan import ImportOptions, make_plan
from subscribers.lists.row_validation import AddressNormaliser, RowRefused
from subscribers.lists.uploaded_lists import preview_of
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, NOW, make_csv

# How programs write lists: the codec, and what stands before the text.
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
        # Written with one of the two line ends alone, the csv module leaves the other unquoted.
        quoting=csv.QUOTE_ALL if quotes_all or line_end != "\r\n" else csv.QUOTE_MINIMAL,
    )
    file = io.BytesIO(data)
    try:
        table = detect_format(file)
    except ImportRefused as refusal:
        # Mostly control characters: that is no list, whatever wrote it.
        assert "no text" in str(refusal)  # noqa: PT017
        return
    assert table.header == ("email", "name", "note")
    assert table.separator == separator
    assert [cells for _, cells in read_rows(file, table)] == [row for row in chosen if any(row)]


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
            table = detect_format(file)
            list(read_rows(file, table))
        except ImportRefused as refusal:
            assert str(refusal).endswith((".", "\n")) or ". " in str(refusal)  # noqa: PT017
        assert not file.closed


@pytest.mark.django_db
@given(data=st.binary(max_size=300))
def test_hostile_rows_are_validated_one_by_one(data: bytes) -> None:
    file = io.BytesIO(b"email,name,consent_date,status\n" + data)
    try:
        plan = make_plan(file, ImportOptions(source="s", wording="w"), now=NOW)
        preview_of(file, plan, briefing="ward", now=NOW)
    except ImportRefused:
        pass


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
        (bytes(range(32)) * 40, "no text"),
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
    table = detect_format(file)
    assert (table.header, table.separator) == (("email", "note"), ";")
    assert list(read_rows(file, table)) == [(3, ["a", "1\r\n2\r\n3"]), (8, ["b", "4"])]


@pytest.mark.django_db
@given(
    typed=st.one_of(
        st.emails(),
        st.text(max_size=30),
        st.from_regex(r"[A-Za-z.+'\" -]{1,70}@[A-Za-z0-9.-]{1,70}", fullmatch=True),
        st.from_regex(r"\w{1,5}@[\wß。]{1,5}\.\w{2,4}", fullmatch=True),
    )
)
@example("a" * 64 + "@example.org")
@example("a" * 65 + "@example.org")
@example("ada@" + ".".join(["a" * 63] * 4))
@example("ada@xn--bcher-kva.example")
@example("K@example.org")
def test_the_shortcut_for_plain_addresses_gives_the_same_result(typed: str) -> None:
    from django.core.exceptions import ValidationError

    from subscribers.models.address_hash import hash_address

    try:
        expected = normalise_address(typed)
    except ValidationError as problem:
        words = " ".join(problem.messages) if typed.strip() else RefusalReason.NO_ADDRESS
        with pytest.raises(RowRefused, match=re.escape(words)):
            AddressNormaliser().normalise(typed)
    else:
        address, hashed = AddressNormaliser().normalise(typed)
        assert address == expected
        assert hashed == hash_address(typed) == hash_address(expected)
        assert address_key(address) == address_key(typed)


@pytest.mark.django_db
@given(key=st.text(st.characters(codec="utf-8")))
def test_the_hash_of_an_address_is_its_hmac_under_the_salt(key: str) -> None:
    from subscribers.models.address_hash import HashSalt, hash_key

    assert hash_key(key) == hmac.digest(HashSalt.current(), key.encode(), "sha256").hex()


@given(cell=st.text(st.sampled_from("'=+-@\t\r\nab ＝"), max_size=8))
def test_escaped_formulas_compute_nothing_and_can_be_restored(cell: str) -> None:
    safe = escape_formula(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert unescape_formula(safe) == cell


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01 10:00:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00.000Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00"),
        ("2024-05-01 10:00:00.123456789 +0000 UTC", "2024-05-01T10:00:00.123456+00:00"),
        ("2024/5/1 9:05", "2024-05-01T09:05:00+00:00"),
        ("31/05/2024", "2024-05-31T00:00:00+00:00"),
        ("05/31/2024 1:30 PM", "2024-05-31T13:30:00+00:00"),
        ("1.2.2024", "2024-02-01T00:00:00+00:00"),
    ],
)
def test_dates_are_read_in_the_usual_shapes(text: str, moment: str) -> None:
    assert parse_date(text, order=None, now=NOW).isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "45413", "01/02/2024", "1/2/24", "2024-02-30", "2024-05-01T99:00"),
        *("0000-00-00", "1970-01-01", "2024-W01-1", "99999-01-01", "٢٠٢٤-٠٥-٠١"),
        "2024-05-01 10:00:00 +99:99",
    ],
)
def test_dates_that_are_ambiguous_or_impossible_are_not_guessed(text: str) -> None:
    with pytest.raises(InvalidDate):
        parse_date(text, order=None, now=NOW)


def test_no_consent_was_given_in_the_future() -> None:
    at = NOW + timedelta(seconds=1)
    with pytest.raises(InvalidDate, match="future"):
        parse_date(at.isoformat(), order=None, now=NOW)
    assert parse_date(NOW.isoformat(), order=None, now=NOW) == NOW


@given(text=st.text(max_size=30))
def test_any_text_is_a_date_or_an_invalid_date(text: str) -> None:
    for order in (None, *DayOrder):
        try:
            assert parse_date(text, order=order, now=NOW) <= NOW
        except InvalidDate as unclear:
            assert unclear.reason  # noqa: PT017


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["2024-05-01", ""], None),
        (["1.5.2024"], None),
        (["01/05/2024", "31/05/2024"], DayOrder.DAY_FIRST),
        (["01/05/2024", "05/31/2024"], DayOrder.MONTH_FIRST),
        (["01/05/2024"], DayOrder.AMBIGUOUS),
        (["31/05/2024", "05/31/2024"], DayOrder.AMBIGUOUS),
    ],
)
def test_a_column_shows_whether_the_day_comes_first(
    dates: list[str], order: DayOrder | None
) -> None:
    assert detect_day_order(dates) == order


def test_column_names_of_several_programs_and_languages_are_known() -> None:
    file = io.BytesIO(
        make_csv(["E-Mail", "Vorname", "NACHNAME", "Opt-in date"], ["a", "b", "c", ""])
    )
    assert make_plan(file, EVIDENCE_OPTIONS, now=NOW).columns == {
        "address": 0,
        "first_name": 1,
        "last_name": 2,
        "consent_date": 3,
    }
