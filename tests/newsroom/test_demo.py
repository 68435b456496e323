"""`manage.py demo`: a newsroom that starts with one command and leaves no process behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from html import unescape
from pathlib import Path
from urllib.error import HTTPError

import pytest

from newsroom.inbox.storage import KEY
from tests.servers.demo import Demo
from tests.servers.processes import free_port, wait_until
from tests.servers.programs import environment, manage

EMAILS_PER_S = 0.5  # sending an issue to forty readers takes longer than any test waits
READER_OF_ALL = "ada.abara@example.com"  # of every sample briefing
LATEST_SUBJECT = """
SELECT subscribers_dispatch.subject FROM subscribers_dispatch
JOIN briefings_issue ON briefings_issue.id = issue_id
WHERE subscribers_dispatch.state = 'sent' ORDER BY published_at DESC LIMIT 1
"""
INSERT_EMAIL = """
INSERT INTO newsroom_outgoingemail
    (name, "to", subject, text, html, headers, created_at, not_before, attempts, last_error)
VALUES ('test', 'ada@example.com', 'Left behind', 'Text', '', '{}',
        datetime('now'), datetime('now'), 0, '')
"""


@pytest.fixture
def demo(demo_folder: Callable[[Path], Path], tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    """Start demos: `demo()`; all on one folder, in which one ran before."""
    var = demo_folder(tmp_path)
    with ExitStack() as ending:

        def start() -> Demo:
            started = Demo(var)
            ending.callback(started.stop)
            started.first_page = first_page(started)
            started.wait_until_ready()
            return started

        yield start


@pytest.fixture(scope="module")
def running_demo(
    demo_folder: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """Start a demo for several tests, with the variables of a real newsroom in its environment."""
    started = Demo(
        demo_folder(tmp_path_factory.mktemp("newsroom")),
        DATABASE_URL="postgres://nobody@127.0.0.1:1/real",
        REDIS_URL="redis://127.0.0.1:1/0",
        SITE_URL="https://news.example.com",
        SEND_RATE=str(EMAILS_PER_S),
    )
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.stop()


def first_page(demo: Demo) -> str:
    """Return the first home page that a visitor gets who tries again and again from the start."""
    found: list[str] = []

    def answers() -> bool:
        with suppress(OSError):  # nobody listens yet, or nobody answers in time
            found.append(demo.get("/"))
        return bool(found)

    demo.wait_until(answers, seconds=300)
    return found[0]


def session_members(sessions: set[int]) -> set[int]:
    """Return the processes that run in one of these sessions."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[3]) in sessions and facts[0] != "Z":
                found.add(int(stat.parent.name))
    return found


def failing_demo(var: Path, *options: str, **variables: str) -> str:
    """Run a demo that refuses to start, and return its message."""
    ended = manage(
        "demo", *options, env=environment(**({"DEBUG": "1", "VAR_DIR": str(var)} | variables))
    )
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


# --- starting


@pytest.mark.slow
def test_the_website_the_inbox_and_the_accounts_in_the_notice_exist(
    running_demo: Demo,
) -> None:
    assert "The Ward Round" in running_demo.get("/")
    assert "Who pays for the empty beds?" in running_demo.get("/the-ward-round/")
    assert "Short notes, long waits" not in running_demo.get("/inbox/")  # not sent yet
    assert re.search(r"\d+ emails", running_demo.get("/inbox/"))
    assert "body" in running_demo.get("/static/css/pages.css")
    url = running_demo.url
    assert {f"{url}/", f"{url}/admin/", f"{url}/inbox/"} <= set(
        re.findall(r"http\S+", running_demo.output)
    )
    for user in ("reporter", "editor", "publisher", "moderator", "admin"):
        assert f"user {user}, password demo" in running_demo.output
    assert set(running_demo.children()) == {"gunicorn", "worker", "sending", "beat"}


@pytest.mark.slow
def test_worker_and_beat_are_running(running_demo: Demo) -> None:
    def is_ready() -> bool:
        with suppress(OSError):  # urllib raises on 503, which means not yet
            return bool(json.loads(running_demo.get("/readyz"))["ready"])
        return False

    wait_until(is_ready, seconds=120, what="a worker", every=0.5)


@pytest.mark.slow
def test_it_ignores_the_servers_of_a_real_newsroom(running_demo: Demo) -> None:
    assert "It ignores DATABASE_URL, REDIS_URL, SITE_URL." in running_demo.output
    assert f"{running_demo.url}/feed/" in running_demo.get("/feed/")
    assert (running_demo.var / "newsroom.sqlite3").exists()


@pytest.mark.slow
def test_a_confirmation_does_not_wait_for_an_issue_that_is_being_sent(running_demo: Demo) -> None:
    variables = environment(DEBUG="1", VAR_DIR=str(running_demo.var))
    # More readers than one process leases, so that every process that may send is busy.
    manage("seed_subscribers", "1000", "--briefing", "the-ward-round", env=variables)
    sent = manage("send_issue", "the-ward-round/59", "--json", env=variables)
    dispatch = str(json.loads(sent.stdout)["dispatch"])

    def state() -> str:
        result = manage("dispatch_status", dispatch, "--json", env=variables)
        return str(json.loads(result.stdout)["state"])

    wait_until(
        lambda: "Short notes, long waits" in running_demo.get("/inbox/"), seconds=120, what="it"
    )
    running_demo.post("/subscribe/the-ward-round/", address="ada@example.org")
    wait_until(
        lambda: "inbox-subject" in running_demo.get("/inbox/?to=ada@example.org"),
        seconds=60,
        what=f"the confirmation\n{running_demo.output_tail()}",
    )

    assert state() == "sending"


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_is_refused(running_demo: Demo) -> None:
    message = failing_demo(running_demo.var, "--port", str(free_port()))

    assert "another demo is running from" in message
    assert "The Ward Round" in running_demo.get("/")


@pytest.mark.slow
def test_the_latest_issue_is_in_the_inbox_as_a_sent_dispatch(running_demo: Demo) -> None:
    # Other emails arrive meanwhile, before and after it.
    inbox = running_demo.get(f"/inbox/?to={READER_OF_ALL}")
    emails = re.findall(rf'/inbox/({KEY})/">.*?inbox-subject">(.*?)</span>', inbox, re.DOTALL)
    subject = latest_subject(running_demo.var / "newsroom.sqlite3")
    [key] = [key for key, shown in emails if unescape(shown) == subject]
    source = running_demo.get(f"/inbox/{key}/source/")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in source
    view = re.search(r"/view/[\w-]+/", running_demo.get(f"/inbox/{key}/html/"))
    assert view
    assert "<html" in running_demo.get(view[0])


def latest_subject(database: Path) -> str:
    """Return the subject of the issue that was published last and is sent."""
    with closing(sqlite3.connect(database, timeout=20)) as opened:
        [subject] = opened.execute(LATEST_SUBJECT).fetchone()
    return str(subject)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/nothing/here", "/the-ward-round/9999/", "/topics/none/"])
def test_a_wrong_address_shows_our_own_page(running_demo: Demo, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        running_demo.get(path)
    assert refused.value.code == 404
    page = refused.value.read().decode()
    assert "Page not found" in page
    assert "DEBUG" not in page


@pytest.mark.slow
def test_it_says_how_long_it_took_from_the_first_command(running_demo: Demo) -> None:
    said = re.search(r"is running, (\d+) seconds after you started it", running_demo.output)
    assert said
    # What the person counts who waited, except that the test looked a moment later.
    assert 0.7 * running_demo.waited - 2 <= int(said[1]) <= running_demo.waited + 1


# --- stopping


@pytest.mark.slow
def test_a_restarted_demo_keeps_its_data_and_leaves_no_process(
    demo: Callable[[], Demo],
) -> None:
    first = demo()
    assert_it_stops_cleanly(first, signal.SIGTERM)
    with sqlite3.connect(first.var / "newsroom.sqlite3") as database:
        database.execute(INSERT_EMAIL)

    second = demo()

    wait_until(lambda: "Left behind" in second.get("/inbox/"), seconds=120, what="it", every=0.5)
    assert_it_stops_cleanly(second, signal.SIGINT)


@pytest.mark.slow
def test_a_demo_whose_database_was_deleted_starts_with_a_new_one(demo: Callable[[], Demo]) -> None:
    """It is not a restored one, so nothing in it waits for a decision."""
    first = demo()
    database = first.var / "newsroom.sqlite3"
    wait_until(lambda: epoch_of(database) is not None, seconds=120, what="a worker")
    assert_it_stops_cleanly(first, signal.SIGTERM)
    for file in first.var.glob("newsroom.sqlite3*"):
        file.unlink()

    second = demo()

    assert "The Ward Round" in second.first_page, "an empty page while it started"
    wait_until(lambda: epoch_of(database) is not None, seconds=120, what="a worker")
    assert epoch_of(database) == (None,)
    assert_it_stops_cleanly(second, signal.SIGINT)


def epoch_of(database: Path) -> tuple[str | None] | None:
    with closing(sqlite3.connect(database, timeout=20)) as opened:
        query = "SELECT restored_at FROM newsroom_databaseepoch"
        return opened.execute(query).fetchone()  # type: ignore[no-any-return]


def assert_it_stops_cleanly(newsroom: Demo, stop_signal: signal.Signals) -> None:
    sessions = set(newsroom.children().values())
    assert len(session_members(sessions)) > 3  # including the children of gunicorn and Celery
    started_at = time.monotonic()

    newsroom.send(stop_signal)

    assert newsroom.wait(seconds=60) == 0
    assert time.monotonic() - started_at < 30
    assert "Stopped." in newsroom.output
    assert session_members(sessions) == set()


@pytest.mark.slow
def test_when_one_program_is_killed_it_is_named_and_the_others_are_stopped(
    demo: Callable[[], Demo],
) -> None:
    newsroom = demo()
    children = newsroom.children()

    os.kill(children["worker"], signal.SIGKILL)

    assert newsroom.wait(seconds=60) == 1
    assert "newsroom: the worker was killed by SIGKILL" in newsroom.output
    assert session_members(set(children.values())) == set()


@pytest.mark.slow
def test_nothing_outlives_a_demo_that_was_killed(demo: Callable[[], Demo]) -> None:
    newsroom = demo()
    sessions = set(newsroom.children().values())

    newsroom.send(signal.SIGKILL)

    wait_until(lambda: not session_members(sessions), seconds=60, what="the children to end")


# --- refusing to start


def test_it_refuses_to_run_outside_development(tmp_path: Path) -> None:
    message = failing_demo(
        tmp_path,
        DEBUG="0",
        SECRET_KEY="s" * 60,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:1",
    )

    assert "runs in development only" in message
    # Settings make the file, so that no other account can open it; nothing was written to it.
    assert (tmp_path / "newsroom.sqlite3").stat().st_size == 0


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


def test_a_port_in_use_is_named_with_an_alternative(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port: int = taken.getsockname()[1]

        message = failing_demo(tmp_path, "--port", str(port))

    assert f"cannot use port {port}: address already in use" in message
    assert "make demo PORT=" in message


def test_an_impossible_port_is_refused(tmp_path: Path) -> None:
    assert "70000 is not a port" in failing_demo(tmp_path, "--port", "70000")


def test_a_file_that_is_not_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "newsroom.sqlite3").write_text("shopping list " * 100)

    message = failing_demo(tmp_path, "--port", str(free_port()))

    assert f"{tmp_path / 'newsroom.sqlite3'}" in message
    assert "Move that file away" in message


def test_the_database_of_a_later_version_is_not_touched(tmp_path: Path) -> None:
    # The tables of one app are enough for a record of applied migrations.
    manage("migrate", "contenttypes", env=environment(DEBUG="1", VAR_DIR=str(tmp_path)))
    with sqlite3.connect(tmp_path / "newsroom.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('briefings', '9999_from_the_future', datetime('now'))"
        )

    message = failing_demo(tmp_path, "--port", str(free_port()))

    assert "briefings 9999_from_the_future" in message
    assert "Move that file away" in message
