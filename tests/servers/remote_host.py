"""A host behind a network of its own, whose link can be cut: a network namespace (Linux)."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
from itertools import count
from types import TracebackType
from typing import Self

_numbers = count(1)


def can_make_hosts() -> bool:
    """Whether this process may make network namespaces: root with iproute2, on Linux."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


class RemoteHost:
    """A network namespace with two links to this machine; programs start in it with `prefix`.

    Servers here listen on loopback only, so each is reached through a relay: `reach(port)` over the
    link that stays, `reach(port, over_weak_link=True)` over the one that `cut` takes down. A cut
    link loses packets without a word, as a broken cable does; the kernels repeat them.
    """

    def __init__(self) -> None:
        self._name = f"newsroom-{os.getpid()}-{next(_numbers)}"
        # Interface names have at most 15 characters; the second half of each pair goes inside.
        self._links = {"weak": f"nw{os.getpid() % 100_000}w", "firm": f"nw{os.getpid() % 100_000}f"}
        self._nets = {"weak": "10.213.77", "firm": "10.213.78"}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncio.Server] = []
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def prefix(self) -> tuple[str, ...]:
        """The words before a command that start it on this host."""
        return ("ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        _ip("netns", "add", self._name)
        for kind, link in self._links.items():
            _ip("link", "add", link, "type", "veth", "peer", "name", f"{link}i")
            _ip("link", "set", f"{link}i", "netns", self._name)
            _ip("address", "add", f"{self._nets[kind]}.1/24", "dev", link)
            _ip("link", "set", link, "up")
            _ip("-n", self._name, "address", "add", f"{self._nets[kind]}.2/24", "dev", f"{link}i")
            _ip("-n", self._name, "link", "set", f"{link}i", "up")
        _ip("-n", self._name, "link", "set", "lo", "up")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        for link in self._links.values():
            _ip("link", "delete", link)
        _ip("netns", "delete", self._name)

    def reach(self, port: int, *, over_weak_link: bool = False) -> str:
        """Return `host:port` under which programs on this host reach a port of our loopback."""
        address = self._nets["weak" if over_weak_link else "firm"] + ".1"

        async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            self._writers |= {writer, far_writer}
            await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))

        listening = asyncio.start_server(join, address, 0)
        server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self._servers.append(server)
        return f"{address}:{server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Lose every packet on the weak link until `restore`.

        Both sides are given a wrong hardware address of each other. The kernel would notice a link
        that is down, and then repeat at once instead of waiting longer each time.
        """
        for side, device, other in self._weak_ends():
            wrong = ("lladdr", "02:00:00:00:00:99", "nud", "permanent")
            _ip(*side, "neigh", "replace", other, *wrong, "dev", device)

    def restore(self) -> None:
        """Let packets pass again; what was lost is repeated when each kernel's timer says so."""
        for side, device, other in self._weak_ends():
            _ip(*side, "neigh", "delete", other, "dev", device)

    def _weak_ends(self) -> list[tuple[tuple[str, ...], str, str]]:
        """For each side of the weak link: how to reach it, its device, the other's address."""
        link, net = self._links["weak"], self._nets["weak"]
        return [((), link, f"{net}.2"), (("-n", self._name), f"{link}i", f"{net}.1")]

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for writer in self._writers:
            writer.transport.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)  # each ends with its connection


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until it ends, then end the other side."""
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=10)
