"""Those who take letters in: Postfix's own sink, and a bare receiver that only counts."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.servers.processes import Process, answers, free_port

ROOT = Path(__file__).resolve().parent.parent


class Sink:
    """smtp-sink of Debian's postfix package: what smtp-source is measured against."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.process = Process(
            ["/usr/sbin/smtp-sink", "-u", "nobody", "-c", f"127.0.0.1:{self.port}", "1000"],
            log=folder / f"sink-{self.port}.log",
        )
        self.process.wait_until(lambda: answers(self.port))

    def stop(self) -> None:
        self.process.stop()


class CountingReceiver:
    """A receiver of our own that says yes to everything, counts, and waits as told."""

    def __init__(self, folder: Path, *, delay: float = 0.0) -> None:
        self.port = free_port()
        self.counter = folder / f"counted-{self.port}"
        self.process = Process(
            [
                *(sys.executable, "-m", "bench.receivers"),
                *(str(self.port), str(delay), str(self.counter)),
            ],
            log=folder / f"receiver-{self.port}.log",
            cwd=ROOT,
        )
        self.process.wait_until(lambda: answers(self.port))

    def count(self) -> int:
        """Letters taken in so far, as of a tenth of a second ago."""
        return int(self.counter.read_text() or 0) if self.counter.exists() else 0

    def stop(self) -> None:
        self.process.stop()


class _Session(asyncio.Protocol):
    """One connection: commands are answered at once and in order, letters after the delay."""

    counted = 0
    delay = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.in_letter = self.thinking = False
        self.rest = b""
        transport.write(b"220 bench ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while self.rest and not self.thinking:
            if not (self._letter() if self.in_letter else self._command()):
                return

    def _letter(self) -> bool:
        """Take in what has come of a letter; False when its end has not."""
        end = self.rest.find(b"\r\n.\r\n")
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
        self.data_received(b"")

    def _accept(self) -> None:
        _Session.counted += 1
        self._write(b"250 ok\r\n")

    def _command(self) -> bool:
        line, found, rest = self.rest.partition(b"\n")
        if not found:
            return False
        self.rest = rest
        match line[:4].upper():
            case b"EHLO":
                self._write(b"250-bench\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            case b"DATA":
                self.in_letter = True
                self._write(b"354 go\r\n")
            case b"QUIT":
                self._write(b"221 bye\r\n")
                self.transport.close()
            case _:
                self._write(b"250 ok\r\n")
        return True

    def _write(self, octets: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(octets)


async def _serve(port: int, delay: float, counter: Path) -> None:
    _Session.delay = delay
    server = await asyncio.get_running_loop().create_server(_Session, "127.0.0.1", port)
    _note(counter)
    async with server:
        await server.serve_forever()


def _note(counter: Path) -> None:
    """Write down the count, ten times a second."""
    counter.write_text(str(_Session.counted))
    asyncio.get_running_loop().call_later(0.1, _note, counter)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
