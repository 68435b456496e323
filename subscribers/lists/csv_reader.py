"""A list as a table: its separator, its header, its rows with the lines they begin on."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, dropwhile, islice
from typing import TYPE_CHECKING, BinaryIO

from newsroom.text_encodings import Encoding
from subscribers.lists.decoding import SAMPLE, detect_encoding
from subscribers.lists.import_errors import ImportRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MAX_LINE = 1 << 20  # characters between two line ends
MAX_COLUMNS = 500
_SAMPLE_ROWS = 20
# Follows the last line: whoever meets it inside a cell knows that a quotation was never closed.
_END = "\ufdd0end of file\ufdd0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """How a file is read. `first_line` is that of the header, counted from 1."""

    encoding: Encoding
    separator: str
    header: tuple[str, ...]
    first_line: int

    @property
    def separator_words(self) -> str:
        return SEPARATORS[self.separator]


def open_table(file: BinaryIO) -> Table:
    """Find out encoding, separator and header. Raises ImportRefused with a sentence."""
    encoding = detect_encoding(file)
    file.seek(encoding.bom_bytes)
    start = file.read(SAMPLE).decode(encoding.codec, "ignore")
    given = start[4:5] if start[:4].lower() == "sep=" else ""  # as Excel writes it
    separator = given if given in SEPARATORS else _likeliest_separator(start)
    rows = _records(file, encoding, separator)
    line, header = next(rows, (0, []))
    if given and line == 1:
        line, header = next(rows, (0, []))
    if not header:
        raise ImportRefused("The file has no rows. Choose the file that has the list.")
    if len(header) > MAX_COLUMNS:
        raise ImportRefused(f"The file has {len(header):,} columns; up to {MAX_COLUMNS} are read.")
    if any(_is_like_an_address(cell) for cell in header):
        raise ImportRefused(
            f"Line {line} holds an address where the names of the columns belong. Put a line such"
            f" as {separator.join(['email', 'name', 'consent_date'])} above it."
        )
    names = tuple(" ".join(cell.replace("\0", "").split()) for cell in header)
    return Table(encoding=encoding, separator=separator, header=names, first_line=line)


def read_rows(file: BinaryIO, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Give each row under the header with the line it begins on; empty rows are passed over.

    Raises ImportRefused for a quotation that is never closed and for what is too long for a list.
    """
    rows = _records(file, table.encoding, table.separator)
    return dropwhile(lambda row: row[0] <= table.first_line, rows)


def sample_rows(file: BinaryIO, table: Table, number: int) -> list[tuple[int, list[str]]]:
    """Give the first rows under the header."""
    return list(islice(read_rows(file, table), number))


def read_lines(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Give each line with its end, whatever the quotation marks say. Raises ImportRefused."""
    file.seek(encoding.bom_bytes)
    text = io.TextIOWrapper(file, encoding=encoding.codec, newline="")
    try:
        for number, line in enumerate(iter(partial(text.readline, MAX_LINE), ""), start=1):
            if len(line) >= MAX_LINE:
                raise ImportRefused(
                    f"Line {number:,} has more than {MAX_LINE:,} characters, which no row of a list"
                    " has. Look there, or export the list without its long columns."
                )
            yield line
    except UnicodeDecodeError:
        raise ImportRefused("The file changed while it was read. Send it again.") from None
    finally:
        # Or it would close the file, which is not ours; who gave up reading may have closed it.
        with suppress(ValueError):
            text.detach()


def _records(file: BinaryIO, encoding: Encoding, separator: str) -> Iterator[tuple[int, list[str]]]:
    return _parse(chain(read_lines(file, encoding), [_END]), separator)


def _parse(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    began = 1
    try:
        for cells in reader:
            line, began = began, reader.line_num + 1
            if cells and cells[-1].endswith(_END):
                if cells != [_END]:
                    raise ImportRefused(_unclosed(line))
                return
            # Spreadsheets fill the end of a sheet with rows of nothing.
            if any(cells):
                yield line, cells
    except csv.Error as problem:
        if "field limit" in str(problem):
            raise ImportRefused(
                f"The row on line {began:,} has a cell of more than {csv.field_size_limit():,}"
                " characters. Most likely a quotation mark there is never closed."
            ) from None
        raise ImportRefused(f"Line {began:,} cannot be read: {problem}.") from None


def _unclosed(line: int) -> str:
    return (
        f"A quotation mark in the row on line {line:,} is never closed, so everything after it"
        " would be one cell. Close it, or write it twice if it belongs to the text."
    )


def _likeliest_separator(start: str) -> str:
    """Take the separator that divides the first rows into equally many cells, and most of them."""
    whole = start[: start.rfind("\n") + 1] or start

    def score(separator: str) -> tuple[float, int]:
        try:
            reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator)
            rows = [row for row in islice(reader, _SAMPLE_ROWS) if row]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(SEPARATORS, key=score)


def _is_like_an_address(cell: str) -> bool:
    local, at, domain = cell.strip().rpartition("@")
    return bool(local and at and "." in domain and " " not in cell.strip())
