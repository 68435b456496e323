"""The check of programs' logs finds what no fault explains."""

from __future__ import annotations

import logging
import traceback

import psycopg2
import pytest

from tests.faults.program_logs import unexplained


def fail_with(failure: Exception) -> None:
    raise failure


def traceback_of(failure: Exception) -> str:
    lines = []
    try:
        fail_with(failure)
    except (OSError, LookupError, psycopg2.Error):
        lines = ["[ERROR] it failed", traceback.format_exc(), "[INFO] next line", ""]
    return "\n".join(lines)


def test_a_cut_connection_is_explained() -> None:
    log = traceback_of(psycopg2.OperationalError("terminating connection")) + "[INFO] on we go\n"
    assert list(unexplained(log + traceback_of(ConnectionResetError("reset")))) == []


def test_any_other_traceback_is_not() -> None:
    log = traceback_of(ConnectionResetError("reset")) + traceback_of(KeyError("lease"))
    assert list(unexplained(log)) == ["KeyError: 'lease'"]


def test_an_error_in_logging_is_never_explained(capsys: pytest.CaptureFixture[str]) -> None:
    class Unnamed:
        def __str__(self) -> str:
            raise ConnectionResetError("the name could not be loaded")

    handler = logging.StreamHandler()
    handler.handle(logging.makeLogRecord({"msg": "%s is paused", "args": (Unnamed(),)}))
    found = list(unexplained(capsys.readouterr().err))
    assert found
    assert found[0].startswith("--- Logging error ---")
