"""Those who take letters in: Postfix's own sink, and a bare receiver that only counts."""

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
LAST_SECONDS = 5.0  # how long the last letter may take to be counted
_MESSAGES = re.compile(r"mesg=(\d+)")


class CountsDiffer(Exception):
    """What arrived is not what was sent: nothing that was measured counts."""


class Receiver(Protocol):
    """What a run needs of the one it sends to."""

    port: int

    def begin(self) -> None:
        """Count from here."""

    def check(self, letters: int) -> None:
        """Raise CountsDiffer unless exactly so many letters have come since `begin`."""


class Sink:
    """smtp-sink of Debian's postfix package: what smtp-source is measured against.

    It knows how many letters came, not whose they were.
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

    def check(self, letters: int) -> None:
        _compare(lambda: self._count() - self._before, letters)

    def _count(self) -> int:
        """Read the last count that it wrote."""
        with self.process.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - 4096))
            found = _MESSAGES.findall(log.read().decode(errors="replace"))
        return int(found[-1]) if found else 0

    def stop(self) -> None:
        self.process.stop()


class CountingReceiver:
    """A receiver of our own that says yes to everything, waits as told, and counts each reader.

    Its processes share one octet for each reader and a port that the kernel deals out among them.
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

    def check(self, letters: int) -> None:
        _compare(lambda: sum(self._counts.read_bytes()), letters)
        counts = self._counts.read_bytes()
        if counts.count(1) != letters:
            doubled = len(counts) - counts.count(0) - counts.count(1)
            raise CountsDiffer(f"{doubled} readers got more than one of {letters} letters")

    def stop(self) -> None:
        for process in self._processes:
            process.stop()


def _is_ready(process: Process) -> bool:
    return "ready" in process.output


def _compare(count: Callable[[], int], letters: int) -> None:
    """Wait a moment for the last count, then insist; one letter too many is waited for as well."""
    with suppress(TimeoutError):
        wait_until(lambda: count() >= letters, seconds=LAST_SECONDS, what="the last letter")
    if count() != letters:
        raise CountsDiffer(f"{letters} letters were sent, {count()} arrived")


class _Session(asyncio.BufferedProtocol):
    """One connection: commands are answered in order, letters after the delay.

    It must take less of the machine than those it measures: octets are read into one buffer that
    all connections share, and what came together is answered together, as real servers do.
    """

    counts: mmap.mmap
    delay = 0.0
    buffer = memoryview(bytearray(256 * 1024))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.in_letter = self.thinking = False
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
        while self.rest and not self.thinking:
            if not (self._letter() if self.in_letter else self._command()):
                break
        self._answer()

    def _letter(self) -> bool:
        """Take in what has come of a letter; False when its end has not."""
        # Only one letter is ever under way: its end, when it is here, is near the end.
        end = self.rest.rfind(b"\r\n.\r\n")
        if end < 0:
            self.rest = self.rest[-4:]
            return False
        self.rest = self.rest[end + 5 :]
        self.in_letter = False
        if self.delay:
            self.thinking = True
            asyncio.get_running_loop().call_later(self.delay, self._thought)
        else:
            self._accept()
        return True

    def _thought(self) -> None:
        self.thinking = False
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
                self.reader = int(line[line.index(b"<reader") + 7 : line.index(b"@")])
                self.answers += b"250 ok\r\n"
            case b"EHLO":
                self.answers += b"250-bench\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
            case b"DATA":
                self.in_letter = True
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
