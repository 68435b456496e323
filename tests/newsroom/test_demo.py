"""`manage.py demo`: a newsroom that starts by one command and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.servers.demo import Demo
from tests.servers.processes import free_port, wait_until
from tests.servers.programs import environment, manage

LETTERS_PER_S = 0.5  # an issue to forty readers takes longer than any test waits
LETTER = """
INSERT INTO newsroom_outgoingemail
    (name, "to", subject, text, html, headers, created_at, not_before, attempts, last_error)
VALUES ('test', 'ada@example.com', 'Left behind', 'Text', '', '{}',
        datetime('now'), datetime('now'), 0, '')
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    """Start demos: `demo()`; all on one folder."""
    with ExitStack() as ending:

        def start() -> Demo:
            started = Demo(tmp_path / "var")
            ending.callback(started.stop)
            started.wait_until_ready()
            return started

        yield start


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Give a demo that several tests look at; it was started where a real newsroom is set up."""
    started = Demo(
        tmp_path_factory.mktemp("newsroom") / "var",
        DATABASE_URL="postgres://nobody@127.0.0.1:1/real",
        REDIS_URL="redis://127.0.0.1:1/0",
        SITE_URL="https://news.example.com",
        SEND_RATE=str(LETTERS_PER_S),
    )
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.stop()


def session_members(sessions: set[int]) -> set[int]:
    """Processes that run in one of these sessions."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[3]) in sessions and facts[0] != "Z":
                found.add(int(stat.parent.name))
    return found


def run_demo(var: Path, *words: str, **variables: str) -> str:
    """Run a demo that ends by itself, and give back its sentence."""
    ended = manage(
        "demo", *words, env=environment(**({"DEBUG": "1", "VAR_DIR": str(var)} | variables))
    )
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


# --- it starts


@pytest.mark.slow
def test_a_newsroom_stands_with_pages_mail_and_the_people_named_in_the_notice(
    standing: Demo,
) -> None:
    assert "The Ward Round" in standing.get("/")
    assert "Who pays for the empty beds?" in standing.get("/the-ward-round/")
    assert "No emails yet" in standing.get("/inbox/")
    assert "body" in standing.get("/static/css/pages.css")
    url = standing.url
    assert {f"{url}/", f"{url}/admin/", f"{url}/inbox/"} <= set(
        re.findall(r"http\S+", standing.output)
    )
    assert "user editor, password demo" in standing.output
    assert set(standing.children()) == {"gunicorn", "worker", "sending", "beat"}


@pytest.mark.slow
def test_worker_and_beat_are_at_work(standing: Demo) -> None:
    def is_ready() -> bool:
        with suppress(OSError):  # urllib raises on the 503 that says: not yet
            return bool(json.loads(standing.get("/readyz"))["ready"])
        return False

    wait_until(is_ready, seconds=60, what="a worker that was heard", every=0.5)


@pytest.mark.slow
def test_it_leaves_the_servers_of_a_real_newsroom_alone(standing: Demo) -> None:
    assert "DATABASE_URL, REDIS_URL, SITE_URL are not used" in standing.output
    assert f"{standing.url}/feed/" in standing.get("/feed/")
    assert (standing.var / "newsroom.sqlite3").exists()


@pytest.mark.slow
def test_a_confirmation_does_not_wait_for_an_issue_on_its_way_out(standing: Demo) -> None:
    variables = environment(DEBUG="1", VAR_DIR=str(standing.var))
    # More readers than one process takes in hand, so every process that may send is kept busy.
    manage("seed_subscribers", "1000", "--briefing", "the-ward-round", env=variables)
    sent = manage("send_issue", "the-ward-round/59", "--json", env=variables)
    dispatch = str(json.loads(sent.stdout)["dispatch"])

    def state() -> str:
        told = manage("dispatch_status", dispatch, "--json", env=variables)
        return str(json.loads(told.stdout)["state"])

    wait_until(lambda: "Short notes, long waits" in standing.get("/inbox/"), seconds=30, what="it")
    standing.post("/subscribe/the-ward-round/", address="ada@example.org")
    wait_until(
        lambda: "1 email to" in standing.get("/inbox/?to=ada@example.org"),
        seconds=15,
        what=f"the confirmation\n{standing.last_words()}",
    )

    assert state() == "sending"


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_is_refused(standing: Demo) -> None:
    sentence = run_demo(standing.var, "--port", str(free_port()))

    assert "another demo runs from" in sentence
    assert "The Ward Round" in standing.get("/")


# --- it stops


@pytest.mark.slow
def test_stopped_and_started_again_it_has_lost_nothing_and_left_nothing(
    demo: Callable[[], Demo],
) -> None:
    first = demo()
    assert_it_ends_clean(first, signal.SIGTERM)
    with sqlite3.connect(first.var / "newsroom.sqlite3") as database:
        database.execute(LETTER)

    second = demo()

    wait_until(lambda: "Left behind" in second.get("/inbox/"), seconds=40, what="it", every=0.5)
    assert_it_ends_clean(second, signal.SIGINT)


def assert_it_ends_clean(newsroom: Demo, sign: signal.Signals) -> None:
    sessions = set(newsroom.children().values())
    assert len(session_members(sessions)) > 3  # gunicorn's and Celery's own children among them
    began = time.monotonic()

    newsroom.send(sign)

    assert newsroom.wait(seconds=10) == 0
    assert time.monotonic() - began < 7
    assert "Stopped." in newsroom.output
    assert session_members(sessions) == set()


@pytest.mark.slow
def test_when_one_part_dies_the_others_are_stopped_and_it_is_said_which(
    demo: Callable[[], Demo],
) -> None:
    newsroom = demo()
    children = newsroom.children()

    os.kill(children["worker"], signal.SIGKILL)

    assert newsroom.wait(seconds=10) == 1
    assert "newsroom: the worker was killed by SIGKILL" in newsroom.output
    assert session_members(set(children.values())) == set()


@pytest.mark.slow
def test_nothing_outlives_a_demo_that_was_killed(demo: Callable[[], Demo]) -> None:
    newsroom = demo()
    sessions = set(newsroom.children().values())

    newsroom.send(signal.SIGKILL)

    wait_until(lambda: not session_members(sessions), seconds=10, what="the children's end")


# --- it refuses


def test_it_refuses_where_the_passwords_would_be_a_hole(tmp_path: Path) -> None:
    sentence = run_demo(
        tmp_path,
        DEBUG="0",
        SECRET_KEY="s" * 60,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:1",
    )

    assert "runs in development only" in sentence
    assert not (tmp_path / "newsroom.sqlite3").exists()


@pytest.mark.parametrize("command", ["seed_briefings", "seed_demo_readers"])
def test_samples_are_refused_there_too(tmp_path: Path, command: str) -> None:
    env = environment(
        DEBUG="0",
        VAR_DIR=str(tmp_path),
        SECRET_KEY="s" * 60,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:1",
    )

    assert "DEBUG is off" in manage(command, env=env).stderr


def test_a_port_in_use_is_named_with_another_one_to_choose(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]

        sentence = run_demo(tmp_path, "--port", str(port))

    assert f"port {port} cannot be opened: address already in use" in sentence
    assert "make demo PORT=" in sentence


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "70000 is no port" in run_demo(tmp_path, "--port", "70000")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "newsroom.sqlite3").write_text("shopping list " * 100)

    sentence = run_demo(tmp_path, "--port", str(free_port()))

    assert f"{tmp_path / 'newsroom.sqlite3'}" in sentence
    assert "Move that file away" in sentence


def test_the_database_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    # One app's tables are enough for a record of what was applied.
    manage("migrate", "contenttypes", env=environment(DEBUG="1", VAR_DIR=str(tmp_path)))
    with sqlite3.connect(tmp_path / "newsroom.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('briefings', '9999_from_the_future', datetime('now'))"
        )

    sentence = run_demo(tmp_path, "--port", str(free_port()))

    assert "briefings 9999_from_the_future" in sentence
    assert "Move that file away" in sentence
