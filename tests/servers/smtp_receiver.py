"""An SMTP server that keeps what it accepts and forgives nothing.

Stricter than a real one on purpose (RFC 5321 and 5322): what it refuses as malformed is also
written to `violations.jsonl`, because a client that retries would hide it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from itertools import count

from tests.servers.message_violations import faults_of
from tests.servers.smtp_rules import RuleBook, Stage
from tests.servers.smtp_store import Store

NAME = "receiver.example.net"
MAX_SIZE = 25 * 1024 * 1024
MAX_COMMAND = 1000  # bytes; 512 of the standard plus what the extensions add
PATH = re.compile(
    r"(?:MAIL FROM|RCPT TO):<(?P<address>[^<>\s]*)>(?P<options>(?: [A-Z0-9-]+(?:=[!-<>-~]+)?)*)",
    re.IGNORECASE,
)


class Conversation(asyncio.Protocol):
    """One connection. Commands are handled in order; an answer that waits holds up what follows."""

    numbers = count(1)

    def __init__(self, store: Store, rules: RuleBook, extensions: list[str]) -> None:
        self.store, self.rules, self.extensions = store, rules, extensions
        self.number = next(self.numbers)
        self.buffer = bytearray()
        self.greeted = self.in_content = self.waiting = False
        self.searched = 0
        self.forget()

    def forget(self) -> None:
        """Drop the transaction, not the connection."""
        self.sender: str | None = None
        self.recipients: list[str] = []
        self.options: set[str] = set()

    # --- bytes in, answers out

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.answer(Stage.CONNECT, f"220 {NAME} ESMTP", [])

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.go_on()

    def go_on(self) -> None:
        while not self.waiting and not self.transport.is_closing():
            if not (self.take_content() if self.in_content else self.take_command()):
                break

    def say(self, reply: str) -> None:
        self.transport.write(reply.encode() + b"\r\n")

    def violate(self, what: str, reply: str) -> None:
        """Refuse what no correct client sends, and remember it."""
        self.store.note(f"{what} (sender {self.sender}, recipients {self.recipients})")
        self.say(reply)

    def answer(
        self,
        stage: Stage,
        usual: str,
        addresses: list[str],
        *,
        accepted: Callable[[], None] = lambda: None,
    ) -> None:
        """Answer as usual, or as a rule for this stage says.

        What a yes stands for (`accepted`) is done before any delay, as a real server queues a
        message and then says so: a client that is killed meanwhile has sent it.
        """
        rule = self.rules.find(stage, addresses)
        reply = (rule.reply if rule else None) or usual
        if reply[0] in "23" and (rule is None or not rule.hang_up or rule.keep):
            accepted()

        def finish() -> None:
            self.waiting = False
            if rule is not None and rule.hang_up:
                self.transport.abort()
            elif not self.transport.is_closing():
                self.say(reply)
                if reply.startswith("421"):
                    self.transport.close()

        def finish_late() -> None:
            finish()
            self.go_on()

        if rule is not None and rule.delay:
            self.waiting = True
            asyncio.get_running_loop().call_later(rule.delay, finish_late)
        else:
            finish()

    # --- commands

    def take_command(self) -> bool:
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            if len(self.buffer) > MAX_COMMAND or b"\n" in self.buffer:
                self.violate(f"no command line: {bytes(self.buffer[:80])!r}", "500 5.5.2 what?")
                self.transport.close()
            return False
        self.buffer = rest
        try:
            text = line.decode("utf-8" if "SMTPUTF8" in self.extensions else "ascii")
        except UnicodeDecodeError:
            text = ""
        if not text.isprintable() or len(line) > MAX_COMMAND:
            self.violate(
                f"not a line of text: {bytes(line[:80])!r}", "500 5.5.2 not a line of text"
            )
            return True
        verb = text.split(" ", 1)[0].upper()
        handler = getattr(self, f"do_{verb.lower()}", None) if verb.isalpha() else None
        if handler is None:
            self.violate(f"unknown command {text[:80]!r}", "500 5.5.1 unknown command")
        elif self.buffer and verb in {"EHLO", "HELO", "DATA", "QUIT", "AUTH"}:
            # RFC 2920, section 3.1: these end a group of commands.
            self.violate(
                f"something sent before {verb} was answered", "503 5.5.1 wait for the answer"
            )
            self.transport.close()
        elif self.buffer and "PIPELINING" not in self.extensions:
            self.violate("commands sent together, which was not offered", "503 5.5.1 one at a time")
            self.transport.close()
        else:
            handler(text)
        return True

    def do_ehlo(self, text: str) -> None:
        if not re.fullmatch(r"EHLO [A-Za-z0-9.\-\[\]:]+", text, re.IGNORECASE):
            self.violate(f"greeting without a name: {text!r}", "501 5.5.4 who are you?")
            return
        self.greeted = True
        self.forget()
        lines = [NAME, *self.offered()]
        self.say("\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]))

    def offered(self) -> list[str]:
        """Name the extensions that this client may use now."""
        return self.extensions

    def do_helo(self, text: str) -> None:
        self.violate(f"HELO, although EHLO was understood: {text!r}", "502 5.5.1 use EHLO")

    def do_mail(self, text: str) -> None:
        match = PATH.fullmatch(text)
        if not self.greeted or self.sender is not None:
            self.violate(f"out of order: {text!r}", "503 5.5.1 not now")
        elif match is None or not text.upper().startswith("MAIL FROM:"):
            self.violate(f"malformed: {text!r}", "501 5.5.4 write MAIL FROM:<address>")
        else:
            self.options = {option.upper() for option in match["options"].split()}
            offered = {"BODY=7BIT", *re.findall(r"SIZE=\d+", text.upper())}
            if "8BITMIME" in self.extensions:
                offered.add("BODY=8BITMIME")
            if "SMTPUTF8" in self.extensions:
                offered.add("SMTPUTF8")
            if self.options - offered:
                self.violate(f"option not offered: {text!r}", "555 5.5.4 option not offered")
                return
            sender = match["address"]
            self.answer(
                Stage.MAIL,
                "250 2.1.0 sender ok",
                [sender],
                accepted=lambda: setattr(self, "sender", sender),
            )

    def do_rcpt(self, text: str) -> None:
        match = PATH.fullmatch(text)
        if self.sender is None:
            # After a refused MAIL, a pipelined RCPT is correct.
            self.say("503 5.5.1 MAIL first")
        elif match is None or match["options"] or "@" not in match["address"]:
            self.violate(f"malformed: {text!r}", "501 5.1.3 write RCPT TO:<address>")
        else:
            address = match["address"]
            self.answer(
                Stage.RCPT,
                "250 2.1.5 recipient ok",
                [address],
                accepted=lambda: self.recipients.append(address),
            )

    def do_data(self, _: str) -> None:
        if not self.recipients:
            self.say("554 5.5.1 no valid recipients")
        else:
            self.answer(
                Stage.DATA,
                "354 go ahead",
                self.recipients,
                accepted=lambda: setattr(self, "in_content", True),
            )

    def do_rset(self, _: str) -> None:
        self.forget()
        self.say("250 2.0.0 forgotten")

    def do_noop(self, _: str) -> None:
        self.say("250 2.0.0 nothing done")

    def do_quit(self, _: str) -> None:
        self.say("221 2.0.0 bye")
        self.transport.close()

    # --- emails

    def take_content(self) -> bool:
        if self.buffer.startswith(b".\r\n"):
            end, length = 0, 3
        else:
            end = self.buffer.find(b"\r\n.\r\n", max(0, self.searched - 4))
            length = 5
        if end < 0:
            self.searched = len(self.buffer)
            if len(self.buffer) > MAX_SIZE:
                self.violate("an email over the stated size", "552 5.3.4 too large")
                self.transport.close()
            return False
        content = bytes(self.buffer[: end + 2 if length == 5 else 0])
        del self.buffer[: end + length]
        self.searched = 0
        self.in_content = False
        sender, recipients = self.sender or "", list(self.recipients)
        faults = faults_of(content, self.options)
        if faults:
            self.violate("; ".join(faults), f"550 5.6.0 {faults[0]}")
        else:
            message = (b"\r\n" + content).replace(b"\r\n..", b"\r\n.")[2:]
            self.answer(
                Stage.CONTENT,
                "250 2.0.0 taken",
                recipients,
                accepted=lambda: self.store.keep(
                    message, sender=sender, recipients=recipients, connection=self.number
                ),
            )
        self.forget()
        return True
