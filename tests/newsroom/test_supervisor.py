"""Several programs under one supervisor: real processes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsroom.supervisor import (
    GRACE_SECONDS,
    Program,
    ProgramEnded,
    StopRequested,
    Supervisor,
    exclusive_lock,
)
from tests.servers.processes import Process, wait_until
from tests.servers.programs import ROOT, environment

FINISHES_FIRST = """
import signal, sys, time, pathlib
def finish(*_):
    time.sleep(0.3)
    pathlib.Path(sys.argv[1]).write_text("finished")
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("ready", flush=True)
time.sleep(60)
"""
IGNORES_SIGTERM = """
import signal, subprocess, sys, time, pathlib
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(env=environment(), cwd=tmp_path, logs=tmp_path / "log") as started:
        yield started


def python(name: str, code: str, *words: object) -> Program:
    return Program(name=name, command=[sys.executable, "-c", code, *map(str, words)])


def has_content(file: Path) -> bool:
    return file.exists() and bool(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_program_that_exits_is_named_with_the_end_of_its_log(supervisor: Supervisor) -> None:
    supervisor.start(python("first", "import time; time.sleep(60)"))
    supervisor.start(python("second", "import sys; print('no key'); sys.exit(3)"))

    with pytest.raises(ProgramEnded, match=r"the second exited with code 3(?s:.*)no key"):
        supervisor.watch()


def test_a_program_that_is_killed_is_named_with_the_signal(supervisor: Supervisor) -> None:
    supervisor.start(python("first", "import os; os.kill(os.getpid(), 9)"))

    with pytest.raises(ProgramEnded, match="the first was killed by SIGKILL"):
        supervisor.watch()


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_program_may_finish_before_it_is_stopped(
    supervisor: Supervisor, tmp_path: Path, stop_signal: signal.Signals
) -> None:
    supervisor.start(python("first", FINISHES_FIRST, tmp_path / "done"))
    log = tmp_path / "log" / "first.log"
    supervisor.wait_until(
        lambda: "ready" in log.read_text(), seconds=10, problem="it does not start"
    )

    os.kill(os.getpid(), stop_signal)
    with pytest.raises(StopRequested):
        supervisor.watch()
    supervisor.stop()

    assert (tmp_path / "done").read_text() == "finished"


def test_a_program_that_does_not_stop_is_killed_with_its_children(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsroom.supervisor.GRACE_SECONDS", 0.4)
    started = tmp_path / "child"
    supervisor.start(python("first", IGNORES_SIGTERM, started))
    supervisor.wait_until(lambda: has_content(started), seconds=10, problem="it starts no child")

    started_at = time.monotonic()
    supervisor.stop()

    assert 0.4 <= time.monotonic() - started_at < 2
    wait_until(lambda: not is_alive(int(started.read_text())), seconds=2, what="the child's end")


def test_the_children_of_a_killed_program_are_killed(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    started = tmp_path / "child"
    code = IGNORES_SIGTERM.replace("time.sleep(60)", "import os; os.kill(os.getpid(), 9)")
    supervisor.start(python("first", code, started))
    with pytest.raises(ProgramEnded):
        supervisor.watch()
    assert is_alive(int(started.read_text()))

    supervisor.stop()

    wait_until(lambda: not is_alive(int(started.read_text())), seconds=2, what="the child's end")


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from newsroom.supervisor import GRACE_SECONDS, Program, StopRequested, Supervisor
try:
    with Supervisor(env={{}}, cwd=Path("."), logs=Path({str(tmp_path)!r})) as supervisor:
        command = [sys.executable, "-c", {IGNORES_SIGTERM!r}, sys.argv[1]]
        supervisor.start(Program(name="first", command=command))
        supervisor.watch()
except StopRequested:
    print("stopped")
"""
    started = tmp_path / "child"
    process = Process(
        [sys.executable, "-c", script, str(started)],
        log=tmp_path / "supervisor.log",
        env=environment(),
        cwd=ROOT,
    )
    process.wait_until(lambda: has_content(started))
    started_at = time.monotonic()

    process.send(signal.SIGINT)
    time.sleep(0.5)
    process.send(signal.SIGINT)
    process.wait(seconds=3)

    assert time.monotonic() - started_at < GRACE_SECONDS / 2
    assert "stopped" in process.output
    assert not is_alive(int(started.read_text()))


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    with exclusive_lock(lock), pytest.raises(BlockingIOError), exclusive_lock(lock):
        pass
    with exclusive_lock(lock):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys, os; from pathlib import Path; from newsroom.supervisor import exclusive_lock\n"
        f"with exclusive_lock(Path({str(lock)!r})): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False)

    with exclusive_lock(lock):
        pass
