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
    StopAsked,
    Supervisor,
    only_one,
)
from tests.servers.processes import Process, wait_until
from tests.servers.programs import ROOT, environment

PATIENT = """
import signal, sys, time, pathlib
def finish(*_):
    time.sleep(0.3)
    pathlib.Path(sys.argv[1]).write_text("finished")
    sys.exit(0)
signal.signal(signal.SIGTERM, finish)
print("ready", flush=True)
time.sleep(60)
"""
DEAF = """
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


def has_words(file: Path) -> bool:
    return file.exists() and bool(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_program_that_ends_is_named_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(python("clerk", "import time; time.sleep(60)"))
    supervisor.start(python("porter", "import sys; print('no key'); sys.exit(3)"))

    with pytest.raises(ProgramEnded, match=r"the porter ended with 3(?s:.*)no key"):
        supervisor.watch()


def test_a_program_that_is_killed_is_named_with_the_signal(supervisor: Supervisor) -> None:
    supervisor.start(python("clerk", "import os; os.kill(os.getpid(), 9)"))

    with pytest.raises(ProgramEnded, match="the clerk was killed by SIGKILL"):
        supervisor.watch()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_program_may_finish_what_it_has_in_hand(
    supervisor: Supervisor, tmp_path: Path, sign: signal.Signals
) -> None:
    supervisor.start(python("clerk", PATIENT, tmp_path / "done"))
    log = tmp_path / "log" / "clerk.log"
    supervisor.wait_until(lambda: "ready" in log.read_text(), seconds=10, what="no start")

    os.kill(os.getpid(), sign)
    with pytest.raises(StopAsked):
        supervisor.watch()
    supervisor.stop()

    assert (tmp_path / "done").read_text() == "finished"


def test_a_program_that_will_not_stop_is_killed_with_what_it_started(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsroom.supervisor.GRACE_SECONDS", 0.4)
    started = tmp_path / "child"
    supervisor.start(python("clerk", DEAF, started))
    supervisor.wait_until(lambda: has_words(started), seconds=10, what="no child")

    began = time.monotonic()
    supervisor.stop()

    assert 0.4 <= time.monotonic() - began < 2
    wait_until(lambda: not is_alive(int(started.read_text())), seconds=2, what="the child's end")


def test_what_a_killed_program_started_does_not_outlive_it(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    started = tmp_path / "child"
    code = DEAF.replace("time.sleep(60)", "import os; os.kill(os.getpid(), 9)")
    supervisor.start(python("clerk", code, started))
    with pytest.raises(ProgramEnded):
        supervisor.watch()
    assert is_alive(int(started.read_text()))

    supervisor.stop()

    wait_until(lambda: not is_alive(int(started.read_text())), seconds=2, what="the child's end")


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from newsroom.supervisor import GRACE_SECONDS, Program, StopAsked, Supervisor
try:
    with Supervisor(env={{}}, cwd=Path("."), logs=Path({str(tmp_path)!r})) as supervisor:
        command = [sys.executable, "-c", {DEAF!r}, sys.argv[1]]
        supervisor.start(Program(name="clerk", command=command))
        supervisor.watch()
except StopAsked:
    print("stopped")
"""
    started = tmp_path / "child"
    process = Process(
        [sys.executable, "-c", script, str(started)],
        log=tmp_path / "supervisor.log",
        env=environment(),
        cwd=ROOT,
    )
    process.wait_until(lambda: has_words(started))
    began = time.monotonic()

    process.send(signal.SIGINT)
    time.sleep(0.5)
    process.send(signal.SIGINT)
    process.wait(seconds=3)

    assert time.monotonic() - began < GRACE_SECONDS / 2
    assert "stopped" in process.output
    assert not is_alive(int(started.read_text()))


def test_one_lock_is_held_by_one(tmp_path: Path) -> None:
    lock = tmp_path / "folder" / "lock"
    with only_one(lock), pytest.raises(BlockingIOError), only_one(lock):
        pass
    with only_one(lock):
        pass


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys, os; from pathlib import Path; from newsroom.supervisor import only_one\n"
        f"with only_one(Path({str(lock)!r})): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False)

    with only_one(lock):
        pass
