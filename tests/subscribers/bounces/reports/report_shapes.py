"""Messages in the formats of many mail systems, built from the TOML files in shapes/.

A shape has a `name`, a `kind` (a bounce if missing) and a `classification` of `address` (Ivy's if
missing; `also` has others). It has a `head`, and then a `body` for a message of one part; or
`text`, `html`, `status`, `feedback`, `receipt` and `original` for one of several; or `parts`, each
with a content type, an encoding and a text; or `raw` for a message as it stands.
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
    "text": "text/plain",
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


def expected(shape: Shape) -> dict[str, str | None]:
    """Return the classification that a shape should give each address; None for a notice."""
    first = (
        {shape.get("address", IVY): shape["classification"]} if "classification" in shape else {}
    )
    found = {**first, **shape.get("also", {})}
    return {address: None if value == "notice" else value for address, value in found.items()}


def write_message(shape: Shape) -> bytes:
    """Return a shape as the bytes of a message."""
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
    content = text.encode(charset[1] if charset else "utf-8")
    if encoding == "base64":
        content = base64.encodebytes(content)
    elif encoding == "quoted-printable":
        content = quopri.encodestring(content)
    head = f"--cut\nContent-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + content + b"\n"
