"""Cells that a spreadsheet program would compute, made harmless, and made as they were again.

A cell that begins with one of these is a formula to it (OWASP, CSV injection), and an address may
rightly begin with =, + or -. An apostrophe in front makes it text; where apostrophes stand there
already, one more is put in front, so that the way back is certain.
"""

from __future__ import annotations

import re

_COMPUTED = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def defuse(cell: str) -> str:
    """Put an apostrophe before what would be computed."""
    return f"'{cell}" if _COMPUTED.match(cell) else cell


def undefuse(cell: str) -> str:
    """Take off the apostrophe that `defuse` put there."""
    return cell[1:] if cell.startswith("'") and _COMPUTED.match(cell) else cell
