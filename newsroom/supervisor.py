"""Run several programs as one: start them together, watch them, stop them together.

Each program leads a session of its own, so Ctrl-C in the terminal reaches only the supervisor,
which asks each program to finish what it is doing. A program that is still running after the grace
period is killed, together with everything that it started.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_LOG_TAIL_LINES = 12
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProgramEnded(Exception):
    """A program has ended that should keep running; the message has its exit code and log."""


class StopRequested(Exception):
    """The supervisor was asked to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A command, and the name for messages and for its log file."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Starts programs, watches them, and stops them all when its `with` block ends."""

    def __init__(self, *, env: Mapping[str, str], cwd: Path, logs: Path) -> None:
        self._env = dict(env)
        self._cwd = cwd
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stop_requested = self._stop_at_once = False

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._old_handlers = {
            number: signal.signal(number, self._on_signal) for number in _STOP_SIGNALS
        }
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            for number, handler in self._old_handlers.items():
                signal.signal(number, handler)

    def start(self, program: Program) -> None:
        """Start a program; its output replaces the content of its log."""
        with self._log_file(program.name).open("wb") as log:
            self._running[program.name] = subprocess.Popen(
                [*_die_with_parent(), *program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, problem: str) -> None:
        """Wait until a condition holds. Raises TimeoutError, which starts with the problem."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{problem} after {seconds:g} s; the logs are in {self._logs}")
            time.sleep(_POLL_SECONDS)
        self.check()

    def watch(self) -> None:
        """Run until StopRequested, when somebody stops it, or ProgramEnded, when a program ends."""
        while True:
            self.check()
            time.sleep(_POLL_SECONDS)

    def check(self) -> None:
        """Raise StopRequested or ProgramEnded if either has happened."""
        if self._stop_requested:
            raise StopRequested
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise ProgramEnded(self._exit_report(name, code))

    def stop(self) -> None:
        """Ask every program to finish; after the grace period, or a Ctrl-C, kill those that run."""
        self._stop_at_once = False
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._any_running() and time.monotonic() < deadline and not self._stop_at_once:
            time.sleep(_POLL_SECONDS)
        for process in self._running.values():
            with suppress(ProcessLookupError, PermissionError):  # the whole group has ended
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _on_signal(self, number: int, *_: Any) -> None:
        self._stop_requested = True
        self._stop_at_once = number == signal.SIGINT  # has an effect only while stopping

    def _any_running(self) -> bool:
        return any(process.poll() is None for process in self._running.values())

    def _exit_report(self, name: str, code: int) -> str:
        how = (
            f"was killed by {signal.Signals(-code).name}"
            if code < 0
            else f"exited with code {code}"
        )
        log = self._log_file(name)
        tail = log.read_text(errors="replace").strip().splitlines()[-_LOG_TAIL_LINES:]
        report = f"the {name} {how}; the others have been stopped. Its log is {log}"
        if not tail:
            return report
        return "\n".join([f"{report} and ends with:", *(f"    {line}" for line in tail)])

    def _log_file(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _die_with_parent() -> list[str]:
    """Return a command prefix that has the kernel end a program if the supervisor is killed."""
    setpriv = shutil.which("setpriv")  # from util-linux; other systems do without
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock on a file. Raises BlockingIOError if another process holds it.

    The lock ends with the process, however that ends; the file itself stays and has no meaning.
    """
    # Imported here because fcntl exists on Unix only, and production does not need it.
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
