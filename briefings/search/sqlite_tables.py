"""The search index on SQLite: FTS5 tables that triggers keep equal to the tables of the models.

A migration that changes a table makes a new one of it on SQLite, without its triggers. So they are
made after every migrate, and the index is filled again where one was missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Around a word, so that its start and its end make trigrams of their own.
BEFORE_WORD, AFTER_WORD = "__", "_"
_STEMS = "porter unicode61 remove_diacritics 2"


class _Index(NamedTuple):
    """An FTS5 table over columns of a table, by its key.

    Otherwise FTS5 keeps words that were taken out until it happens to merge its parts. With
    `forgets_at_once` it does so each time, which costs more as the index grows.
    """

    name: str
    table: str
    key: str
    columns: tuple[str, ...]
    forgets_at_once: bool = False


_INDEXES = (
    _Index(
        "search_index_issues",
        "briefings_issuetext",
        "issue_id",
        ("headline", "strapline", "body"),
    ),
    _Index("search_index_comments", "briefings_comment", "id", ("body",), forgets_at_once=True),
)
_WORDS = "search_index_words"
_PADDED = f"'{BEFORE_WORD}' || {{}} || '{AFTER_WORD}'"


def make_after_migrate(*, using: str, **_: Any) -> None:
    """Make what is missing; connected to `post_migrate` in apps.py."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    there = _names(connection)
    for index in _INDEXES:
        triggers = [f"{index.name}_{event}" for event in ("insert", "update", "delete")]
        if index.table in there and not there.issuperset(triggers):
            _execute(connection, *_statements(index))
    triggers = [f"{_WORDS}_{event}" for event in ("insert", "delete")]
    if "briefings_searchword" in there and not there.issuperset(triggers):
        _execute(connection, *_word_statements())


def forget_removed_words(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Have the index of issues keep nothing of words that were taken out, as an erasure wants it.

    It is too slow for each edit; PostgreSQL has no need of it.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        [issues, _] = _INDEXES
        _execute(connection, _forgetting(issues))


def _forgetting(index: _Index) -> str:
    return f"INSERT INTO {index.name} ({index.name}) VALUES ('optimize');"


def _statements(index: _Index) -> list[str]:
    columns = ", ".join(index.columns)
    old, new = (
        ", ".join(f"{row}.{column}" for column in (index.key, *index.columns))
        for row in ("old", "new")
    )
    remove = f"INSERT INTO {index.name} ({index.name}, rowid, {columns}) VALUES ('delete', {old});"
    add = f"INSERT INTO {index.name} (rowid, {columns}) VALUES ({new});"
    name, table = index.name, index.table
    forget = _forgetting(index) if index.forgets_at_once else ""
    return [
        f"""CREATE VIRTUAL TABLE IF NOT EXISTS {name} USING fts5(
        {columns}, content='{table}', content_rowid='{index.key}', tokenize='{_STEMS}')""",
        f"CREATE TRIGGER IF NOT EXISTS {name}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"""CREATE TRIGGER IF NOT EXISTS {name}_update AFTER UPDATE OF {columns} ON {table}
        BEGIN {remove} {add} {forget} END""",
        f"""CREATE TRIGGER IF NOT EXISTS {name}_delete AFTER DELETE ON {table}
        BEGIN {remove} {forget} END""",
        f"INSERT INTO {name} ({name}) VALUES ('rebuild')",
    ]


def _word_statements() -> list[str]:
    new = _PADDED.format("new.word")
    return [
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {_WORDS} USING fts5(word, tokenize='trigram')",
        f"""CREATE TRIGGER IF NOT EXISTS {_WORDS}_insert AFTER INSERT ON briefings_searchword
        BEGIN INSERT INTO {_WORDS} (rowid, word) VALUES (new.rowid, {new}); END""",
        f"""CREATE TRIGGER IF NOT EXISTS {_WORDS}_delete AFTER DELETE ON briefings_searchword
        BEGIN DELETE FROM {_WORDS} WHERE rowid = old.rowid; END""",
        f"DELETE FROM {_WORDS}",
        f"""INSERT INTO {_WORDS} (rowid, word)
        SELECT rowid, {_PADDED.format("word")} FROM briefings_searchword""",
    ]


def _names(connection: BaseDatabaseWrapper) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
        return {name for [name] in cursor.fetchall()}


def _execute(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
