"""Queries whose SQL is made once.

Django makes the SQL of a query each time that it runs. For a page of a reader, whose queries join
tables and count neighbours so that there are few of them, that takes three times as long as to run
them and to make objects of the rows. A compiled query keeps its SQL, and puts in the values only.

PostgreSQL, too, takes longer to plan such a query than to run it. On a connection that is kept from
page to page, a compiled query becomes a prepared statement when it runs for the second time, whose
plan PostgreSQL keeps; not behind a pooler that gives each transaction another connection.

This relies on how Django 5.2 works inside: on `SQLCompiler` and `ModelIterable`. The tests compare
its rows with those of the query itself. Should a later Django differ, `rows` can return
`list(self._build(*values))` instead: it is slower, and nothing else changes.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from copy import copy
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import ModelIterable
from psycopg2.extensions import AsIs

Row = TypeVar("Row", bound=models.Model)

LARGEST_NUMBER = 2**63 - 1  # that a column or SQLite takes
# Values that stand in the SQL's parameters where those of a call will be. No query of ours has them
# as values of its own, and any column of numbers takes them.
_NUMBER, _TEXT = 2_000_000_000, "\x02value {}\x03"
_COLUMN_TYPES = {int: "bigint", str: "text"}


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
        self._types = [_COLUMN_TYPES[kind] for kind in kinds]
        # The connections on which it has run, and whether it is prepared there.
        self._is_prepared: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()

    def rows(self, *values: int | str) -> list[Row]:
        """Run the query with these values, in the order of `build`."""
        if any(isinstance(value, int) and value > LARGEST_NUMBER for value in values):
            return []
        connection = connections[DEFAULT_DB_ALIAS]  # that of this thread
        statement = self._statement(connection, values)
        ours = copy(self._compiled[0])  # which has what the columns of the SQL mean
        ours.connection = connection
        ours.as_sql = lambda: statement
        known: dict[Any, Any] = {}
        queryset: Any = SimpleNamespace(
            db=DEFAULT_DB_ALIAS,
            query=SimpleNamespace(get_compiler=lambda using: ours),
            _known_related_objects=known,
        )
        return list(ModelIterable(queryset))

    def _statement(
        self, connection: BaseDatabaseWrapper, values: tuple[int | str, ...]
    ) -> tuple[str, list[Any]]:
        """Return what to execute, and its parameters."""
        _, sql, params = self._compiled
        if len(values) != len(self._places):
            raise ValueError(f"this query takes {len(self._places)} values, not {len(values)}")
        if self._prepare(connection):
            places = ", ".join(["%s"] * len(values))
            arguments = f" ({places})" if values else ""
            return f"EXECUTE {self._statement_name}{arguments}", list(values)
        given = dict(zip(self._places, values, strict=True))
        return sql, [given.get(one, one) for one in params]

    def _prepare(self, connection: BaseDatabaseWrapper) -> bool:
        """Prepare the query if it ran on this connection before; return whether it is prepared."""
        if connection.vendor != "postgresql" or settings.POOLED_BY_TRANSACTION:
            return False
        with connection.cursor() as cursor, connection.wrap_database_errors:
            raw = connection.connection
            if raw not in self._is_prepared:
                self._is_prepared[raw] = False
            elif not self._is_prepared[raw]:
                _, sql, params = self._compiled
                numbered = {one: AsIs(f"${place}") for place, one in enumerate(self._places, 1)}
                types = f" ({', '.join(self._types)})" if self._types else ""
                bare: Any = cursor.cursor  # so that a page's queries are counted as what they are
                query = bare.mogrify(sql, [numbered.get(one, one) for one in params]).decode()
                bare.execute(f"PREPARE {self._statement_name}{types} AS {query}")
                self._is_prepared[raw] = True
            return self._is_prepared[raw]

    @cached_property
    def _statement_name(self) -> str:
        # Of no other query, in whichever process: not even a pooler can confuse two of them.
        return f"compiled_{secrets.token_hex(8)}"

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
