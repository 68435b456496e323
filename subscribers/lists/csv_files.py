"""Lists as CSV files: detect separator and header, read rows, and escape formulas."""

from __future__ import annotations

import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, dropwhile, islice
from typing import TYPE_CHECKING, BinaryIO

from newsroom.text_encodings import Encoding
from subscribers.lists.file_encodings import SAMPLE, detect_encoding
from subscribers.lists.import_errors import ImportRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MAX_LINE = 1 << 20  # characters between two line ends
MAX_COLUMNS = 500
_SAMPLE_ROWS = 20
# Added after the last line: a cell that contains it was quoted and never closed.
_END = "\ufdd0end of file\ufdd0"
# What makes a spreadsheet program compute a cell, after any apostrophes (OWASP, CSV injection).
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFormat:
    """How to read a file. `header_line` counts from 1."""

    encoding: Encoding
    separator: str
    header: tuple[str, ...]
    header_line: int

    @property
    def separator_name(self) -> str:
        return SEPARATORS[self.separator]


def detect_format(file: BinaryIO) -> CsvFormat:
    """Return a file's encoding, separator and header. Raises ImportRefused."""
    encoding = detect_encoding(file)
    file.seek(encoding.bom_bytes)
    start = file.read(SAMPLE).decode(encoding.codec, "ignore")
    declared = start[4:5] if start[:4].lower() == "sep=" else ""  # as Excel writes it
    separator = declared if declared in SEPARATORS else _likeliest_separator(start)
    rows = _records(file, encoding, separator)
    line, header = next(rows, (0, []))
    if declared and line == 1:
        line, header = next(rows, (0, []))
    if not header:
        raise ImportRefused("The file has no rows. Choose the file that contains the list.")
    if len(header) > MAX_COLUMNS:
        raise ImportRefused(
            f"The file has {len(header):,} columns; the most we can read is {MAX_COLUMNS}. Export"
            " the list again with only the columns you need."
        )
    if any(_looks_like_an_address(cell) for cell in header):
        raise ImportRefused(
            f"Line {line} contains an email address, not column names. Add a line of column names"
            f" above it, such as {separator.join(['email', 'name', 'consent_date'])}."
        )
    names = tuple(" ".join(cell.replace("\0", "").split()) for cell in header)
    return CsvFormat(encoding=encoding, separator=separator, header=names, header_line=line)


def read_rows(file: BinaryIO, csv_format: CsvFormat) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row below the header begins, and its cells; skip empty rows.

    Raises ImportRefused for an unclosed quotation mark and for a row too long for a list.
    """
    rows = _records(file, csv_format.encoding, csv_format.separator)
    return dropwhile(lambda row: row[0] <= csv_format.header_line, rows)


def read_rows_with_lines(
    file: BinaryIO, csv_format: CsvFormat
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the lines of every row as they are in the file, and its cells; skip no row.

    Together the lines are the whole file after its byte order mark. Raises as `read_rows` does.
    """
    lines: list[str] = []

    def recorded() -> Iterator[str]:
        for line in read_lines(file, csv_format.encoding):
            lines.append(line)
            yield line

    for _, cells in _parse(chain(recorded(), [_END]), csv_format.separator, skip_empty=False):
        yield lines.copy(), cells
        lines.clear()


def sample_rows(file: BinaryIO, csv_format: CsvFormat, number: int) -> list[tuple[int, list[str]]]:
    """Return the first rows below the header, as `read_rows` yields them."""
    return list(islice(read_rows(file, csv_format), number))


def read_lines(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Yield each line with its line end, ignoring quotation marks. Raises ImportRefused."""
    file.seek(encoding.bom_bytes)
    text = io.TextIOWrapper(file, encoding=encoding.codec, newline="")
    try:
        for number, line in enumerate(iter(partial(text.readline, MAX_LINE), ""), start=1):
            if len(line) >= MAX_LINE:
                raise ImportRefused(
                    f"Line {number:,} has more than {MAX_LINE:,} characters, too many for a row of"
                    " a list. Check that line, or export the list without its long columns."
                )
            yield line
    except UnicodeDecodeError:
        raise ImportRefused("The file changed while we were reading it. Upload it again.") from None
    finally:
        # Without detach, the wrapper would close the caller's file; the caller may have closed it.
        with suppress(ValueError):
            text.detach()


def escape_formula(cell: str) -> str:
    """Return a cell that no spreadsheet program computes, with an apostrophe in front if needed.

    An address may rightly begin with =, + or -. A cell that begins with apostrophes and a formula
    gets one more, so that `unescape_formula` always restores the original.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unescape_formula(cell: str) -> str:
    """Return the cell that `escape_formula` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _records(file: BinaryIO, encoding: Encoding, separator: str) -> Iterator[tuple[int, list[str]]]:
    return _parse(chain(read_lines(file, encoding), [_END]), separator)


def _parse(
    lines: Iterable[str], separator: str, *, skip_empty: bool = True
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=separator)
    next_line = 1
    try:
        for cells in reader:
            line, next_line = next_line, reader.line_num + 1
            if cells and cells[-1].endswith(_END):
                if cells != [_END]:
                    raise ImportRefused(_unclosed(line))
                return
            # Spreadsheet programs fill the end of a sheet with empty rows.
            if not skip_empty or any(cells):
                yield line, cells
    except csv.Error as problem:
        if "field limit" in str(problem):
            raise ImportRefused(
                f"The row on line {next_line:,} has a cell of more than"
                f" {csv.field_size_limit():,} characters. The likely cause is a quotation mark that"
                " is never closed."
            ) from None
        raise ImportRefused(f"Line {next_line:,} cannot be read: {problem}.") from None


def _unclosed(line: int) -> str:
    return (
        f"A quotation mark in the row on line {line:,} is never closed, so the rest of the file"
        " would be one cell. Close it, or double it if it belongs to the text."
    )


def _likeliest_separator(start: str) -> str:
    """Return the separator that splits most of the first rows into the same number of cells.

    Of two that do, it is the one that makes more cells.
    """
    whole_lines = start[: start.rfind("\n") + 1] or start

    def score(separator: str) -> tuple[float, int]:
        try:
            reader = csv.reader(io.StringIO(whole_lines, newline=""), delimiter=separator)
            rows = [row for row in islice(reader, _SAMPLE_ROWS) if row]
        except csv.Error:
            return 0.0, 0
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(SEPARATORS, key=score)


def _looks_like_an_address(cell: str) -> bool:
    local, at, domain = cell.strip().rpartition("@")
    return bool(local and at and "." in domain and " " not in cell.strip())
