"""A program that runs beside the tests and does not outlive them."""

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
    """A server did not start; the message carries the end of its log."""


def new_folder(name: str) -> Path:
    """Make a temporary folder inside that of the run, which is removed at its end."""
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=os.environ.get(RUN_FOLDER)))


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Say whether something accepts connections on this port of loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(
    condition: Callable[[], bool], *, seconds: float, what: str, every: float = 0.05
) -> None:
    """Ask until it holds; TimeoutError names what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}")
        time.sleep(every)


class Process:
    """A program in a session of its own, so that Ctrl-C reaches the tests first.

    Its output goes to a file: a pipe that a daemon inherits would hold up whoever reads the tests'
    output. The kernel stops it should the tests be killed before they can, which is why it must be
    started from the main thread: it ends with the thread that made it.
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
                [*_tied_to_this_process(user), *command],
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
        """What it has written so far, on either stream."""
        return self.log.read_text(errors="replace")

    def last_words(self) -> str:
        """The end of what it has written so far."""
        return self.output[-3000:]

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def wait_until(
        self, condition: Callable[[], bool], *, seconds: float = 30.0, what: str = "it to be ready"
    ) -> None:
        """Wait for it; ServerFailed, with the end of its log, when it stops or takes longer."""
        deadline = time.monotonic() + seconds
        while not condition():
            if not self.is_running():
                raise ServerFailed(f"it ended with {self.popen.returncode}:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"waited {seconds:g} s for {what}:\n{self.last_words()}")
            time.sleep(0.02)

    def wait(self, *, seconds: float = 30.0) -> int:
        """Wait for its end and return its exit code."""
        return self.popen.wait(seconds)

    def send(self, sign: signal.Signals) -> None:
        """Send one signal to the program alone, not to its children."""
        if self.is_running():
            self.popen.send_signal(sign)

    def child_pids(self) -> list[int]:
        """Give the numbers of the processes that it started itself."""
        if not self.is_running():
            return []
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in found.split()]

    def freeze(self) -> None:
        """Stop it and its children where they are, as a paused virtual machine does."""
        self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`, unaware that time has passed."""
        self._signal_group(signal.SIGCONT)

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        self._signal_group(signal.SIGKILL)
        self.popen.wait(GRACE_SECONDS)

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; kill it and what is left of its children after the grace period."""
        if self.is_running():
            self.popen.send_signal(sign)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(GRACE_SECONDS)
        self._signal_group(signal.SIGKILL)
        self.popen.wait(GRACE_SECONDS)

    def _signal_group(self, sign: signal.Signals) -> None:
        if not self.is_running() and Path(f"/proc/{self.pid}").exists():
            # Numbers come round again; while one of our group lived, this one could not.
            return
        with suppress(ProcessLookupError, PermissionError):  # the group is gone
            os.killpg(self.popen.pid, sign)


def _tied_to_this_process(user: str | None) -> list[str]:
    """Make the words before a command that let the kernel end it with us, and change its user."""
    setpriv = shutil.which("setpriv")  # util-linux; other systems do without
    if setpriv is None:
        return []
    words = [setpriv, "--pdeathsig", "TERM"]
    if user is not None:
        words += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*words, "--"]
