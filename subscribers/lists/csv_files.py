"""Lists as CSV files: detect separator and header, read rows, and escape formulas.

Rows are read strictly by RFC 4180, section 2, rules 5 to 7: a cell is either quoted as a whole,
with its quotation marks doubled, or has none. A program that reads a stray quotation mark leniently
puts the rows below into one cell, and their addresses into a stranger's name. Here such a row is a
`Row` with a `problem`, and reading goes on with the next line.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from newsroom.invisible_characters import replace_nul
from newsroom.text_encodings import Encoding
from subscribers.lists.file_encodings import SAMPLE, detect_encoding
from subscribers.lists.import_errors import ImportRefused, RefusalReason

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
MAX_LINE = 1 << 20  # characters between two line ends
MAX_COLUMNS = 500
_SAMPLE_ROWS = 20
MAX_CELL = 1 << 17  # characters; a longer one is a quotation mark that was never closed
# What makes a spreadsheet program compute a cell, after any apostrophes (OWASP, CSV injection).
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


class Row(NamedTuple):
    """One row, and the line on which it begins.

    A row with a `problem` cannot be read: `cells` are the pieces of that line between separators.
    """

    line: int
    cells: list[str]
    problem: RefusalReason | None = None


@dataclass(slots=True)
class LineCounts:
    """What the lines of a file are; those that begin a row are counted by whoever reads rows."""

    total: int = 0
    header: int = 0
    empty: int = 0
    continued: int = 0  # inside a cell that began on a line above

    def check(self, *, rows: int) -> None:
        """Raise RuntimeError unless each line is accounted for; it would be our mistake."""
        if self.total != self.header + self.empty + self.continued + rows:
            raise RuntimeError(f"{self} and {rows} rows: a line was lost or read twice")


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
    rows = _Records(file, encoding, separator).read()
    line, header, problem = next(rows, Row(0, []))
    if declared and line == 1:
        line, header, problem = next(rows, Row(0, []))
    if not header:
        raise ImportRefused("The file has no rows. Choose the file that contains the list.")
    if problem:
        raise ImportRefused(f"We cannot read the column names on line {line:,}. {problem}")
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
    names = tuple(" ".join(replace_nul(cell).split()) for cell in header)
    return CsvFormat(encoding=encoding, separator=separator, header=names, header_line=line)


def read_rows(
    file: BinaryIO, csv_format: CsvFormat, *, counts: LineCounts | None = None
) -> Iterator[Row]:
    """Yield each row below the header; skip empty rows. `counts` is kept up to date.

    Raises ImportRefused for a line too long for a list.
    """
    records = _Records(
        file,
        csv_format.encoding,
        csv_format.separator,
        width=len(csv_format.header),
        header_line=csv_format.header_line,
        counts=counts,
    )
    return records.read()


def read_rows_with_lines(
    file: BinaryIO, csv_format: CsvFormat
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the lines of every row as they are in the file, and its cells; skip no row.

    Together the lines are the whole file after its byte order mark. Raises as `read_rows` does.
    """
    records = _Records(
        file, csv_format.encoding, csv_format.separator, width=len(csv_format.header)
    )
    return ((lines, row.cells) for lines, row in records.read_all())


def sample_rows(file: BinaryIO, csv_format: CsvFormat, number: int) -> list[Row]:
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


class _Records:
    """Reads a file as rows. A row that cannot be read ends with its line.

    `width` is the number of columns: with it, a row inside another row's cell is noticed.
    """

    def __init__(
        self,
        file: BinaryIO,
        encoding: Encoding,
        separator: str,
        *,
        width: int = 0,
        header_line: int = 0,
        counts: LineCounts | None = None,
    ) -> None:
        self.source = read_lines(file, encoding)
        self.separator, self.width, self.header_line = separator, width, header_line
        self.counts = LineCounts() if counts is None else counts
        self.is_strict = _strict_record(separator).fullmatch
        self.waiting: deque[str] = deque()  # lines that were read ahead and belong to no row yet

    def read(self) -> Iterator[Row]:
        """Yield the rows below the header that are not empty."""
        counts, header_line = self.counts, self.header_line
        for lines, row in self.read_all():
            if row.line <= header_line:
                counts.header += len(lines)
            elif any(row.cells):
                counts.continued += len(lines) - 1
                yield row
            else:  # spreadsheet programs fill the end of a sheet with such rows
                counts.empty += len(lines)

    def read_all(self) -> Iterator[tuple[list[str], Row]]:
        """Yield every row with its lines, those above the header and empty ones too."""
        separator = self.separator
        number = 1
        while (text := self._next_line()) is not None:
            if '"' not in text:
                yield [text], Row(number, text.rstrip("\r\n").split(separator))
                number += 1
                continue
            is_whole = self.is_strict(text.rstrip("\r\n"))  # as nearly every row is
            more = [] if is_whole else self._lines_to_closing_quote(text)
            row = self._parse(number, text, more)
            if row.problem:
                self.waiting.extendleft(reversed(more))
                more = []
            yield [text, *more], row
            number += 1 + len(more)

    def _next_line(self) -> str | None:
        if self.waiting:
            return self.waiting.popleft()
        line = next(self.source, None)
        self.counts.total += line is not None
        return line

    def _lines_to_closing_quote(self, text: str) -> list[str]:
        """Return the lines that follow until quotation marks are paired, within reason."""
        more: list[str] = []
        if not self.is_strict(text.rstrip("\r\n") + '"'):  # no line below can make it right
            return more
        is_open, size = text.count('"') % 2, len(text)
        while is_open and size <= MAX_CELL and (line := self._next_line()) is not None:
            more.append(line)
            is_open, size = (is_open + line.count('"')) % 2, size + len(line)
        return more

    def _parse(self, number: int, text: str, more: list[str]) -> Row:
        record = "".join([text, *more]).rstrip("\r\n") if more else text.rstrip("\r\n")
        if not self.is_strict(record):
            is_open = self.is_strict(record + '"')
            problem = RefusalReason.UNCLOSED_QUOTE if is_open else RefusalReason.STRAY_QUOTE
        elif any(map(self._is_a_row, more)):
            problem = RefusalReason.ROWS_IN_A_CELL
        else:
            try:
                cells = next(csv.reader([record], delimiter=self.separator, strict=True))
            except csv.Error:  # the one limit that the pattern does not have
                problem = RefusalReason.LONG_CELL
            else:
                return Row(number, cells)
        return Row(number, text.rstrip("\r\n").split(self.separator), problem)

    def _is_a_row(self, line: str) -> bool:
        """Whether a line inside a cell looks like a row of this list, with an address in a cell."""
        pieces = line.rstrip("\r\n").split(self.separator)
        return 1 < len(pieces) == self.width and any(
            _looks_like_an_address(piece.strip('"')) for piece in pieces
        )


@lru_cache(maxsize=len(SEPARATORS))
def _strict_record(separator: str) -> re.Pattern[str]:
    """Return what a whole record matches (RFC 4180, section 2)."""
    mark = re.escape(separator)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{mark}\r\n]*+)'
    return re.compile(rf"{cell}(?:{mark}{cell})*+")


def _likeliest_separator(start: str) -> str:
    """Return the separator that splits most of the first rows into the same number of cells.

    If two separators do so equally well, it is the one that makes more cells.
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
