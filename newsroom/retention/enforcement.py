"""The retention policy carried out: in batches, each in its own transaction, and only as a whole.

A stretch ends after some seconds, so that no task is long; whoever called it calls again.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Field, JSONField, Model, Q, QuerySet, TextField
from django.db.models.fields import CharField

from newsroom.append_only import all_rows
from newsroom.retention.columns import columns_of_database, models_by_table
from newsroom.retention.policy import Policy, PolicyError, Rule, read_policy

BATCH = 1_000
RUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a stretch did: rows by table; and whether the policy is carried out to its end."""

    rows: Counter[str]
    is_finished: bool


def count_due(*, at: datetime) -> Counter[str]:
    """Count the rows that would go or be blanked now. Raises PolicyFault."""
    found: Counter[str] = Counter()
    for table, rule, model in _rules(_sound_policy()):
        found[table] += _rows(model, rule, at=at).count()
    return +found


def apply_policy(*, at: datetime, seconds: float = RUN_SECONDS) -> Run:
    """Delete and blank what is due, for so many seconds at most.

    Raises PolicyFault, before anything is touched, when a column of the database has no entry.
    """
    ends = time.monotonic() + seconds
    done: Counter[str] = Counter()
    for table, rule, model in _rules(_sound_policy()):
        last: Any = None
        while batch := _carry_out(model, rule, after=last, at=at):
            done[table] += len(batch)
            last = batch[-1]
            if time.monotonic() > ends:
                return Run(rows=done, is_finished=False)
    return Run(rows=done, is_finished=True)


def _sound_policy() -> Policy:
    policy = read_policy()
    if gaps := policy.gaps(columns_of_database()):
        raise PolicyError("docs/retention.toml is not complete. " + " ".join(gaps))
    return policy


def _rules(policy: Policy) -> list[tuple[str, Rule, type[Model]]]:
    """Every rule with the model of its table, once all of them are known to be possible."""
    models = models_by_table()
    rules = [
        (name, rule, models[name]) for name, table in policy.tables.items() for rule in table.rules
    ]
    for name, rule, model in rules:
        if not isinstance(_field(model, rule.moment), DateTimeField):
            raise PolicyError(f"{name}.{rule.moment} is no moment that a period could follow.")
        for column in rule.columns:
            _blank(_field(model, column))
    return rules


def _carry_out(model: type[Model], rule: Rule, *, after: Any, at: datetime) -> list[Any]:
    """Do one batch and give its keys, in order; what somebody else holds is left for tomorrow."""
    rows = _rows(model, rule, at=at)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    with transaction.atomic():
        held = rows.order_by("pk").select_for_update(skip_locked=True, no_key=bool(rule.columns))
        keys = list(held.values_list("pk", flat=True)[:BATCH])
        mine = all_rows(model).filter(pk__in=keys)
        if keys and rule.columns:
            fields = [_field(model, column) for column in rule.columns]
            mine.update(**{field.attname: _blank(field) for field in fields})
        elif keys:
            mine.delete()
    return keys


def _rows(model: type[Model], rule: Rule, *, at: datetime) -> QuerySet[Any]:
    """Rows to which a rule applies now and has not been applied."""
    rows = all_rows(model).filter(
        **{f"{_field(model, rule.moment).attname}__lte": rule.cutoff(at=at)}
    )
    for condition in rule.conditions:
        name = _field(model, condition.column).attname
        if condition.word is not None:
            rows = rows.filter(**{name: condition.word})
        else:
            rows = rows.filter(**{f"{name}__isnull": not condition.negated})
    if rule.columns:
        filled = Q()
        for field in (_field(model, column) for column in rule.columns):
            blank = _blank(field)
            if blank is None:
                filled |= Q((f"{field.attname}__isnull", False))
            else:
                filled |= ~Q((field.attname, blank))
        rows = rows.filter(filled)
    return rows


def _field(model: type[Model], column: str) -> Field[Any, Any]:
    return next(one for one in model._meta.local_concrete_fields if one.column == column)


def _blank(field: Field[Any, Any]) -> Any:
    """What stands in a column once it is blank."""
    if field.null:
        return None
    if isinstance(field, JSONField):
        return {}
    if isinstance(field, CharField | TextField):
        return ""
    raise PolicyError(f"{field.model._meta.db_table}.{field.column} cannot be blank: delete rows.")
