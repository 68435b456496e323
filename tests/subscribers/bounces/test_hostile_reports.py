"""Any bytes are parsed as a report: quickly, without an error and without a worse result."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.bounces.report import MessageKind, Report
from subscribers.bounces.report_parser import parse_report
from tests.subscribers.bounces.reports.report_shapes import SHAPES, Shape, expected, write_message

HEAD = b"From: MAILER-DAEMON@x.example\nSubject: Undelivered mail\n"
REPORT = HEAD + b"Content-Type: multipart/report; boundary=b\n\n--b\n"
STATUS = REPORT + b"Content-Type: message/delivery-status\n\n"
GROUP = b"Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n\n"
# Most take a hundredth of this. The slowest, on a busy machine a tenth, is slow in the standard
# library's own parser.
SECONDS = 15.0

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


def parse(raw: bytes) -> Report:
    report = parse_report(raw)
    assert report.kind in MessageKind
    return report


@given(st.binary(max_size=3000))
def test_any_bytes_are_parsed(raw: bytes) -> None:
    parse(raw)


@given(shapes, places, st.integers(0, 200), st.binary(max_size=40))
def test_a_damaged_report_is_parsed(shape: Shape, place: int, length: int, noise: bytes) -> None:
    raw = write_message(shape)
    parse(raw[:place] + noise + raw[place + length :])


@given(shapes, odd_fields, st.integers(0, 3))
def test_a_report_with_odd_headers_is_parsed(shape: Shape, field: bytes, line: int) -> None:
    lines = write_message(shape).splitlines(keepends=True)
    parse(b"".join([*lines[:line], field, field, *lines[line:]]))


@given(shapes, shapes, places)
def test_two_reports_run_together_are_parsed(one: Shape, other: Shape, place: int) -> None:
    parse(write_message(one)[:place] + write_message(other))


@given(shapes, st.sampled_from(["utf-16", "utf-32", "cp500", "utf-7"]))
def test_a_report_in_an_unexpected_charset_is_parsed(shape: Shape, charset: str) -> None:
    parse(write_message(shape).decode("latin-1").encode(charset))


@given(
    st.sampled_from([one for one in SHAPES if "original" in one and "classification" in one]),
    st.lists(
        st.sampled_from(["mailbox full", "user unknown", "spam", "550 5.1.1", "<tom@x.example>"])
    ),
)
def test_the_text_of_the_returned_email_gives_no_reason(shape: Shape, words: list[str]) -> None:
    longer = {**shape, "original": f"{shape['original']}\n{' '.join(words)}\n"}
    report = parse(write_message(longer))
    assert {one.address: one.classification for one in report.results} == expected(shape)


def nested(depth: int) -> bytes:
    """Return a delivery status inside this many nested messages."""
    outer = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return HEAD + outer + b"Content-Type: message/delivery-status\n\n" + GROUP


def test_a_report_inside_a_hundred_messages_is_found() -> None:
    assert [one.address for one in parse(nested(100)).results] == ["a@b.example"]


HOSTILE = {
    "five million bytes of text": HEAD + b"\n" + b"<a@b.example> said 550 no user\n" * 165_000,
    "five million bytes of returned email": REPORT + b"\nx\n--b\nContent-Type: message/rfc822\n\n"
    b"To: a@b.example\n\n" + b"user unknown at a@b.example " * 180_000,
    "tags never closed": HEAD + b"Content-Type: text/html\n\n" + b"<style>" * 40_000,
    "tags in tags": HEAD + b"Content-Type: text/html\n\n" + b"<a " * 300_000,
    "addresses": HEAD + b"\n" + b"<a@b.example>\n" * 20_000,
    "at signs": HEAD + b"\n" + b"a@" * 400_000,
    "quotes before at signs": HEAD + b"\n" + b'"a" ' * 200_000,
    "phrases": HEAD + b"\n" + b"the user mailbox is not " * 10_000,
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
    "messages in messages": nested(1500),
    "tokens": HEAD + b"\n" + (b"+" + b"a" * 34 + b"@") * 20_000,
    "braces": HEAD + b"\n" + b'{"notificationType":"Bounce","bouncedRecipients":' + b"[" * 90_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_report_made_to_be_slow_is_parsed_quickly(raw: bytes) -> None:
    begun = time.process_time()
    parse(raw)
    assert time.process_time() - begun < SECONDS
