"""The retention policy as data: read, understood, or refused with a sentence that says where."""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings

_SHAPE = "“delete rows | blank COLUMN, … N days|months|years after COLUMN [while COLUMN is …]”"
_RULE = re.compile(
    r"(?:delete rows|blank (?P<columns>\w+(?:, ?\w+)*))"
    r" (?P<amount>\d{1,3}) (?P<unit>day|month|year)s?"
    r" after (?P<moment>\w+)(?: while (?P<conditions>.+))?"
)
_CONDITION = re.compile(r"(?P<column>\w+) is (?:(?P<negated>not )?null|'(?P<word>[^']*)')")
_KEYS = {"what", "personal", "other", "rules", "kept"}


class PolicyError(Exception):
    """The retention policy cannot be carried out; the message says what to do, to the operator."""


class Unit(StrEnum):
    """What a period is counted in."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A column is null, is not null, or is a word."""

    column: str
    word: str | None = None
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to a table's rows, and when; without columns the rows are deleted."""

    columns: tuple[str, ...]
    amount: int
    unit: Unit
    moment: str
    conditions: tuple[Condition, ...]
    says: str

    @property
    def period(self) -> str:
        """The period in words: “12 months”."""
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    def cutoff(self, *, at: datetime) -> datetime:
        """The latest moment that is long enough ago."""
        if self.unit == Unit.DAY:
            return at - timedelta(days=self.amount)
        months = self.amount * (12 if self.unit == Unit.YEAR else 1)
        year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
        _, last_day = monthrange(year, month + 1)
        return at.replace(year=year, month=month + 1, day=min(at.day, last_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is said about one table."""

    name: str
    what: str
    personal: tuple[str, ...]
    other: tuple[str, ...]
    rules: tuple[Rule, ...]
    kept: str

    @property
    def columns(self) -> set[str]:
        """Every column that is listed."""
        return {*self.personal, *self.other}

    @property
    def says(self) -> list[str]:
        """The rules in words for readers, periods filled in."""
        return [rule.says.replace("{period}", rule.period) for rule in self.rules if rule.says]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every table by its name in the database."""

    tables: Mapping[str, Table]

    def gaps(self, columns: Mapping[str, set[str]]) -> list[str]:
        """Sentences about columns that lack an entry, and entries that lack a column."""
        return sorted(self._gaps(columns))

    def _gaps(self, columns: Mapping[str, set[str]]) -> Iterator[str]:
        for table, found in columns.items():
            listed = self.tables[table].columns if table in self.tables else set()
            for column in found - listed:
                yield f"{table}.{column} lacks an entry: list it as personal or other."
            for column in listed - found:
                yield f"{table}.{column} is listed, but there is no such column."
        for table in self.tables.keys() - columns.keys():
            yield f"{table} is listed, but there is no such table."


def policy_file() -> Path:
    """Where the policy stands."""
    return Path(settings.BASE_DIR) / "docs" / "retention.toml"


def read_policy() -> Policy:
    """Read the policy file. Raises PolicyFault."""
    file = policy_file()
    try:
        return parse_policy(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as failure:
        raise PolicyError(f"{file} cannot be read: {failure.strerror}.") from None
    except ValueError as failure:
        raise PolicyError(f"{file} is no TOML: {failure}.") from None


def parse_policy(tables: Mapping[str, Any]) -> Policy:
    """Understand the policy's tables. Raises PolicyFault, naming the table."""
    return Policy(tables={name: _table(name, entry) for name, entry in tables.items()})


def _table(name: str, entry: Any) -> Table:
    if not isinstance(entry, dict) or entry.keys() - _KEYS:
        raise PolicyError(f"[{name}] has what it cannot have: write {', '.join(sorted(_KEYS))}.")
    table = Table(
        name=name,
        what=str(entry.get("what", "")),
        personal=tuple(entry.get("personal", ())),
        other=tuple(entry.get("other", ())),
        rules=tuple(_rule(name, rule) for rule in entry.get("rules", ())),
        kept=str(entry.get("kept", "")),
    )
    if twice := {*table.personal} & {*table.other}:
        raise PolicyError(f"{name}.{min(twice)} is listed as personal and as other: choose one.")
    for rule in table.rules:
        named = {*rule.columns, rule.moment, *(one.column for one in rule.conditions)}
        if unknown := named - table.columns:
            raise PolicyError(
                f"A rule of [{name}] names {min(unknown)}, which is not listed there."
            )
    blanked = {column for rule in table.rules for column in rule.columns}
    goes = any(not rule.columns for rule in table.rules)
    forgotten = {*table.personal} - blanked
    if forgotten and not (goes or table.kept):
        raise PolicyError(
            f"{name}.{min(forgotten)} is personal, but no rule touches it: write a rule, or under"
            " “kept” why it stays."
        )
    return table


def _rule(table: str, entry: Any) -> Rule:
    sentence = str(entry.get("do", "")) if isinstance(entry, dict) else ""
    found = _RULE.fullmatch(" ".join(sentence.split()))
    if found is None:
        raise PolicyError(f"A rule of [{table}] is not understood: “{sentence}”. Write {_SHAPE}.")
    conditions = (found["conditions"] or "").split(" and ") if found["conditions"] else []
    return Rule(
        columns=tuple(re.findall(r"\w+", found["columns"] or "")),
        amount=int(found["amount"]),
        unit=Unit(found["unit"]),
        moment=found["moment"],
        conditions=tuple(_condition(table, one) for one in conditions),
        says=str(entry.get("says", "")),
    )


def _condition(table: str, text: str) -> Condition:
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise PolicyError(
            f"A rule of [{table}] is not understood after “while”: “{text}”. Write “COLUMN is"
            " null”, “COLUMN is not null” or “COLUMN is 'WORD'”."
        )
    return Condition(
        column=found["column"], word=found["word"], negated=found["negated"] is not None
    )
