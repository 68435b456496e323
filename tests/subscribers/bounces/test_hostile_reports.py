"""Whatever bytes come in place of a report, they are read, soon, and for nothing worse."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.bounces.report import Kind, Report, Verdict
from subscribers.bounces.report_parser import read_report
from tests.subscribers.bounces.reports.writing import SHAPES, Shape, expected, write_message

HEAD = b"From: MAILER-DAEMON@x.example\nSubject: Undelivered mail\n"
REPORT = HEAD + b"Content-Type: multipart/report; boundary=b\n\n--b\n"
STATUS = REPORT + b"Content-Type: message/delivery-status\n\n"
GROUP = b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n\n"
# Most take a tenth of it; the slowest is slow in the standard library's own parser.
SECONDS = 4.0

shapes = st.sampled_from(SHAPES)
places = st.integers(0, 3000)
odd_fields = st.sampled_from(
    [
        b"Subject: =?utf-8?b?////?= =?x-none?q?=ZZ?=\n",
        b"From: \xff\xfe\x00@\x80\n",
        b"Content-Type: multipart/report; boundary*=x'y'%ff; report-type*0=\xe9\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/plain; charset=\xff\n",
        b"Content-Type: text/html; charset=unicode_escape\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Content-Transfer-Encoding: base64\n",
        b": no name\n",
        b"Precedence: \x00\n",
        b"X-Failed-Recipients: " + b"a@b.example, " * 300 + b"\n",
    ]
)


def read(raw: bytes) -> Report:
    report = read_report(raw)
    assert report.kind in Kind
    assert all(one.verdict in Verdict for one in report.failures)
    return report


@given(st.binary(max_size=3000))
def test_any_bytes_are_read(raw: bytes) -> None:
    read(raw)


@given(shapes, places, st.integers(0, 200), st.binary(max_size=40))
def test_a_damaged_report_is_read(shape: Shape, place: int, length: int, noise: bytes) -> None:
    raw = write_message(shape)
    read(raw[:place] + noise + raw[place + length :])


@given(shapes, odd_fields, st.integers(0, 3))
def test_a_report_with_odd_fields_is_read(shape: Shape, field: bytes, line: int) -> None:
    lines = write_message(shape).splitlines(keepends=True)
    read(b"".join([*lines[:line], field, field, *lines[line:]]))


@given(shapes, shapes, places)
def test_two_reports_run_into_each_other_are_read(one: Shape, other: Shape, place: int) -> None:
    read(write_message(one)[:place] + write_message(other))


@given(shapes, st.sampled_from(["utf-16", "utf-32", "cp500", "utf-7"]))
def test_a_report_in_another_charset_altogether_is_read(shape: Shape, charset: str) -> None:
    read(write_message(shape).decode("latin-1").encode(charset))


@given(
    st.sampled_from([one for one in SHAPES if "original" in one and "verdict" in one]),
    st.lists(
        st.sampled_from(["mailbox full", "user unknown", "spam", "550 5.1.1", "<tom@x.example>"])
    ),
)
def test_the_words_of_the_letter_itself_are_no_reason(shape: Shape, words: list[str]) -> None:
    longer = {**shape, "original": f"{shape['original']}\n{' '.join(words)}\n"}
    report = read(write_message(longer))
    assert {one.address: one.verdict for one in report.failures} == expected(shape)


def nested(depth: int) -> bytes:
    """Put a machine part under so many letters that each hold one."""
    outer = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return HEAD + outer + b"Content-Type: message/delivery-status\n\n" + GROUP


def test_a_report_under_a_hundred_letters_is_found() -> None:
    assert [one.address for one in read(nested(100)).failures] == ["a@b.example"]


HOSTILE = {
    "five million octets of prose": HEAD + b"\n" + b"<a@b.example> said 550 no user\n" * 165_000,
    "five million octets of letter": REPORT + b"\nx\n--b\nContent-Type: message/rfc822\n\n"
    b"To: a@b.example\n\n" + b"user unknown at a@b.example " * 180_000,
    "tags never closed": HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 40_000,
    "tags in tags": HEAD + b"Content-Type: text/html\n\n" + b"<a " * 300_000,
    "addresses": HEAD + b"\n" + b"<a@b.example>\n" * 20_000,
    "signs of addresses": HEAD + b"\n" + b"a@" * 400_000,
    "quotes before signs": HEAD + b"\n" + b'"a" ' * 200_000,
    "words": HEAD + b"\n" + b"the user mailbox is not " * 10_000,
    "scripts without spaces": HEAD + b"\n" + "宛先a@b.example不明".encode() * 30_000,
    "blank lines": HEAD + b"\n" + b"\n" * 100_000,
    "rules": HEAD + b"\n" + b"- \n" * 200_000,
    "a line": HEAD + b"\n" + b"-" * 800_000,
    "fields": b"X: y\n" * 200_000 + b"\n",
    "encoded words": b"Subject: " + b"=?utf-8?b?aa?= " * 50_000 + b"\n\nx",
    "a subject": HEAD + b"Subject: " + b"re: " * 100_000 + b"\n\nx",
    "groups": STATUS + GROUP * 9_000,
    "a diagnostic": STATUS + GROUP.strip() + b"\nDiagnostic-Code: " + b"mailbox is not " * 40_000,
    "parts": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\na\n" * 100_000,
    "letters in letters": nested(1500),
    "seals": HEAD + b"\n" + (b"+" + b"a" * 34 + b"@") * 20_000,
    "braces": HEAD + b"\n" + b'{"notificationType":"Bounce","bouncedRecipients":' + b"[" * 90_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_report_made_to_take_long_is_read_soon(raw: bytes) -> None:
    begun = time.process_time()
    read(raw)
    assert time.process_time() - begun < SECONDS
