"""A newsroom that cannot start says in one message why, and what to do."""

from __future__ import annotations

import os
import re
import runpy
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.processes import Process, free_port
from tests.servers.programs import PYTHON, ROOT, environment, manage, run
from tests.variables import variables_documented, variables_read

NOBODY = "127.0.0.1:1"  # nothing listens on port 1
CELERY = ("-m", "celery", "-A", "newsroom")


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """Return the variables that production needs at least."""
    return environment(
        SECRET_KEY="0123456789" * 5,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:2525",
        VAR_DIR=str(tmp_path),
    )


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a Python program that is stopped at the end of the test."""
    started: list[Process] = []

    def start(*arguments: str, env: dict[str, str]) -> Process:
        process = Process([PYTHON, *arguments], env=env, cwd=ROOT, log=tmp_path / "program.log")
        started.append(process)
        return process

    yield start
    for process in started:
        process.stop(signal.SIGTERM)


def gunicorn() -> tuple[str, ...]:
    address = f"127.0.0.1:{free_port()}"
    return ("-m", "gunicorn", "newsroom.wsgi", "--no-control-socket", "--bind", address)


def messages_in(output: str) -> list[str]:
    """Return our own messages in the output of a program, which must not have a traceback."""
    assert "Traceback" not in output
    return re.findall(r"newsroom: .*", output)


# --- .env.example


def test_the_example_lists_every_variable_that_settings_read() -> None:
    of_others = {"WEB_CONCURRENCY", "POSTGRES_PASSWORD"}  # gunicorn.conf.py, docker-compose.yml
    assert set(variables_documented()) == variables_read() | of_others


@pytest.mark.parametrize("name", sorted(variables_documented()))
def test_the_example_explains_each_variable(name: str) -> None:
    text = variables_documented()[name]
    assert len(text.split()) >= 6
    assert text.endswith(".")


def test_the_example_is_enough_with_a_key_and_a_mail_server(tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z]", line))
    assert {name for name, value in given.items() if not value} == {"SECRET_KEY", "EMAIL_URL"}
    written = {"SECRET_KEY": "k" * 50, "EMAIL_URL": "smtp://mail.example.com"}
    env = environment(**(given | written | {"VAR_DIR": str(tmp_path)}))
    assert manage("check", env=env).returncode == 0


# --- variables


def settings_error(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Read the settings in this environment and return the message that stops the start."""
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as error:
        runpy.run_path(str(ROOT / "newsroom" / "settings.py"))
    assert isinstance(error.value.code, str)
    return error.value.code


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "EMAIL_URL"])
def test_a_missing_variable_is_named(
    good: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    del good[name]
    message = settings_error(good, monkeypatch)
    assert message.startswith(f"newsroom: {name} is missing: set it to ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEHIND_PROXY", "perhaps"),
        ("BOUNCE_ADDRESS", "bounces"),
        ("CHALLENGE_ABOVE", "-1"),
        ("DATABASE_URL", "mysql://127.0.0.1/newsroom"),
        ("DATABASE_URL", "newsroom.sqlite3"),
        ("DATABASE_URL", "postgres://host:port/newsroom"),
        ("DEBUG", "perhaps"),
        ("DISPOSABLE_DOMAINS_FILE", "/dev/null/domains"),
        ("EMAIL_URL", "inbox:"),
        ("EMAIL_URL", "mail.example.com:587"),
        ("EMAIL_URL", "smtp://mail.example.com/?tls=please"),
        ("EMAIL_URL", "smtp://mail.example.com:99999"),
        ("HOOK_SECRETS", "mailgum=KEY"),
        ("LEASE_SECONDS", "1"),
        ("LOG_LEVEL", "LOUD"),
        ("REDIS_URL", "http://127.0.0.1"),
        ("REDIS_URL", "redis://127.0.0.1:port/0"),
        ("REPLY_ADDRESS", "replies"),
        ("REPORTS_URL", "imaps://mail.example.com"),
        ("SECRET_KEY", "k" * 49),
        ("TRUSTED_PROXIES", "10.0.0.1/24"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("SIGN_UPS_AN_HOUR", "many"),
        ("SEND_CONNECTIONS", "-1"),
        ("SEND_CONNECTIONS", "many"),
        ("SEND_RATE", "-1"),
        ("SEND_RATE", "nan"),
        ("SITE_URL", "https://news.example.com/paper/"),
        ("SITE_URL", "https://news.example.com:port"),
        ("SITE_URL", "news.example.com"),
        ("VAR_DIR", "/dev/null/var"),
    ],
)
def test_a_wrong_variable_is_named(
    good: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    message = settings_error(good | {name: value}, monkeypatch)
    assert message.startswith(f"newsroom: {name} is wrong: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "wrong", [{"SECRET_KEY": ""}, {"SEND_RATE": "fast"}], ids=["missing", "wrong"]
)
def test_a_command_prints_that_message_and_exits(
    good: dict[str, str], wrong: dict[str, str]
) -> None:
    result = manage("check", env=good | wrong)
    assert result.returncode != 0
    assert messages_in(result.stderr) == [result.stderr.strip()]


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_celery_refuses_a_wrong_variable_too(good: dict[str, str], kind: str) -> None:
    result = run(*CELERY, kind, env=good | {"SEND_RATE": "fast"})
    assert result.returncode != 0
    assert messages_in(result.stderr) == [result.stderr.strip()]


def test_gunicorn_gives_up_on_a_wrong_variable(good: dict[str, str]) -> None:
    result = run(*gunicorn(), env=good | {"SEND_RATE": "fast"})
    assert result.returncode != 0
    assert len(set(messages_in(result.stderr))) == 1


# --- an unreachable database

SECRET = "hunter2hunter2"
DEAD_DATABASE = {"DATABASE_URL": f"postgres://editor:{SECRET}@{NOBODY}/newsroom"}


def check_database_message(output: str) -> None:
    [message] = messages_in(output)
    assert f"cannot use the database newsroom at {NOBODY}" in message
    assert "Start it" in message
    assert "DATABASE_URL" in message
    assert SECRET not in output


def test_a_command_names_the_unreachable_database(good: dict[str, str]) -> None:
    result = manage("migrate", env=good | DEAD_DATABASE)
    assert result.returncode != 0
    check_database_message(result.stderr)


@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_celery_names_the_unreachable_database(good: dict[str, str], kind: str) -> None:
    result = run(*CELERY, kind, env=good | DEAD_DATABASE | {"DATABASE_WAIT": "1"})
    assert result.returncode != 0
    check_database_message(result.stderr)


def test_gunicorn_names_the_unreachable_database(
    good: dict[str, str], start: Callable[..., Process]
) -> None:
    server = start(*gunicorn(), env=good | DEAD_DATABASE)
    server.wait_until(lambda: "newsroom: " in server.output, what="the message")
    check_database_message(server.output)


# --- an unreachable broker

WAKE = """
import time, django
django.setup()
from newsroom.wake_ups import wake
started_at = time.monotonic()
wake("newsroom.tasks.record_worker_seen")
print(time.monotonic() - started_at)
"""


def test_a_page_does_not_wait_for_an_unreachable_broker(good: dict[str, str]) -> None:
    unreachable = {
        "REDIS_URL": f"redis://{NOBODY}/0",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }

    result = run("-c", WAKE, env=good | unreachable)

    assert float(result.stdout) < 3
    assert (
        "could not wake newsroom.tasks.record_worker_seen; beat will do so later" in result.stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["worker", "beat"])
def test_celery_names_the_unreachable_broker_and_tries_again(
    good: dict[str, str], start: Callable[..., Process], kind: str
) -> None:
    env = good | {"REDIS_URL": f"redis://:{SECRET}@{NOBODY}/0"}
    program = start(*CELERY, kind, env=env)
    program.wait_until(lambda: "Trying again" in program.output, what="the message")
    assert NOBODY in program.output
    assert SECRET not in program.output
    assert "Traceback" not in program.output
    assert program.is_running()
