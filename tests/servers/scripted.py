"""A server that says what its script says, whatever it is asked."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from threading import Thread


class ScriptedServer:
    """Sends a greeting to every client, then one reply after each line that it gets.

    After the last reply it closes the connection. `heard` has the lines of all clients.
    """

    def __init__(self, greeting: bytes, replies: Iterable[bytes] = ()) -> None:
        self._greeting, self._replies = greeting, list(replies)
        self.heard: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # stopped
                return
            Thread(target=self._converse, args=[client], daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with client, suppress(ConnectionError), client.makefile("rb") as lines:
            client.sendall(self._greeting)
            for reply in self._replies:
                line = lines.readline()
                if not line:
                    return
                self.heard.append(line.decode(errors="replace").rstrip("\r\n"))
                client.sendall(reply)

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
