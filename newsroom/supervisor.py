"""Several programs run as one: started together, watched, and stopped together.

Each is the head of a session of its own, so Ctrl-C in the terminal reaches the supervisor alone,
which asks each program to finish what it has in hand. Whatever outlives the grace period is killed
with everything that it started.
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
_LOOK_EVERY = 0.05
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ProgramEnded(Exception):
    """A program that should run on has ended; the message says which, how, and its last words."""


class StopAsked(Exception):
    """Somebody asked the supervisor to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to start, under the name that messages and its log file bear."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Starts programs, watches them, and ends them all when its `with` block does."""

    def __init__(self, *, env: Mapping[str, str], cwd: Path, logs: Path) -> None:
        self._env = dict(env)
        self._cwd = cwd
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._asked = self._hurry = False

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._before = {sign: signal.signal(sign, self._ask) for sign in _STOP_SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            for sign, handler in self._before.items():
                signal.signal(sign, handler)

    def start(self, program: Program) -> None:
        """Start a program; what it writes goes to its log, which begins anew."""
        with self._log_of(program.name).open("wb") as log:
            self._running[program.name] = subprocess.Popen(
                [*_tied_to_this_process(), *program.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Watch until it holds; TimeoutError names what was waited for."""
        deadline = time.monotonic() + seconds
        while not ready():
            self.look()
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} after {seconds:g} s; its log is in {self._logs}")
            time.sleep(_LOOK_EVERY)
        self.look()

    def watch(self) -> None:
        """Stay until somebody asks to stop (StopAsked) or a program ends (ProgramEnded)."""
        while True:
            self.look()
            time.sleep(_LOOK_EVERY)

    def stop(self) -> None:
        """Ask every program to finish; kill what has not after the grace period or a new Ctrl-C."""
        self._hurry = False
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._any_running() and time.monotonic() < deadline and not self._hurry:
            time.sleep(_LOOK_EVERY)
        for process in self._running.values():
            with suppress(ProcessLookupError, PermissionError):  # the group has gone with its head
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _ask(self, sign: int, *_: Any) -> None:
        self._asked = True
        self._hurry = sign == signal.SIGINT  # heeded while stopping only

    def _any_running(self) -> bool:
        return any(process.poll() is None for process in self._running.values())

    def look(self) -> None:
        """Notice once whether somebody asked to stop or a program has ended."""
        if self._asked:
            raise StopAsked
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise ProgramEnded(self._epitaph(name, code))

    def _epitaph(self, name: str, code: int) -> str:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        log = self._log_of(name)
        last_words = log.read_text(errors="replace").strip().splitlines()[-12:]
        told = [f"the {name} {how}; the others are stopped. Its log is {log}"]
        if last_words:
            told[0] += " and ends:"
        return "\n".join([*told, *(f"    {line}" for line in last_words)])

    def _log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _tied_to_this_process() -> list[str]:
    """Words before a command by which the kernel ends it should the supervisor be killed."""
    setpriv = shutil.which("setpriv")  # util-linux; other systems do without
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold a lock file while the body runs; BlockingIOError when another process holds it.

    The lock goes with the process, however that ends; the file stays and means nothing.
    """
    import fcntl

    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
