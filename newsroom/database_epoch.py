"""A restored database notices that it is one, so that nothing in it is sent a second time.

The database has a random name and a counter, its epoch. While anything is sent, workers
increase the counter, in the database first and then in copies outside it: a file in each host's
`VAR_DIR`, and Redis. A database that is behind a copy, or has another name, came from a backup. It
does not know what was sent since, so everything scheduled or unfinished in it is held until a
person releases it.

A missing or older copy proves nothing: Redis may be emptied, and a host may have been off. If there
is no copy at all, and the database was silent for longer than `LATE_WINDOW`, we take it as restored
on a new machine.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from newsroom.circuit_breaker import CircuitBreaker
from newsroom.clock import database_now
from newsroom.models import DatabaseEpoch, OutgoingEmail

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

log = logging.getLogger(__name__)

# A process increases and compares the counter at most this often, so that single emails cost no
# query.
INTERVAL_SECONDS = 0.8
BEHIND = "A copy outside the database is newer than the database."
ANOTHER = "A copy outside the database belongs to another database."
SILENT = "No copy outside the database was found, and nothing was sent for a long time."
TABLE = "newsroom_databaseepoch"
_ONLY = 1
_CACHE_KEY = "newsroom.database_epoch"
_recently = CircuitBreaker(seconds=INTERVAL_SECONDS)
_cache_breaker = CircuitBreaker(seconds=10.0)
_file_breaker = CircuitBreaker(seconds=600.0)  # only to log its failure once in a while


class EpochCopy(NamedTuple):
    """A copy of the epoch that is kept outside the database."""

    name: str
    counter: int


def advance(*, at_once: bool = False) -> None:
    """Increase the counter, or hold everything unfinished if the database was restored.

    Call it before anything is sent automatically. It does nothing if this process has just called
    it, unless `at_once`.
    """
    if _recently.is_open and not at_once:
        return
    # Read the copies first: the counter grows in the database before it grows in one of them.
    copies = _read_copies()
    epoch = _current()
    if _reason(epoch, copies, at=database_now()):
        mark_restored()
    else:
        row = DatabaseEpoch.objects.filter(pk=_ONLY, name=epoch.name)
        row.update(counter=F("counter") + 1, advanced_at=database_now())
        _write_copies(EpochCopy(epoch.name, epoch.counter + 1))
    _recently.open()


def mark_restored(*, reason: str = "", alert: bool = True) -> bool:
    """Hold everything unfinished and email administrators; return whether it was necessary.

    Without a reason, it does so only if the copies prove that the database was restored. If several
    processes notice it, only one holds and emails. Whatever restores a database may call this with
    a reason.
    """
    with transaction.atomic():
        _current()
        epoch = DatabaseEpoch.objects.select_for_update().get(pk=_ONLY)
        copies = _read_copies()
        now = database_now()
        proof = _reason(epoch, copies, at=now)
        if not (reason := reason or proof):
            return False
        _count_past(epoch, copies)
        is_new = bool(proof) or epoch.restored_at is None
        epoch.advanced_at = epoch.restored_at = now
        epoch.restored_reason = reason[:500]
        epoch.save()
        OutgoingEmail.objects.update(held=True)
        import_string(settings.HOLD_AFTER_RESTORE)(at=now, reason=reason, alert=alert and is_new)
        # Before the commit: should it fail, the copies still prove that the database is behind.
        _write_copies(EpochCopy(epoch.name, epoch.counter))
    log.error("this database was restored, and everything unfinished in it is held: %s", reason)
    return True


def statements_of_a_restore(*, name: str) -> list[str]:
    """Return SQL that makes any process take the database as restored: `manage.py restore` runs it.

    It runs in the transaction that fills the database, before any program can see it. Where there
    is a copy of an epoch, it has another name; where there is none, this one was silent for long.
    """
    if not re.fullmatch(r"[0-9a-f]{32}", name):
        raise ValueError("the name of an epoch has 32 hexadecimal digits")
    table = f"{'public.' if connection.vendor == 'postgresql' else ''}{TABLE}"
    long_ago = "'1970-01-02 00:00:00'"
    update = f"UPDATE {table} SET name = '{name}', counter = counter + 1, advanced_at = {long_ago}"  # noqa: S608  (no value from outside)
    insert = (
        f"INSERT INTO {table} (id, name, counter, advanced_at, restored_reason)"  # noqa: S608
        f" SELECT {_ONLY}, '{name}', 1, {long_ago}, '' WHERE NOT EXISTS (SELECT 1 FROM {table})"
    )
    return [update, insert]


def restored_epoch() -> DatabaseEpoch | None:
    """Return the epoch if the database was restored and something may wait for a person."""
    return DatabaseEpoch.objects.filter(pk=_ONLY, restored_at__isnull=False).first()


def note_released() -> None:
    """Note that a person has decided about everything that was held."""
    DatabaseEpoch.objects.filter(pk=_ONLY).update(restored_at=None, restored_reason="")


def _current() -> DatabaseEpoch:
    epoch = DatabaseEpoch.objects.filter(pk=_ONLY).first()
    if epoch is None:
        new = DatabaseEpoch(name=secrets.token_hex(16), advanced_at=database_now())
        DatabaseEpoch.objects.bulk_create([new], ignore_conflicts=True)
        epoch = DatabaseEpoch.objects.get(pk=_ONLY)
    return epoch


def _reason(epoch: DatabaseEpoch, copies: Collection[EpochCopy], *, at: datetime) -> str:
    """Return how the copies show that the database was restored; empty if they do not."""
    if any(copy.name != epoch.name for copy in copies):
        return ANOTHER
    if any(copy.counter > epoch.counter for copy in copies):
        return BEHIND
    silent = at - epoch.advanced_at > timedelta(seconds=settings.LATE_WINDOW)
    return SILENT if silent and not copies and epoch.counter else ""


def _count_past(epoch: DatabaseEpoch, copies: Collection[EpochCopy]) -> None:
    """Continue from the newest copy, under its name, so that no other copy raises an alarm again.

    Another host's older copy has that name, too.
    """
    newest = max((copy.counter for copy in copies), default=0)
    epoch.counter = max(newest, epoch.counter) + 1
    if others := [copy.name for copy in copies if copy.name != epoch.name]:
        epoch.name = others[0]


# --- Copies outside the database


def _file() -> Path:
    """Return the file, in a folder of its own, so that containers can keep it on a volume."""
    return settings.VAR_DIR / "epoch" / "database.json"


def forget_copies() -> None:
    """Remove the file, as the database is a new one."""
    _file().unlink(missing_ok=True)


def _read_copies() -> list[EpochCopy]:
    return [copy for copy in (_read_file(), _read_cache()) if copy is not None]


def _write_copies(copy: EpochCopy) -> None:
    """Write both copies, and ignore failures: a missing copy only proves less."""
    _write_file(copy)
    _write_cache(copy)


def _read_file() -> EpochCopy | None:
    try:
        found = json.loads(_file().read_text())
        return EpochCopy(str(found["name"]), int(found["counter"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as failure:
        _warn_of_file(failure)
        return None


def _write_file(copy: EpochCopy) -> None:
    temporary = _file().with_name(f".{_file().name}.{secrets.token_hex(8)}")
    try:
        _file().parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(copy._asdict()))
        temporary.replace(_file())
    except OSError as failure:
        _warn_of_file(failure)


def _warn_of_file(failure: Exception) -> None:
    if not _file_breaker.is_open:
        _file_breaker.open()
        log.warning("cannot use %s: %s", _file(), failure)


def _read_cache() -> EpochCopy | None:
    """Return the copy in Redis. Without Redis, the cache is a folder beside the file."""
    if not settings.REDIS_URL or _cache_breaker.is_open:
        return None
    try:
        found = cache.get(_CACHE_KEY)
    except (RedisError, OSError) as failure:
        _cache_breaker.open()
        log.warning("cannot read the database's epoch from Redis: %s", failure)
        return None
    return EpochCopy(*found) if found else None


def _write_cache(copy: EpochCopy) -> None:
    if not settings.REDIS_URL or _cache_breaker.is_open:
        return
    try:
        cache.set(_CACHE_KEY, tuple(copy), timeout=None)
    except (RedisError, OSError) as failure:
        _cache_breaker.open()
        log.warning("cannot write the database's epoch to Redis: %s", failure)
