"""Reports in the shapes of many mail systems: from shapes/ to the bytes of a message.

A shape has a `name`, what it is (`kind`, else a bounce), what it means (`verdict`) for whom
(`address`, else Ivy's; `also` for others), and the message: `head`, and `body` for a message of one
part, or `prose`, `html`, `status`, `feedback`, `receipt`, `original` for one of several, or `parts`
with a content type, an encoding and a text each, or `raw` for what is written as it stands.
"""

from __future__ import annotations

import base64
import quopri
import re
import tomllib
from pathlib import Path
from typing import Any

Shape = dict[str, Any]

IVY = "ivy@ward.example"
HEAD = (
    "From: MAILER-DAEMON@out.example (Mail Delivery System)\n"
    "Subject: Undelivered Mail Returned to Sender\nReturn-Path: <>"
)
FIELDS = "To: bounces@news.example.com\nDate: Thu, 12 Nov 2026 07:01:00 +0000\nMIME-Version: 1.0\n"
SHAPES: list[Shape] = [
    shape
    for file in sorted((Path(__file__).parent / "shapes").glob("*.toml"))
    for shape in tomllib.loads(file.read_text())["shape"]
]
_TYPES = {
    "prose": "text/plain",
    "html": "text/html",
    "status": "message/delivery-status",
    "feedback": "message/feedback-report",
    "receipt": "message/disposition-notification",
    "original": "message/rfc822",
}
_REPORTS = {
    "status": "delivery-status",
    "feedback": "feedback-report",
    "receipt": "disposition-notification",
}


def expected(shape: Shape) -> dict[str, str]:
    """Give whom a shape should be read to be about, and what it means for each."""
    first = {shape.get("address", IVY): shape["verdict"]} if "verdict" in shape else {}
    return {**first, **shape.get("also", {})}


def write_message(shape: Shape) -> bytes:
    """Put a shape into the bytes of a message."""
    head = f"{shape.get('head', HEAD)}\n{FIELDS}"
    if "raw" in shape:
        return f"{head}{shape['raw'].lstrip()}".encode()
    if "body" in shape:
        charset = shape.get("charset", "utf-8")
        encoding = "7bit" if charset == "iso-2022-jp" else "8bit"
        return (
            f"{head}Content-Type: text/plain; charset={charset}\n"
            f"Content-Transfer-Encoding: {encoding}\n\n{shape['body']}"
        ).encode(charset)
    kinds = [name for key, name in _REPORTS.items() if key in shape]
    report = f"report; report-type={kinds[0]}" if kinds else "mixed"
    parts = shape.get("parts") or [
        (content_type, "8bit", shape[key].lstrip())
        for key, content_type in _TYPES.items()
        if key in shape
    ]
    written = b"".join(_write_part(*part) for part in parts)
    begin = f"{head}Content-Type: multipart/{report}; boundary=cut\n\n"
    return begin.encode() + written + b"--cut--\n"


def _write_part(content_type: str, encoding: str, text: str) -> bytes:
    charset = re.search(r'charset="?((?!x-)\w[\w-]*)', content_type)
    octets = text.encode(charset[1] if charset else "utf-8")
    if encoding == "base64":
        octets = base64.encodebytes(octets)
    elif encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    head = f"--cut\nContent-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + octets + b"\n"
