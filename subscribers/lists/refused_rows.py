"""The file of refused rows: line, reason, and the row as it stood."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from subscribers.lists.csv_reader import read_rows
from subscribers.lists.import_plan import Plan
from subscribers.lists.known_exports import REFUSED_HEADER
from subscribers.lists.spreadsheet_cells import defuse
from subscribers.lists.staging_table import refused_lines

_PIECE = 1 << 18  # characters


def refused_file(file: BinaryIO, plan: Plan) -> Iterator[bytes]:
    """Give the file of refused rows piece by piece, as CSV in UTF-8 with a mark, for spreadsheets.

    Rows and reasons are both in the order of the file, so neither is held in memory.
    """
    piece = io.StringIO()
    writer = csv.writer(piece)
    piece.write("\ufeff")
    writer.writerow([*REFUSED_HEADER, *map(_cell, plan.table.header)])
    reasons = refused_lines()
    wanted = next(reasons, None)
    for line, cells in read_rows(file, plan.table) if wanted else ():
        if wanted is None:
            break
        if line == wanted[0]:
            writer.writerow([line, wanted[1], *map(_cell, cells)])
            wanted = next(reasons, None)
        if piece.tell() > _PIECE:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


def _cell(cell: str) -> str:
    return defuse(cell.replace("\0", "\ufffd"))
