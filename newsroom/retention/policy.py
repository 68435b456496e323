"""The retention policy as data: parsed from docs/retention.toml, or refused with the reason."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext_lazy

_TABLE_KEYS = {"what", "personal", "other", "rules", "kept"}
_RULE_KEYS = {
    *("action", "columns", "after", "days", "months", "years"),
    *("while", "while_null", "while_not_null", "unless_in", "says"),
}


class PolicyError(Exception):
    """The retention policy cannot be carried out; the message tells the operator what to change."""


class Action(StrEnum):
    """What a rule does with the rows that it applies to."""

    DELETE = "delete"
    BLANK = "blank"


class Unit(StrEnum):
    """The unit of a rule's period; the key in the file is the plural."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


_PERIODS = {
    Unit.DAY: ngettext_lazy("%d day", "%d days"),
    Unit.MONTH: ngettext_lazy("%d month", "%d months"),
    Unit.YEAR: ngettext_lazy("%d year", "%d years"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A column has one of these values; or, where `is_null` is given, is null or is not."""

    column: str
    values: tuple[str, ...] = ()
    is_null: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to a table's rows, and how long after the moment in the column `after`.

    A rule that deletes has no `columns`. A rule leaves the rows to which a column of `unless_in`
    refers, each a table and a column. `says` is the same for readers, with `{period}` in it.
    """

    action: Action
    columns: tuple[str, ...]
    after: str
    amount: int
    unit: Unit
    conditions: tuple[Condition, ...]
    unless_in: tuple[tuple[str, str], ...] = ()
    says: str

    @property
    def period(self) -> str:
        """The period in words: “12 months”."""
        return str(_PERIODS[self.unit] % self.amount)

    def cutoff(self, *, at: datetime) -> datetime:
        """Return the latest moment from which the whole period has passed."""
        if self.unit == Unit.DAY:
            return at - timedelta(days=self.amount)
        months = self.amount * (12 if self.unit == Unit.YEAR else 1)
        year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
        _, last_day = monthrange(year, month + 1)
        return at.replace(year=year, month=month + 1, day=min(at.day, last_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The policy for one table."""

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
        """The rules in words for readers, with their periods filled in."""
        return [
            gettext(rule.says).replace("{period}", rule.period) for rule in self.rules if rule.says
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Every table, by its name in the database."""

    tables: Mapping[str, Table]

    def gaps(self, columns: Mapping[str, set[str]]) -> list[str]:
        """Return a sentence for each column without an entry and each entry without a column."""
        return sorted(self._gaps(columns))

    def _gaps(self, columns: Mapping[str, set[str]]) -> Iterator[str]:
        for table, found in columns.items():
            listed = self.tables[table].columns if table in self.tables else set()
            for column in found - listed:
                yield f"{table}.{column} has no entry: list it as personal or other."
            for column in listed - found:
                yield f"{table}.{column} is listed, but there is no such column."
        for table in self.tables.keys() - columns.keys():
            yield f"{table} is listed, but there is no such table."
        for one in self.tables.values():
            for table, column in {named for rule in one.rules for named in rule.unless_in}:
                if column not in columns.get(table, set()):
                    yield f"{one.name}: “unless_in” names {table}.{column}, which does not exist."


def policy_file() -> Path:
    """Return the path of the policy file."""
    return Path(settings.BASE_DIR) / "docs" / "retention.toml"


def read_policy() -> Policy:
    """Read the policy file. Raises PolicyError."""
    file = policy_file()
    try:
        return parse_policy(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as failure:
        raise PolicyError(f"{file} cannot be read: {failure.strerror}.") from None
    except ValueError as failure:
        raise PolicyError(f"{file} is not valid TOML: {failure}.") from None


def parse_policy(tables: Mapping[str, Any]) -> Policy:
    """Return the policy that these TOML tables describe.

    Raises PolicyError, which names the table and the rule.
    """
    return Policy(tables={name: _parse_table(name, entry) for name, entry in tables.items()})


def _parse_table(name: str, entry: Any) -> Table:
    if not isinstance(entry, dict):
        raise PolicyError(f"[{name}] is not a table.")
    _refuse_unknown_keys(f"[{name}]", entry, _TABLE_KEYS)
    rules = entry.get("rules", ())
    table = Table(
        name=name,
        what=str(entry.get("what", "")),
        personal=tuple(entry.get("personal", ())),
        other=tuple(entry.get("other", ())),
        rules=tuple(
            _parse_rule(f"[{name}], rule {number}", rule) for number, rule in enumerate(rules, 1)
        ),
        kept=str(entry.get("kept", "")),
    )
    if twice := {*table.personal} & {*table.other}:
        raise PolicyError(
            f"{name}.{min(twice)} is listed as both personal and other: choose one of them."
        )
    for number, rule in enumerate(table.rules, 1):
        named = {*rule.columns, rule.after, *(one.column for one in rule.conditions)}
        if unknown := named - table.columns:
            raise PolicyError(
                f"[{name}], rule {number} uses the column {min(unknown)}, which is not listed."
            )
    _refuse_columns_kept_without_reason(table)
    return table


def _refuse_columns_kept_without_reason(table: Table) -> None:
    if table.kept or any(rule.action is Action.DELETE for rule in table.rules):
        return
    blanked = {column for rule in table.rules for column in rule.columns}
    if untouched := {*table.personal} - blanked:
        raise PolicyError(
            f"{table.name}.{min(untouched)} is personal, but no rule applies to it: add a rule, or"
            " say in “kept” why it stays."
        )


def _parse_rule(where: str, entry: Any) -> Rule:
    if not isinstance(entry, dict):
        raise PolicyError(f"{where} is not a table: write action, after and a period.")
    _refuse_unknown_keys(where, entry, _RULE_KEYS)
    try:
        action = Action(entry.get("action", ""))
    except ValueError:
        raise PolicyError(f"{where}: action must be “delete” or “blank”.") from None
    columns = _column_names(where, entry, "columns")
    if (action is Action.BLANK) != bool(columns):
        raise PolicyError(f"{where}: list the columns if the action is “blank”, and only then.")
    if not isinstance(entry.get("after"), str):
        raise PolicyError(f"{where}: write in “after” the column that the period starts from.")
    amount, unit = _parse_period(where, entry)
    return Rule(
        action=action,
        columns=columns,
        after=entry["after"],
        amount=amount,
        unit=unit,
        conditions=tuple(_parse_conditions(where, entry)),
        unless_in=tuple(_parse_references(where, entry)),
        says=str(entry.get("says", "")),
    )


def _parse_period(where: str, entry: Mapping[str, Any]) -> tuple[int, Unit]:
    periods = [(entry[f"{unit}s"], unit) for unit in Unit if f"{unit}s" in entry]
    if len(periods) != 1:
        raise PolicyError(f"{where}: give the period once, as days, months or years.")
    [(amount, unit)] = periods
    if type(amount) is not int or not 0 <= amount <= 999:
        raise PolicyError(f"{where}: {unit}s must be a whole number from 0 to 999.")
    return amount, unit


def _parse_conditions(where: str, entry: Mapping[str, Any]) -> Iterator[Condition]:
    expected = entry.get("while", {})
    if not isinstance(expected, dict):
        raise PolicyError(f"{where}: write “while” as {{ COLUMN = VALUE }}.")
    for column, value in expected.items():
        values = tuple(value) if isinstance(value, list) else (value,)
        if not values or not all(isinstance(one, str) for one in values):
            raise PolicyError(f"{where}: while.{column} must be a text or a list of texts.")
        yield Condition(column=column, values=values)
    for key, is_null in (("while_null", True), ("while_not_null", False)):
        for column in _column_names(where, entry, key):
            yield Condition(column=column, is_null=is_null)


def _parse_references(where: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in _column_names(where, entry, "unless_in"):
        table, _, column = name.partition(".")
        if not table or not column:
            raise PolicyError(f"{where}: write in “unless_in” columns as TABLE.COLUMN.")
        yield table, column


def _column_names(where: str, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = entry.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise PolicyError(f"{where}: {key} must be a list of columns.")
    return tuple(names)


def _refuse_unknown_keys(where: str, entry: Mapping[str, Any], known: set[str]) -> None:
    if unknown := entry.keys() - known:
        raise PolicyError(
            f"{where} has the unknown key {min(unknown)}; the keys are {', '.join(sorted(known))}."
        )
