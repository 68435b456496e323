"""What makes an email malformed (RFC 5321, 5322)."""

from __future__ import annotations

import re

ONCE = (
    "from",
    "date",
    "message-id",
    "subject",
    "to",
    "list-id",
    "list-unsubscribe",
    "mime-version",
)


def faults_of(content: bytes, options: set[str]) -> list[str]:
    """Return what is wrong with an email as it was sent, with dots still doubled."""
    header, separator, _ = content.partition(b"\r\n\r\n")
    names = [name.lower() for name in re.findall(rb"^([!-9;-~]+):", header, re.MULTILINE)]
    lines = content.split(b"\r\n")
    endings = content.count(b"\r\n")
    wrong = {
        "the header does not end": not separator,
        "a header line has neither name nor fold": any(
            not re.match(rb"[!-9;-~]+:|[ \t]+\S", line) for line in header.split(b"\r\n")
        ),
        "From or Date is missing": not {b"from", b"date"} <= set(names),
        "a bare CR or LF": content.count(b"\n") != endings or content.count(b"\r") != endings,
        "a NUL": b"\0" in content,
        "an encoded word over 75 characters": any(
            len(word) > 75 for word in re.findall(rb"=\?[!-~]+?\?[bBqQ]\?[!-~]*?\?=", header)
        ),
        "a header line over 78 bytes that could be folded": any(
            map(could_be_folded, header.split(b"\r\n"))
        ),
        "a line over 998 bytes": max(map(len, lines)) > 998,
        "a single dot begins a line": any(
            line.startswith(b".") and not line.startswith(b"..") for line in lines
        ),
        "8-bit content without BODY=8BITMIME": (
            "BODY=8BITMIME" not in options and not content.isascii()
        ),
        "8-bit header without SMTPUTF8": "SMTPUTF8" not in options and not header.isascii(),
    }
    twice = [f"{name} more than once" for name in ONCE if names.count(name.encode()) > 1]
    return [what for what, holds in wrong.items() if holds] + twice


def could_be_folded(line: bytes) -> bool:
    """Whether a header line is longer than 78 bytes and has a space where it could be folded."""
    start = re.match(rb"[!-9;-~]+:[ \t]?|[ \t]*", line)
    value = line[start.end() if start else 0 :].strip()
    is_first = not line.startswith((b" ", b"\t"))
    return len(line) > 78 and (b" " in value or (is_first and len(value) < 78))
