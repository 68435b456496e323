"""The environment of the tests: database and folders are chosen before settings are read."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers

from tests.distribution import DemosTogether, is_about_demos
from tests.servers import browser as chromium
from tests.servers import emptied_tables
from tests.servers.demo import Demo
from tests.servers.postgres import PostgresCluster, PostgresServer
from tests.servers.processes import Process
from tests.servers.programs import CeleryBeat, CeleryWorker, environment
from tests.servers.redis import RedisServer
from tests.servers.run import Run
from tests.servers.smtp import SmtpServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

ROOT = Path(__file__).resolve().parent.parent
# Fixtures that set a marker, so that nobody has to remember it.
MARKER_OF_FIXTURE = {
    "browser": "browser",
    "page": "browser",
    "celery_worker": "postgres",
    "celery_beat": "postgres",
    "program_environment": "postgres",
}
DATABASES = {"db", "transactional_db", "live_server"}
MARKER_OF_FOLDER = {"browser": "browser", "faults": "faults"}


RUN = pytest.StashKey[Run]()
FAILED = pytest.StashKey[bool]()
# No deadline, because the time of an example depends on the machine. Every run uses the same
# examples, so a failure is due to the change; NEWSROOM_SEARCH=1 tries new ones. For that, constants
# of our modules must not become examples: which of them are loaded depends on the tests before.
if not os.environ.get("NEWSROOM_SEARCH"):
    vars(providers)["is_local_module_file"] = lambda _path: False
hypothesis.settings.register_profile(
    "newsroom",
    deadline=None,
    derandomize=not os.environ.get("NEWSROOM_SEARCH"),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("newsroom")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="sqlite: no server; postgres: starts PostgreSQL, and Redis as broker and cache",
    )


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    if settings.configured:
        raise pytest.UsageError("the settings were read too early: unset DJANGO_SETTINGS_MODULE")
    # SIGTERM stops everything that was started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = config.stash[RUN] = Run()
    variables = {
        "DEBUG": "true",
        "EMAIL_URL": "inbox:",
        "LOG_LEVEL": "WARNING",
        # Tests log in as anybody; those of the second factor require it themselves.
        "SECOND_FACTOR_REQUIRED": "false",
        "SECURITY_CONTACT": "security@news.example.com",
        "SITE_URL": "http://news.example.com",
        "VAR_DIR": str(run.var),
    }
    if config.getoption("database") == "postgres":
        port = getattr(config, "workerinput", {}).get("postgres_port")
        if port is None:
            port = run.start_postgres().port
        run.postgres = run.postgres or PostgresCluster(port)
        variables["DATABASE_URL"] = run.postgres.url("newsroom")
        variables["REDIS_URL"] = run.start_redis()
    # Variables from outside must not change what is tested.
    for name in re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE):
        os.environ.pop(name, None)
    os.environ.update(variables, DJANGO_SETTINGS_MODULE="newsroom.settings")
    # Password hashes are slow on purpose. (This line also loads the settings for pytest-django.)
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    # The processes of `pytest -n` inherit our environment; with this in it, they would read the
    # settings before they have their own folders and Redis.
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let the processes of `pytest -n` share one PostgreSQL, with their own databases in it."""
    cluster = node.config.stash[RUN].postgres
    if cluster is not None:
        node.workerinput["postgres_port"] = cluster.port


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> DemosTogether | None:
    """Take `--dist=loadgroup` as ours: xdist's groups are lost in the names that pytest gives."""
    return DemosTogether(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_unconfigure(config: pytest.Config) -> None:
    if run := config.stash.get(RUN, None):
        run.ending.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    on_sqlite = config.getoption("database") == "sqlite"
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKER_OF_FIXTURE:
                item.add_marker(MARKER_OF_FIXTURE[fixture])
        for folder in item.path.relative_to(ROOT).parts:
            if folder in MARKER_OF_FOLDER:
                item.add_marker(MARKER_OF_FOLDER[folder])
        if not item.get_closest_marker("django_db") and DATABASES.isdisjoint(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker("anywhere")
        if on_sqlite and item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="run with --database=postgres"))
    # Otherwise, one process of `pytest -n` would run a long test alone at the end.
    items.sort(key=seconds_it_takes, reverse=True)


def pytest_collection_finish() -> None:
    """Leave what is loaded now to itself: nothing of it is garbage, and it is most that there is.

    Otherwise, the garbage collector would look at it again and again.
    """
    gc.collect()
    gc.freeze()


def seconds_it_takes(item: pytest.Item) -> int:
    """Return how long a test takes, as far as its marker says it."""
    if is_about_demos(item):  # in the order of their files, since they share running demos
        return 100
    marker = item.get_closest_marker("takes")
    return int(marker.kwargs["seconds"]) if marker else 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    """Show the last output of the programs that a failed test used, and record that it failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for name, given in getattr(item, "funcargs", {}).items():
            if isinstance(given, Process):
                report.sections.append((f"output of {name}", given.output_tail()))
    return report


@pytest.fixture(scope="module", autouse=True)
def _what_a_module_leaves_open_fails_its_last_test() -> Iterator[None]:
    """Look for garbage now: a socket left open would fail the test during which it is found."""
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def _engine_remembers_nothing() -> None:
    """Start each test like a new worker process: tests share mail servers, and empty the tables."""
    from newsroom import smtp_submission
    from subscribers.models import address_hash
    from subscribers.sending import failure_streaks, send_run

    smtp_submission._breakers.clear()
    send_run._left_out_until.clear()
    failure_streaks._streaks.clear()
    address_hash._salted_hashes.cache_clear()


@pytest.fixture(autouse=True)
def _forms_are_counted_at_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count the forms of a test in one window: a run that crosses its end would count fewer."""
    from django.utils import timezone

    from newsroom import form_guard, rate_limits
    from subscribers.preferences import owner_notices

    moment = timezone.now()
    for count in (rate_limits.count_within, rate_limits.is_over_hourly_limit):
        at_the_moment = partial(_call_at, count, moment)
        for module in (form_guard, owner_notices):
            monkeypatch.setattr(module, count.__name__, at_the_moment, raising=False)


def _call_at(count: Callable[..., int], moment: datetime, *args: Any, **kwargs: Any) -> int:
    return count(*args, **kwargs | {"at": moment})


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Empty the cache, so that no test sees the counts of another."""
    yield
    from django.core.cache import cache, caches

    cache.clear()
    caches["pages"].clear()


@pytest.fixture(autouse=True)
def _no_copy_of_another_epoch(pytestconfig: pytest.Config) -> None:
    """Forget the epoch of the last test: its database was rolled back, as a restored one is."""
    from newsroom import database_epoch

    (pytestconfig.stash[RUN].var / "epoch" / "database.json").unlink(missing_ok=True)
    database_epoch._recently.close()


# --- the database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, pytestconfig: pytest.Config
) -> None:
    """Begin with the tables as an earlier pass of `make test` made them, which took long."""
    from django.db import connection

    dump = migrated_dump()
    if dump is not None and dump.exists():
        cluster = pytestconfig.stash[RUN].start_postgres()
        template = cluster.new_database()
        cluster.restore(dump.read_bytes(), template)
        connection.settings_dict["TEST"]["TEMPLATE"] = template.rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: Any, pytestconfig: pytest.Config
) -> Iterator[None]:
    """Let tests that commit leave groups and permissions, which belong to the code."""
    from django.db import connection

    dump = migrated_dump()
    if dump is not None and not dump.exists():
        cluster = pytestconfig.stash[RUN].start_postgres()
        unfinished = dump.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(cluster.back_up(connection.settings_dict["NAME"]))
        unfinished.rename(dump)
    with ExitStack() as ending:
        with django_db_blocker.unblock():
            ending.enter_context(emptied_tables.standing_rows_are_kept())
        yield


def migrated_dump() -> Path | None:
    """Return where the passes of a `make test` on PostgreSQL share their tables, still empty."""
    from django.db import connection

    folder = os.environ.get("NEWSROOM_MIGRATED")
    is_shared = folder and connection.vendor == "postgresql"
    return Path(str(folder)) / "postgres.sql" if is_shared else None


# --- servers


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> PostgresCluster:
    """Return the PostgreSQL of this test run. Never kill it; use `own_postgres`."""
    return pytestconfig.stash[RUN].start_postgres()


@pytest.fixture(scope="session")
def postgres_url(postgres: PostgresCluster) -> str:
    """Return the address of the PostgreSQL of this test run, without our tables."""
    return postgres.url()


@pytest.fixture
def new_database(postgres: PostgresCluster) -> Iterator[Callable[[], str]]:
    """Create empty PostgreSQL databases: each call returns a DATABASE_URL."""
    with ExitStack() as ending:

        def make() -> str:
            url = postgres.new_database()
            ending.callback(postgres.drop_database, url)
            return url

        yield make


@pytest.fixture(scope="session")
def redis_url(pytestconfig: pytest.Config) -> str:
    """Return the address of this test process's Redis. Never kill it; use `own_redis`."""
    return pytestconfig.stash[RUN].start_redis()


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL for one test, which may kill it."""
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """Start a Redis for one test, which may kill it."""
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _smtp_process() -> Iterator[SmtpServer]:
    server = SmtpServer()
    yield server
    server.stop()


@pytest.fixture
def smtp_server(_smtp_process: SmtpServer) -> Iterator[SmtpServer]:
    """Return a strict, empty SMTP server. Malformed email fails the test."""
    _smtp_process.reset()
    if not _smtp_process.process.is_running():
        _smtp_process.start()
    yield _smtp_process
    if not _smtp_process.allows_violations:
        assert _smtp_process.violations() == []


@pytest.fixture
def own_smtp_server() -> Iterator[Callable[..., SmtpServer]]:
    """Start SMTP servers with other options: `own_smtp_server(tls="ssl", account="ada:secret")`."""
    with ExitStack() as ending:

        def start(**facts: Any) -> SmtpServer:
            server = SmtpServer(**facts)
            ending.callback(server.stop)
            return server

        yield start


# --- programs


@pytest.fixture
def program_environment(
    transactional_db: None, redis_url: str, tmp_path: Path
) -> Callable[..., dict[str, str]]:
    """Return environments for programs that use this test's database."""
    from django.db import connection

    def make(**variables: str) -> dict[str, str]:
        facts = connection.settings_dict
        ours = {
            "DEBUG": "true",
            "DATABASE_URL": "postgres://{USER}@{HOST}:{PORT}/{NAME}".format_map(facts),
            "REDIS_URL": redis_url,
            "SITE_URL": os.environ["SITE_URL"],
            "VAR_DIR": str(tmp_path / "var"),
            "SECOND_FACTOR_REQUIRED": "false",
        }
        return environment(**(ours | variables))

    return make


@pytest.fixture
def celery_worker(
    program_environment: Callable[..., dict[str, str]], tmp_path: Path
) -> Iterator[Callable[..., CeleryWorker]]:
    """Start real workers on this test's database: `celery_worker("--pool=solo", EMAIL_URL=...)`."""
    started: list[CeleryWorker] = []

    def start(
        *words: str,
        ready: bool = True,
        app: str = "newsroom",
        prefix: tuple[str, ...] = (),
        **variables: str,
    ) -> CeleryWorker:
        name = f"worker{len(started) + 1}"
        env, log = program_environment(**variables), tmp_path / f"{name}.log"
        worker = CeleryWorker(*words, env=env, log=log, name=name, app=app, prefix=prefix)
        started.append(worker)
        if ready:
            worker.wait_until_ready()
        return worker

    yield start
    for process in started:
        process.kill()  # the test is over, so nothing needs an orderly end


@pytest.fixture
def celery_beat(
    program_environment: Callable[..., dict[str, str]], tmp_path: Path
) -> Iterator[Callable[..., CeleryBeat]]:
    """Start a real beat on this test's database."""
    started: list[CeleryBeat] = []

    def start(*words: str, **variables: str) -> CeleryBeat:
        env = program_environment(**variables)
        beat = CeleryBeat(*words, env=env, log=tmp_path / "beat.log")
        started.append(beat)
        return beat

    yield start
    for process in started:
        process.kill()  # the test is over, so nothing needs an orderly end


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Copy the folder of a demo that has run: to start the first one in a new folder takes long."""
    used = Demo(tmp_path_factory.mktemp("demo") / "var")
    try:
        used.wait_until_ready()
    finally:
        used.stop()
    return lambda folder: Path(shutil.copytree(used.var, folder / "var"))


# --- pages


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium once for the run."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=15_000)  # as for clicks: tests of a million rows run beside these
    # Playwright's event loop runs in this thread, where Django would refuse to use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = chromium.launch(playwright.chromium)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def _requests_end_before_the_tables_are_emptied(request: pytest.FixtureRequest) -> Iterator[None]:
    """Wait for the server's last responses: a page that closes tells it so, and may deadlock us."""
    from django.core.signals import request_finished, request_started

    if "browser" not in request.fixturenames:
        yield
        return
    under_way = [0]

    def begin(**_: Any) -> None:
        under_way[0] += 1

    def end(**_: Any) -> None:
        under_way[0] -= 1

    request_started.connect(begin)
    request_finished.connect(end)
    yield
    until = time.monotonic() + 15
    quiet_from = time.monotonic()
    while time.monotonic() < until and time.monotonic() < quiet_from + 0.2:
        if under_way[0] > 0:
            quiet_from = time.monotonic()
        time.sleep(0.02)
    request_started.disconnect(begin)
    request_finished.disconnect(end)


@pytest.fixture
def watch() -> chromium.Watch:
    """Collect what goes wrong on `page`; put what a test provokes into `expected`."""
    return chromium.Watch()


@pytest.fixture
def page(browser: Browser, watch: chromium.Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page in its own context. Script errors and third-party requests fail the test."""
    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        context.set_default_timeout(15_000)
        watch.over(context)
        opened = context.new_page()
        yield opened
        failed = request.node.stash.get(FAILED, False)
        if (failed or os.environ.get("NEWSROOM_PICTURES")) and not opened.is_closed():
            name = re.sub(r"[^\w.-]+", "-", request.node.name)
            opened.screenshot(path=ROOT / "var" / "screenshots" / f"{name}.png", full_page=True)
    assert watch.unexpected() == []


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> str:
    """Serve the newsroom for a browser; links in emails lead to it."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)
