"""Mail servers that receive the emails: Postfix's own sink, and a simple one that only counts."""

from __future__ import annotations

import asyncio
import mmap
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

from tests.servers.processes import Process, answers, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent
LAST_SECONDS = 5.0  # how long the last email may take to be counted
_AROUND_NUMBER = b"<reader"  # reader7@example.com, or smtp-source's 7reader@example.com
_MESSAGES = re.compile(r"mesg=(\d+)")


class CountsDiffer(Exception):
    """What arrived is not what was sent, so the measurement is void."""


class Receiver(Protocol):
    """What a run needs of a receiver."""

    port: int

    def begin(self) -> None:
        """Start counting from zero."""

    def check(self, emails: int) -> None:
        """Raise CountsDiffer unless exactly this many emails have arrived since `begin`."""


class Sink:
    """smtp-sink of Debian's postfix package: what smtp-source is measured against.

    It knows how many emails arrived, but not for whom.
    """

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = Process(
            ["/usr/sbin/smtp-sink", *user, "-c", f"127.0.0.1:{self.port}", "1000"],
            log=folder / f"sink-{self.port}.log",
        )
        self.process.wait_until(lambda: answers(self.port))
        self._before = 0

    def begin(self) -> None:
        self._before = self._count()

    def check(self, emails: int) -> None:
        _compare(lambda: self._count() - self._before, emails)

    def _count(self) -> int:
        """Return the last count that it logged."""
        with self.process.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            found = _MESSAGES.findall(log.read().decode(errors="replace"))
        return int(found[-1]) if found else 0

    def stop(self) -> None:
        self.process.stop()


class CountingReceiver:
    """Our own receiver: it accepts everything, after a delay if told to, and counts each reader.

    Its processes share one byte for each reader, and a port on which the kernel distributes
    connections.
    """

    def __init__(
        self, folder: Path, *, readers: int, delay: float = 0.0, processes: int = 1
    ) -> None:
        self.port = free_port()
        self._counts = folder / f"counted-{self.port}"
        with self._counts.open("wb") as counts:
            counts.truncate(readers + 1)
        self._processes = [
            Process(
                [
                    *(sys.executable, "-m", "bench.receivers"),
                    *(str(self.port), str(delay), str(self._counts)),
                ],
                log=folder / f"receiver-{self.port}-{number}.log",
                cwd=ROOT,
            )
            for number in range(processes)
        ]
        for process in self._processes:
            process.wait_until(partial(_is_ready, process))

    def begin(self) -> None:
        with self._counts.open("r+b") as file, mmap.mmap(file.fileno(), 0) as counts:
            counts[:] = bytes(len(counts))

    def total(self) -> int:
        """Return how many emails have arrived."""
        return sum(self._counts.read_bytes())

    def each(self) -> list[int]:
        """Return how many emails each reader got, from reader 1."""
        return list(self._counts.read_bytes()[1:])

    def check(self, emails: int) -> None:
        _compare(self.total, emails)
        counts = self._counts.read_bytes()
        if counts.count(1) != emails:
            doubled = len(counts) - counts.count(0) - counts.count(1)
            raise CountsDiffer(f"{doubled} readers got more than one of {emails} emails")

    def stop(self) -> None:
        for process in self._processes:
            process.stop()


def _is_ready(process: Process) -> bool:
    return "ready" in process.output


def _compare(count: Callable[[], int], emails: int) -> None:
    """Raise CountsDiffer if the count is not right within LAST_SECONDS."""
    with suppress(TimeoutError):
        wait_until(lambda: count() >= emails, seconds=LAST_SECONDS, what="the last email")
    if count() != emails:
        raise CountsDiffer(f"{emails} emails were sent, {count()} arrived")


class _Session(asyncio.BufferedProtocol):
    """One connection: commands are answered in order, emails after the delay.

    It must use less of the machine than the senders that it measures: all connections share one
    buffer, and commands that arrive together are answered together.
    """

    counts: mmap.mmap
    delay = 0.0
    buffer = memoryview(bytearray(256 * 1024))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.in_message = self.waiting = False
        self.reader = 0
        self.rest = b""
        self.answers = b"220 bench ESMTP\r\n"
        self._answer()

    def get_buffer(self, _: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, size: int) -> None:
        self.rest += self.buffer[:size]
        self._work()

    def _work(self) -> None:
        while self.rest and not self.waiting:
            if not (self._message() if self.in_message else self._command()):
                break
        self._answer()

    def _message(self) -> bool:
        """Read what has arrived of an email; return False if its end has not."""
        # Only one email is sent at a time, so its end, once it is here, is near the end.
        end = self.rest.rfind(b"\r\n.\r\n")
        if end < 0:
            self.rest = self.rest[-4:]
            return False
        self.rest = self.rest[end + 5 :]
        self.in_message = False
        if self.delay:
            self.waiting = True
            asyncio.get_running_loop().call_later(self.delay, self._delay_over)
        else:
            self._accept()
        return True

    def _delay_over(self) -> None:
        self.waiting = False
        self._accept()
        self._work()

    def _accept(self) -> None:
        self.counts[self.reader] = min(255, self.counts[self.reader] + 1)
        self.answers += b"250 ok\r\n"

    def _command(self) -> bool:
        line, found, rest = self.rest.partition(b"\n")
        if not found:
            return False
        self.rest = rest
        match line[:4].upper():
            case b"RCPT":
                self.reader = int(line[line.index(b"<") : line.index(b"@")].strip(_AROUND_NUMBER))
                self.answers += b"250 ok\r\n"
            case b"EHLO":
                self.answers += b"250-bench\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"DATA":
                self.in_message = True
                self.answers += b"354 go\r\n"
            case b"QUIT":
                self.answers += b"221 bye\r\n"
                self._answer()
                self.transport.close()
            case _:
                self.answers += b"250 ok\r\n"
        return True

    def _answer(self) -> None:
        if self.answers and not self.transport.is_closing():
            self.transport.write(self.answers)
        self.answers = b""


async def _serve(port: int, delay: float, counts: Path) -> None:
    with counts.open("r+b") as file:
        _Session.counts = mmap.mmap(file.fileno(), 0)
    _Session.delay = delay
    server = await asyncio.get_running_loop().create_server(
        _Session, "127.0.0.1", port, reuse_port=True, backlog=1000
    )
    async with server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
