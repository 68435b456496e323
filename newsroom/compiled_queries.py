"""Queries whose SQL is made once.

Django makes the SQL of a query each time that it runs. For a page of a reader, whose queries join
tables and count neighbours so that there are few of them, that takes three times as long as to run
them and to make objects of the rows. A compiled query keeps its SQL, and puts in the values only.

This relies on how Django 5.2 works inside: on `SQLCompiler` and `ModelIterable`. The tests compare
its rows with those of the query itself. Should a later Django differ, `rows` can return
`list(self._build(*values))` instead: it is slower, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.models.query import ModelIterable

Row = TypeVar("Row", bound=models.Model)

LARGEST_NUMBER = 2**63 - 1  # that a column or SQLite takes
# Values that stand in the SQL's parameters where those of a call will be. No query of ours has them
# as values of its own, and any column of numbers takes them.
_NUMBER, _TEXT = 2_000_000_000, "\x02value {}\x03"


class CompiledQuery(Generic[Row]):
    """A query of rows, as a function of values for the conditions of its `filter()`.

    `build` returns the query for given values, which must not decide anything else about it: not
    whether there is a condition, nor how many values one has. It is called once, so it must not
    look at the clock, the time zone or the language either.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Row]], *kinds: type[int | str]) -> None:
        self._build = build
        self._places: list[int | str] = [
            _NUMBER + place if kind is int else _TEXT.format(place)
            for place, kind in enumerate(kinds)
        ]

    def rows(self, *values: int | str) -> list[Row]:
        """Run the query with these values, in the order of `build`."""
        if any(isinstance(value, int) and value > LARGEST_NUMBER for value in values):
            return []
        compiler, sql, params = self._compiled
        given = dict(zip(self._places, values, strict=True))
        ours = copy(compiler)  # which has what the columns of the SQL mean
        ours.connection = connections[DEFAULT_DB_ALIAS]  # that of this thread
        ours.as_sql = lambda: (sql, [given.get(one, one) for one in params])
        known: dict[Any, Any] = {}
        queryset: Any = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            query=SimpleNamespace(get_compiler=lambda using: ours),
            _known_related_objects=known,
        )
        return list(ModelIterable(queryset))

    @cached_property
    def _compiled(self) -> tuple[Any, str, list[Any]]:
        queryset = self._build(*self._places)
        if queryset._prefetch_related_lookups:  # type: ignore[attr-defined]
            raise ValueError("a compiled query runs one query, so it cannot prefetch rows")
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        if missing := set(self._places) - set(params):
            raise ValueError(f"the SQL of the query does not take these as they are: {missing}")
        return compiler, sql, list(params)
