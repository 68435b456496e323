"""The policy table, read once and refused where it is wrong."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from subscribers.models import BounceClassification

TABLE = Path(__file__).with_name("policy.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """So many letters within such a time, and the address is suppressed."""

    letters: int
    within: timedelta


@cache
def read_policy() -> dict[str, Rule]:
    """Read policy.toml: a rule for each verdict. Raises ValueError with the wrong row's name."""
    rows = tomllib.loads(TABLE.read_text())
    if set(rows) != set(BounceClassification.values):
        raise ValueError(
            f"{TABLE.name} needs a row for each of {', '.join(BounceClassification.values)}"
        )
    rules = {}
    for verdict, row in rows.items():
        letters, days = row.get("letters"), row.get("within_days")
        if not (isinstance(letters, int) and isinstance(days, int) and min(letters, days) >= 1):
            raise ValueError(f"{TABLE.name}: {verdict} needs whole numbers from 1")
        rules[verdict] = Rule(letters=letters, within=timedelta(days=days))
    return rules
