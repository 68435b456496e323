"""What public pages show, by subject, and how the pages learn that it has changed.

A subject has a version in the cache: a random word, which each change replaces. A stored page names
the versions that it was made from, read before its first query, and is shown while they are the
current ones (newsroom/page_cache.py). So a page that was made from old rows while a change was
being committed is never shown after it.

There are few subjects on purpose. Nearly everything that an editor changes shows on more than one
page: a headline stands on its own page, on the two beside it, at home, in feeds, in the lists of
sister titles. All of it is one subject, `SITE`: it changes some hundred times a week, and then each
page is made once more. What readers add to one page, such as comments, has a subject of its own.

The statements themselves are watched, and not the places in the code that change something: nobody
can forget one, and an `update()` of many rows, a cascade and an import count like a form.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.core.cache import caches
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from redis.exceptions import RedisError

from newsroom.circuit_breaker import CircuitBreaker

log = logging.getLogger(__name__)

SITE = "site"
CACHE_FAILURES = (RedisError, OSError)
# Each request to a cache that does not answer may take its timeout.
breaker = CircuitBreaker(seconds=5.0)
_WRITE = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|TRUNCATE) "?(\w+)')
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCA"})
_site_tables: set[str] = set()


def watch_tables(shown: Iterable[type[models.Model]]) -> None:
    """Have every change of these tables change `SITE`. Call it when the apps are ready."""
    _site_tables.update(model._meta.db_table for model in shown)
    connection_created.connect(_watch_connection)


def is_watched(model: type[models.Model]) -> bool:
    """Whether a change of the model's table changes `SITE`."""
    return model._meta.db_table in _site_tables


def record_change(subject: str, *, using: str = "default") -> None:
    """Set a new version of a subject once the current transaction is committed."""
    waiting = connections[using].run_on_commit
    action = partial(change_versions, (subject,))
    if waiting and waiting[-1][0] == set(connections[using].savepoint_ids):
        last: Any = waiting[-1][1]
        if isinstance(last, partial) and (last.func, last.args) == (action.func, action.args):
            return  # as from each row of a long form
    transaction.on_commit(action, using=using)


def change_versions(subjects: Iterable[str]) -> None:
    """Set new versions of these subjects now.

    While the cache is unreachable that is impossible; then stored pages end by their own time.
    """
    try:
        caches["pages"].set_many({version_key(one): new_version() for one in subjects}, None)
    except CACHE_FAILURES as failure:
        breaker.open()
        log.warning("the cache of pages is unreachable; readers may see old ones: %s", failure)


def version_key(subject: str) -> str:
    """Return the key of a subject's version in the cache."""
    return f"version.{subject}"


def new_version() -> str:
    """Return a version that no page was made from."""
    return secrets.token_hex(8)


def _watch_connection(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    if _note_write not in connection.execute_wrappers:
        connection.execute_wrappers.append(_note_write)


def _note_write(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
    """Run a statement; if it writes to a watched table, record that the site changed."""
    done = execute(sql, *arguments)
    if sql[:6] in _WRITES:
        written = _WRITE.match(sql)
        if written and written[1] in _site_tables:
            record_change(SITE, using=arguments[-1]["connection"].alias)
    return done
