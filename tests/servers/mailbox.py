"""A mailbox on loopback that knows as much IMAP (RFC 3501) and POP3 (RFC 1939) as tests need."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Store:
    """The messages in the mailbox by number, and what clients did with them."""

    messages: dict[int, bytes]
    seen: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    port: int = 0


class _Imap(socketserver.StreamRequestHandler):
    store: Store

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, words = line.decode().strip().partition(" ")
            verb = words.removeprefix("UID ").split(" ")[0].upper()
            getattr(self, f"do_{verb.lower()}", self.do_noop)(words)
            good = "NO" if verb == "LOGIN" and '"secret"' not in words else "OK"
            self.wfile.write(f"{tag} {good} done\r\n".encode())
            if verb == "LOGOUT":
                return

    def do_noop(self, words: str) -> None: ...

    def do_capability(self, words: str) -> None:
        self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")

    def do_select(self, words: str) -> None:
        self.wfile.write(f"* {len(self.store.messages)} EXISTS\r\n".encode())

    def do_search(self, words: str) -> None:
        gone = self.store.seen if "UNSEEN" in words else self.store.deleted
        found = [str(uid) for uid in self.store.messages if uid not in gone]
        self.wfile.write(f"* SEARCH {' '.join(found)}\r\n".encode())

    def do_fetch(self, words: str) -> None:
        uid = int(words.split()[2])
        message = self.store.messages[uid]
        head = f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(message)}}}\r\n"
        self.wfile.write(head.encode() + message + b")\r\n")

    def do_store(self, words: str) -> None:
        flags = self.store.deleted if "Deleted" in words else self.store.seen
        flags.add(int(words.split()[2]))

    def do_expunge(self, words: str) -> None:
        for uid in self.store.deleted & self.store.messages.keys():
            del self.store.messages[uid]


class _Pop3(socketserver.StreamRequestHandler):
    store: Store

    def handle(self) -> None:
        self.wfile.write(b"+OK ready\r\n")
        marked: set[int] = set()
        for line in self.rfile:
            verb, _, rest = line.decode().strip().partition(" ")
            answer = b"+OK\r\n"
            if verb == "PASS" and rest != "secret":
                answer = b"-ERR no\r\n"
            elif verb == "STAT":
                answer = f"+OK {len(self.store.messages)} 1\r\n".encode()
            elif verb == "RETR":
                body = re.sub(rb"(?m)^\.", b"..", self.store.messages[int(rest)])
                answer = b"+OK\r\n" + body + b"\r\n.\r\n"
            elif verb == "DELE":
                marked.add(int(rest))
            elif verb == "QUIT":
                for number in marked:
                    del self.store.messages[number]
            self.wfile.write(answer)
            if verb == "QUIT":
                return


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def open_mailbox(protocol: str, messages: list[bytes]) -> Iterator[Store]:
    """Serve a mailbox with these messages, numbered from 1; the password is "secret"."""
    store = Store(dict(enumerate(messages, start=1)))
    base = _Imap if protocol == "imap" else _Pop3
    handler = type("Handler", (base,), {"store": store})
    with _Server(("127.0.0.1", 0), handler) as server:
        store.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()
