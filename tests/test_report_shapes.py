"""Reports of many mail systems are read for what they are, and a machine's answer is none."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.reports.reading import read_report
from subscribers.reports.verdicts import Kind, Verdict

SHAPES = tomllib.loads((Path(__file__).parent / "reports/shapes.toml").read_text())["shape"]
FIELDS = "To: bounces@news.example.com\nDate: Thu, 12 Nov 2026 07:01:00 +0000\nMIME-Version: 1.0\n"


def write_message(shape: dict[str, Any]) -> bytes:
    """Put a shape into the bytes of a message."""
    charset = shape.get("charset", "utf-8")
    head = f"{shape['head']}\n{FIELDS}"
    if "body" in shape:
        encoding = "7bit" if charset == "iso-2022-jp" else "8bit"
        return (
            f"{head}Content-Type: text/plain; charset={charset}\n"
            f"Content-Transfer-Encoding: {encoding}\n\n{shape['body']}"
        ).encode(charset)
    kind = next(
        (
            name
            for key, name in (
                ("status", "delivery-status"),
                ("feedback", "feedback-report"),
                ("receipt", "disposition-notification"),
            )
            if key in shape
        ),
        None,
    )
    report = f"report; report-type={kind}" if kind else "mixed"
    parts = [f"Content-Type: multipart/{report}; boundary=cut\n\n"]
    for key, content_type in (
        ("prose", "text/plain"),
        ("html", "text/html"),
        ("status", "message/delivery-status"),
        ("feedback", "message/feedback-report"),
        ("receipt", "message/disposition-notification"),
        ("original", "message/rfc822"),
    ):
        if key in shape:
            parts.append(f"--cut\nContent-Type: {content_type}\n\n{shape[key].lstrip()}\n")
    return (head + "".join(parts) + "--cut--\n").encode()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["name"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_report_is_read_for_what_it_is(shape: dict[str, Any], ending: str) -> None:
    report = read_report(write_message(shape).replace(b"\n", ending.encode()))
    assert report.kind == shape["kind"]
    if "address" in shape:
        found = {one.address: one.verdict for one in report.failures}
        assert found.get(shape["address"]) == shape["verdict"], report
    else:
        assert report.failures == ()


def test_every_word_of_the_tables_is_in_use() -> None:
    assert {shape["kind"] for shape in SHAPES} == set(Kind) - {Kind.UNREADABLE}
    assert {shape.get("verdict") for shape in SHAPES} - {None} == set(Verdict)


@given(st.binary(max_size=3000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert read_report(raw).kind in Kind


@given(st.sampled_from(SHAPES), st.integers(0, 2000), st.integers(0, 200), st.binary(max_size=40))
def test_a_damaged_report_is_read(
    shape: dict[str, Any], place: int, length: int, noise: bytes
) -> None:
    raw = write_message(shape)
    report = read_report(raw[:place] + noise + raw[place + length :])
    assert report.kind in Kind


@pytest.mark.parametrize(
    "raw",
    [
        b"From: MAILER-DAEMON@x.example\nContent-Type: text/html\n\n" + b"<style>" * 40_000,
        b"From: MAILER-DAEMON@x.example\n\n" + b"<a@b.example>\n" * 20_000,
        b"From: MAILER-DAEMON@x.example\n\n" + b"the user mailbox is not " * 10_000,
        b"From: MAILER-DAEMON@x.example\n\n" + b"\n" * 100_000,
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500)
        ),
    ],
)
def test_a_report_made_to_take_long_is_read_soon(raw: bytes) -> None:
    begun = time.process_time()
    read_report(raw)
    assert time.process_time() - begun < 5
