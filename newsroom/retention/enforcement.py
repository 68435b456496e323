"""Carry out the retention policy in batches, each in its own transaction.

One run lasts a limited time, so that no task is long; the caller starts the next. Nothing is
touched unless the whole policy is valid.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import (
    DateTimeField,
    Exists,
    Field,
    JSONField,
    Model,
    OuterRef,
    Q,
    QuerySet,
    TextField,
)
from django.db.models.fields import CharField

from newsroom.append_only import all_rows
from newsroom.retention.policy import Action, Policy, PolicyError, Rule, read_policy
from newsroom.retention.table_columns import columns_of_database, models_by_table

BATCH_SIZE = 1_000
RUN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The number of rows that one run deleted or blanked in each table."""

    rows: Counter[str]
    is_finished: bool  # nothing that is due is left


def count_due(*, at: datetime) -> Counter[str]:
    """Count the rows of each table that are due to be deleted or blanked. Raises PolicyError."""
    found: Counter[str] = Counter()
    for table, rule, model in _checked_rules(_complete_policy()):
        found[table] += _due_rows(model, rule, at=at).count()
    return +found


def apply_policy(*, at: datetime, seconds: float = RUN_SECONDS) -> Run:
    """Delete and blank what is due, for at most this long.

    Raises PolicyError, before anything is touched, when a column of the database has no entry.
    """
    deadline = time.monotonic() + seconds
    done: Counter[str] = Counter()
    for table, rule, model in _checked_rules(_complete_policy()):
        last: Any = None
        while batch := _apply_to_batch(model, rule, after=last, at=at):
            done[table] += len(batch)
            last = batch[-1]
            if time.monotonic() > deadline:
                return Run(rows=done, is_finished=False)
    return Run(rows=done, is_finished=True)


def _complete_policy() -> Policy:
    policy = read_policy()
    if gaps := policy.gaps(columns_of_database()):
        raise PolicyError("docs/retention.toml is not complete. " + " ".join(gaps))
    return policy


def _checked_rules(policy: Policy) -> list[tuple[str, Rule, type[Model]]]:
    """Return each rule with its table and model, once every rule is known to be possible."""
    models = models_by_table()
    rules = [
        (name, rule, models[name]) for name, table in policy.tables.items() for rule in table.rules
    ]
    for name, rule, model in rules:
        if not isinstance(_field(model, rule.after), DateTimeField):
            raise PolicyError(
                f"{name}.{rule.after} is not a date and time, so no period can start from it."
            )
        for column in rule.columns:
            _blank_value(_field(model, column))
    return rules


def _apply_to_batch(model: type[Model], rule: Rule, *, after: Any, at: datetime) -> list[Any]:
    """Apply a rule to one batch and return its keys, in order.

    Rows that another transaction has locked are skipped; they are due again the next night.
    """
    rows = _due_rows(model, rule, at=at)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    blanks = rule.action is Action.BLANK
    with transaction.atomic():
        locked = rows.order_by("pk").select_for_update(skip_locked=True, no_key=blanks)
        keys = list(locked.values_list("pk", flat=True)[:BATCH_SIZE])
        batch = all_rows(model).filter(pk__in=keys)
        if keys and blanks:
            fields = [_field(model, column) for column in rule.columns]
            batch.update(**{field.attname: _blank_value(field) for field in fields})
        elif keys:
            batch.delete()
    return keys


def _due_rows(model: type[Model], rule: Rule, *, at: datetime) -> QuerySet[Any]:
    """Return the rows to which a rule applies now and has not been applied yet."""
    rows = all_rows(model).filter(
        **{f"{_field(model, rule.after).attname}__lte": rule.cutoff(at=at)}
    )
    for condition in rule.conditions:
        name = _field(model, condition.column).attname
        if condition.is_null is not None:
            rows = rows.filter(**{f"{name}__isnull": condition.is_null})
        else:
            rows = rows.filter(**{f"{name}__in": condition.values})
    for table, column in rule.unless_in:
        referring = models_by_table()[table]
        name = _field(referring, column).attname
        rows = rows.exclude(Exists(all_rows(referring).filter(**{name: OuterRef("pk")}).order_by()))
    if rule.columns:
        not_blank = Q()
        for field in (_field(model, column) for column in rule.columns):
            blank = _blank_value(field)
            if blank is None:
                not_blank |= Q((f"{field.attname}__isnull", False))
            else:
                not_blank |= ~Q((field.attname, blank))
        rows = rows.filter(not_blank)
    return rows


def _field(model: type[Model], column: str) -> Field[Any, Any]:
    return next(field for field in model._meta.local_concrete_fields if field.column == column)


def _blank_value(field: Field[Any, Any]) -> Any:
    """Return the value that a column has once it is blank. Raises PolicyError if it has none."""
    if field.null:
        return None
    if isinstance(field, JSONField):
        return {}
    if isinstance(field, CharField | TextField):
        return ""
    raise PolicyError(
        f"{field.model._meta.db_table}.{field.column} cannot be blank: delete the rows instead."
    )
