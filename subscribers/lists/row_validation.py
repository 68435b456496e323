"""Validate rows one by one: the values to store, or why a row is refused. Asks no database."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from django.core.exceptions import ValidationError

from newsroom.email_addresses import MAX_BYTES, normalise_address, to_ascii_domain
from newsroom.invisible_characters import has_nul, is_printable, remove_invisible_from_name
from subscribers.lists.columns import ImportField
from subscribers.lists.csv_files import LineCounts, Row, read_rows, unescape_formula
from subscribers.lists.dates import InvalidDate, parse_date
from subscribers.lists.import_errors import EXCLUDES_ADDRESS, RefusalReason
from subscribers.lists.import_plan import MAX_SOURCE, ImportPlan
from subscribers.lists.status_columns import StatusRule, StatusRuleKind
from subscribers.models.address_hash import hash_address, hash_key

MAX_NAME = 80  # characters
MAX_WORDING = 10_000  # characters
OLDEST = "1990-01-01 00:00:00"
_AS_STORED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_BYTE}(?:\.{_BYTE}){{3}}")
_ADDRESS_IN_NAME = re.compile(r"[^\s@<>,;]@[^\s@<>,;.]+\.[^\s@<>,;]")
_LINE_END = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_DATE = re.compile(r"(?<!\d)(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4})(?!\d)")
_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)")
_MAX_LOCAL = 64  # characters


class ValidatedRow(NamedTuple):
    """One row, in the order of the staging table's columns.

    A field is None where the value stated for the whole file applies. A row with a `reason` is
    refused; it has an `address_hash` only if the reason excludes the address from the whole file.
    """

    line: int
    address_hash: str | None = None
    address: str | None = None
    name: str | None = None
    agreed_at: str | None = None  # UTC, as both databases read it: 2024-05-01 10:00:00
    asked_at: str | None = None
    source: str | None = None
    wording: str | None = None
    ip: str | None = None
    asked_ip: str | None = None
    reason: str | None = None


class RowRefused(Exception):
    """A row is not imported."""

    def __init__(self, reason: str, *, address_hash: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.address_hash = reason, address_hash


def validate_rows(
    file: BinaryIO,
    plan: ImportPlan,
    *,
    briefing: str,
    now: datetime,
    counts: LineCounts | None = None,
) -> Iterator[ValidatedRow]:
    """Yield each row of a file, validated; `briefing` is the slug that our own exports must name.

    `counts` is told what each line is.

    The salt of address hashes is read at the call, so that another thread can do the rest.
    """
    validator = _RowValidator(plan, briefing=briefing, now=now)
    return _validated(read_rows(file, plan.csv_format, counts=counts), validator)


def _validated(rows: Iterator[Row], validator: _RowValidator) -> Iterator[ValidatedRow]:
    validate = validator.validate
    for line, cells, problem in rows:
        if problem is not None:
            yield ValidatedRow(line, reason=problem)
            continue
        try:
            yield validate(line, cells)
        except RowRefused as refused:
            yield ValidatedRow(line, address_hash=refused.address_hash, reason=refused.reason)


class _RowValidator:
    """The columns of one plan, looked up once for all rows."""

    def __init__(self, plan: ImportPlan, *, briefing: str, now: datetime) -> None:
        self.plan, self.briefing, self.now = plan, briefing, now
        self.now_text = str(now)[:19]
        self.width = len(plan.csv_format.header)
        columns = plan.columns
        name_fields = (ImportField.NAME, ImportField.FIRST_NAME, ImportField.LAST_NAME)
        self.address = columns[ImportField.ADDRESS]
        self.names = [columns[one] for one in name_fields if one in columns]
        self.briefing_column = columns.get(ImportField.BRIEFING)
        self.agreed_at = columns.get(ImportField.CONSENTED_AT)
        self.asked_at = columns.get(ImportField.ASKED_AT)
        self.source = columns.get(ImportField.SOURCE)
        self.wording = columns.get(ImportField.WORDING)
        self.ip = columns.get(ImportField.IP)
        self.asked_ip = columns.get(ImportField.ASKED_IP)
        self.status_checks = [
            (position, _cached_check(rule)) for position, rule in plan.status_rules
        ]
        self.normalise_address = AddressNormaliser().normalise
        self.parse_date = lru_cache(maxsize=1 << 12)(self._parse_date)

    def validate(self, line: int, cells: list[str]) -> ValidatedRow:
        """Return the values of one row. Raises RowRefused."""
        if len(cells) != self.width:
            cells = self._fit_to_header(cells)
        if self.plan.escapes_formulas:
            cells = [unescape_formula(cell) for cell in cells]
        try:
            address, address_hash = self.normalise_address(cells[self.address])
        except RowRefused:
            if has_nul("".join(cells)):
                raise RowRefused(RefusalReason.NUL) from None
            raise
        if reason := self._refusal(cells):
            excluded = address_hash if reason in EXCLUDES_ADDRESS else None
            raise RowRefused(reason, address_hash=excluded)
        return ValidatedRow(
            line=line,
            address_hash=address_hash,
            address=address,
            agreed_at=self._agreed_at(cells),
            name=clean_name(" ".join([cells[position] for position in self.names]), of=address),
            # When the form was sent: kept if it can be read. A row is not refused if it cannot.
            asked_at=None if self.asked_at is None else self.parse_date(cells[self.asked_at])[0],
            source=self._text(
                cells, self.source, self.plan.source, MAX_SOURCE, RefusalReason.NO_SOURCE
            ),
            wording=self._text(
                cells, self.wording, self.plan.wording, MAX_WORDING, RefusalReason.NO_WORDING
            ),
            ip=None if self.ip is None else _ip_address(cells[self.ip]),
            asked_ip=None if self.asked_ip is None else _ip_address(cells[self.asked_ip]),
        )

    def _fit_to_header(self, cells: list[str]) -> list[str]:
        """Return a row as wide as the header; extra cells may only be empty."""
        if len(cells) < self.width:
            raise RowRefused(RefusalReason.TOO_FEW_CELLS)
        if any(cells[self.width :]):
            raise RowRefused(RefusalReason.TOO_MANY_CELLS)
        return cells[: self.width]

    def _refusal(self, cells: list[str]) -> RefusalReason | None:
        if self.plan.refuse_all:
            return self.plan.refuse_all
        if reasons := [
            reason for position, check in self.status_checks if (reason := check(cells[position]))
        ]:
            # The most serious reason: "unsubscribed" outweighs "unconfirmed".
            return min(reasons, key=lambda reason: (reason not in EXCLUDES_ADDRESS, reason))
        column = self.briefing_column
        if column is not None and cells[column] not in {"", self.briefing}:
            return RefusalReason.OTHER_BRIEFING
        return None

    def _agreed_at(self, cells: list[str]) -> str | None:
        if self.agreed_at is None:
            return None
        text = cells[self.agreed_at]
        if not text.strip() and self.plan.consented_on:
            return None
        moment, reason = self.parse_date(text)
        if reason:
            raise RowRefused(reason)
        return moment

    def _parse_date(self, text: str) -> tuple[str | None, RefusalReason | None]:
        """Return a date as it is staged, or why it cannot be read."""
        if _AS_STORED.fullmatch(text) and OLDEST < text < self.now_text:
            try:
                datetime.fromisoformat(text)
            except ValueError:  # such as 24:00:00
                pass
            else:
                return text, None
        try:
            moment = parse_date(text, order=self.plan.day_order, now=self.now)
        except InvalidDate as problem:
            return None, problem.reason
        return f"{moment:%Y-%m-%d %H:%M:%S.%f}" if moment.microsecond else str(moment)[:19], None

    @staticmethod
    def _text(
        cells: list[str], position: int | None, stated: str, limit: int, missing: RefusalReason
    ) -> str | None:
        """Return a cell of evidence; None where the value `stated` for the whole file applies."""
        if position is None:
            return None
        text = cells[position].strip()[:limit]
        if has_nul(text):
            raise RowRefused(RefusalReason.NUL)
        if not text and not stated:
            raise RowRefused(missing)
        return text or None


class AddressNormaliser:
    """newsroom.email_addresses by the million, with a shortcut for plain addresses.

    An ASCII dot-atom at an ASCII domain needs no Unicode rules: it is compared in lower case. Those
    rules take three quarters of the time, and most addresses in a list are plain.
    """

    def __init__(self) -> None:
        hash_key("")  # reads the salt now, not in a thread with its own database connection
        self._to_ascii_domain = lru_cache(maxsize=1 << 16)(_ascii_domain_or_none)

    def normalise(self, typed: str) -> tuple[str, str]:
        """Return the address as it is stored, and its hash. Raises RowRefused."""
        typed = typed.strip()
        found = _PLAIN_ADDRESS.fullmatch(typed)
        if found is None or len(typed) > MAX_BYTES:
            return self._normalise_any(typed)
        local, domain = found.groups()
        ascii_domain = self._to_ascii_domain(domain)
        if ascii_domain is None or len(local) > _MAX_LOCAL:
            return self._normalise_any(typed)
        return f"{local}@{ascii_domain}", hash_key(f"{local.lower()}@{ascii_domain}")

    @staticmethod
    def _normalise_any(typed: str) -> tuple[str, str]:
        if not typed:
            raise RowRefused(RefusalReason.NO_ADDRESS)
        try:
            address = normalise_address(typed)
        except ValidationError as problem:
            raise RowRefused(" ".join(problem.messages)) from None
        return address, hash_address(address)


def _ascii_domain_or_none(domain: str) -> str | None:
    try:
        return to_ascii_domain(domain)
    except ValueError:
        return None


def clean_name(name: str, *, of: str) -> str:
    """Return a name as one line fit for an email; empty if it is a link or their own address.

    Raises RowRefused for what no name is, such as a row that a stray quotation mark put there.
    """
    if has_nul(name):
        raise RowRefused(RefusalReason.NUL)
    if "@" in name and _ADDRESS_IN_NAME.search(name):
        if name.strip().casefold() == of.casefold():
            return ""
        raise RowRefused(RefusalReason.ADDRESS_IN_NAME)
    if not is_printable(name) and _LINE_END.search(name.strip()):
        raise RowRefused(RefusalReason.LINES_IN_NAME)
    if len(_DATE.findall(name)) > 1:
        raise RowRefused(RefusalReason.DATES_IN_NAME)
    name = remove_invisible_from_name(name)
    if not name.isascii():
        name = unicodedata.normalize("NFC", name)
    name = " ".join(name.split())
    if ("." in name or ":" in name) and _LINK.search(name):
        return ""
    return name[:MAX_NAME].rstrip()


def _cached_check(rule: StatusRule) -> Callable[[str], RefusalReason | None]:
    """Return a rule's check, cached where cells repeat; times of confirmation seldom do."""
    if rule.kind is StatusRuleKind.REFUSE_IF_NO:
        return rule.check
    return lru_cache(maxsize=256)(rule.check)


@lru_cache(maxsize=1 << 12)
def _ip_address(text: str) -> str | None:
    """Return an IP address, or None: a misspelt one proves nothing."""
    text = text.strip()
    if _IPV4.fullmatch(text):  # nearly all of them; the module takes seven times as long
        return text
    try:
        # A zone (fe80::1%eth0) is local to one machine, and no database column stores it.
        return str(ipaddress.ip_address(text)) if text and "%" not in text else None
    except ValueError:
        return None
