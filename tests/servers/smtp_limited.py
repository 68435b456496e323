"""A mail server that takes a limited number of connections, in a thread of the test."""

from __future__ import annotations

import re
import socketserver
import threading
from collections import Counter
from typing import Literal

WAIT_SECONDS = 30.0


class LimitedServer(socketserver.ThreadingTCPServer):
    """Refuses what is beyond its limit with a reply, in the greeting or after the content.

    It accepts no email before it has refused something, or before `crowd` connections are open:
    so connections overlap however fast the emails are.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        *,
        limit: int,
        reply: str = "421 4.7.0 too many connections from 127.0.0.1",
        at: Literal["greeting", "content"] = "greeting",
        crowd: int = 0,
    ) -> None:
        self.limit, self.reply, self.at, self.crowd = limit, reply, at, crowd
        self.open = self.most_open = self.refused = 0
        self.received: Counter[str] = Counter()
        self.changed = threading.Condition()
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}/?timeout=30"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def wait_for_crowd(self) -> None:
        with self.changed:
            self.changed.wait_for(
                lambda: self.refused if not self.crowd else self.most_open >= self.crowd,
                timeout=WAIT_SECONDS,
            )


class _Conversation(socketserver.StreamRequestHandler):
    server: LimitedServer

    def handle(self) -> None:
        server = self.server
        with server.changed:
            server.open += 1
            is_beyond = server.open > server.limit
            server.most_open = max(server.most_open, server.open)
            server.changed.notify_all()
        try:
            if is_beyond and server.at == "greeting":
                self.refuse()
            else:
                self.converse(is_beyond=is_beyond)
        except OSError:  # the client closed the connection
            pass
        finally:
            with server.changed:
                server.open -= 1

    def refuse(self) -> None:
        self.say(self.server.reply)
        with self.server.changed:
            self.server.refused += 1
            self.server.changed.notify_all()

    def converse(self, *, is_beyond: bool) -> None:
        self.say("220 limited ESMTP")
        recipient = ""
        while line := self.rfile.readline():
            command = line[:4].upper()
            if found := re.search(rb"RCPT TO:<([^>]*)>", line):
                recipient = found[1].decode()
            if command == b"DATA":
                self.say("354 go on")
                while self.rfile.readline() != b".\r\n":
                    pass
                if is_beyond:
                    self.refuse()
                    continue
                self.server.wait_for_crowd()
                with self.server.changed:
                    self.server.received[recipient] += 1
            self.say("221 bye" if command == b"QUIT" else "250 ok")

    def say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")
