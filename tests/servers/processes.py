"""A program that runs beside the tests and ends with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

GRACE_SECONDS = 10.0
RUN_FOLDER = "NEWSROOM_TEST_FOLDER"


class ServerFailed(Exception):
    """A server did not start; the message has the end of its log."""


def new_folder(name: str) -> Path:
    """Create a temporary folder inside that of the test run, which is removed at its end."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ.get(RUN_FOLDER)))


def free_port() -> int:
    """Return a TCP port on loopback that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Return whether something accepts connections on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(
    condition: Callable[[], bool], *, seconds: float, what: str, every: float = 0.05
) -> None:
    """Check a condition until it is true. Raises TimeoutError, which says what was expected."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(every)


class Process:
    """A program in its own session, so that Ctrl-C reaches the tests first.

    Its output goes to a file: a pipe that a daemon inherits would block the reader of the tests'
    output. If the tests are killed, the kernel stops the program. It has to be started from the
    main thread, because it ends with the thread that started it.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [*_die_with_parent(user), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def output(self) -> str:
        """Return its output so far, from both streams."""
        return self.log.read_text(errors="replace")

    def output_tail(self) -> str:
        """Return the end of its output so far."""
        return self.output[-3000:]

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def wait_until(
        self, condition: Callable[[], bool], *, seconds: float = 30.0, what: str = "it to be ready"
    ) -> None:
        """Wait for a condition. Raises ServerFailed if the program ends or takes too long."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.is_running():
                raise ServerFailed(f"it ended with {self.popen.returncode}:\n{self.output_tail()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"waited {seconds:g} s for {what}:\n{self.output_tail()}")
            time.sleep(0.02)

    def wait(self, *, seconds: float = 30.0) -> int:
        """Wait until it ends, and return its exit code."""
        return self.popen.wait(seconds)

    def send(self, sign: signal.Signals) -> None:
        """Send a signal to the program, but not to its children."""
        if self.is_running():
            self.popen.send_signal(sign)

    def child_pids(self) -> list[int]:
        """Return the ids of the processes that it started itself."""
        if not self.is_running():
            return []
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    def freeze(self) -> None:
        """Stop it and its children where they are, like a paused virtual machine."""
        self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue after `freeze`; the program does not notice the time in between."""
        self._signal_group(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it and its children, like a power cut."""
        self._signal_group(signal.SIGKILL)
        self.popen.wait(GRACE_SECONDS)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; after the grace period, kill it and its remaining children."""
        if self.is_running():
            self.popen.send_signal(sign)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(GRACE_SECONDS)
        self._signal_group(signal.SIGKILL)
        self.popen.wait(GRACE_SECONDS)

    def _signal_group(self, sign: signal.Signals) -> None:
        if not self.is_running() and Path(f"/proc/{self.pid}").exists():
            # Ids are reused, but not while a process of our group is running.
            return
        with suppress(ProcessLookupError, PermissionError):  # the group is gone
            os.killpg(self.popen.pid, sign)


def _die_with_parent(user: str | None) -> list[str]:
    """Return the prefix of a command that ends it with this process, and sets its user."""
    setpriv = shutil.which("setpriv")  # util-linux; other systems do without
    if setpriv is None:
        return []
    words = [setpriv, "--pdeathsig", "TERM"]
    if user is not None:
        words += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*words, "--"]
