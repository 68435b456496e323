"""The mail server of the tests, and the emails that it received."""

from __future__ import annotations

import email
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from pathlib import Path
from typing import Any, Literal

from tests.servers.processes import Process, answers, free_port, new_folder, wait_until
from tests.servers.smtp_guarded import make_certificate
from tests.servers.smtp_rules import Rule, Stage, write_rules

ROOT = Path(__file__).resolve().parents[2]
Tls = Literal["starttls", "ssl"]
EXTENSIONS = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE 26214400")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEmail:
    """One email as the server received it."""

    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    raw: bytes  # the content, with dots no longer doubled
    connection: int  # numbered from 1
    at: float  # seconds since the epoch

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=SMTP)


class SmtpServer:
    """A strict mail server in its own process; see `smtp_receiver`, `smtp_guarded`.

    It saves everything to disk before it accepts it, so a test can kill either side at any moment
    and then count.
    """

    def __init__(
        self,
        *,
        extensions: tuple[str, ...] = EXTENSIONS,
        tls: Tls | None = None,
        account: str = "",  # `name:password` that a client must log in with
        mechanisms: str | None = None,  # the ways to log in that are offered; PLAIN if there is one
    ) -> None:
        self.folder = new_folder("smtp")
        self.port = free_port()
        self.extensions, self.tls, self.account = extensions, tls, account
        self.mechanisms = mechanisms if mechanisms is not None else "PLAIN" if account else ""
        self.allows_violations = False
        self._numbers = count(1)
        self._emails_before = self._violations_before = 0
        self._rules: list[Rule] = []
        write_rules(self.folder / "rules.json", [])
        for name in ("emails.bin", "emails.jsonl", "violations.jsonl"):
            (self.folder / name).touch()
        self.certificate = make_certificate(self.folder) if tls else None
        self.start()

    @property
    def url(self) -> str:
        """Return the value for EMAIL_URL."""
        scheme = "smtps" if self.tls == "ssl" else "smtp"
        login = f"{self.account}@" if self.account else ""
        query = "/?tls=starttls" if self.tls == "starttls" else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}{query}"

    def start(self) -> None:
        """Start it on its port, or restart it after `kill`."""
        self.process = Process(
            [
                *(sys.executable, "-m", "tests.servers.smtp_main"),
                *(str(self.folder), str(self.port), *self.extensions),
                *([f"--tls={self.tls}"] if self.tls else []),
                *("--account", self.account, "--mechanisms", self.mechanisms),
            ],
            log=self.folder / "receiver.log",
            cwd=ROOT,
        )
        try:
            self.process.wait_until(lambda: answers(self.port))
        except BaseException:
            self.process.stop()
            raise

    def kill(self) -> None:
        """Kill it; connections are refused until `start`."""
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what arrived since the last reset

    def emails(self) -> list[ReceivedEmail]:
        return list(self._read_emails())

    def emails_to(self, address: str) -> list[ReceivedEmail]:
        return [email for email in self._read_emails() if address in email.recipients]

    def received(self) -> Counter[str]:
        """Return the number of emails for each recipient."""
        entries = self._entries("emails.jsonl", self._emails_before)
        return Counter(recipient for entry in entries for recipient in entry["recipients"])

    def __len__(self) -> int:
        with (self.folder / "emails.jsonl").open("rb") as lines:
            lines.seek(self._emails_before)
            return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))

    def violations(self) -> list[str]:
        """Return what the client did that no correct client does."""
        return self._entries("violations.jsonl", self._violations_before)

    def wait_for(self, number: int, *, seconds: float = 30.0) -> list[ReceivedEmail]:
        """Wait until this many emails have arrived, and return them. Raises TimeoutError."""
        self.wait_for_count(number, seconds=seconds)
        return self.emails()

    def wait_for_count(self, number: int, *, seconds: float = 30.0) -> None:
        """Wait until this many emails have arrived, without reading them."""
        wait_until(lambda: len(self) >= number, seconds=seconds, what=f"{number} emails")

    def arrivals(self) -> list[float]:
        """Return when each email arrived, in seconds since the epoch, in order."""
        return [entry["at"] for entry in self._entries("emails.jsonl", self._emails_before)]

    def connections(self) -> int:
        """Return over how many connections emails arrived."""
        entries = self._entries("emails.jsonl", self._emails_before)
        return len({entry["connection"] for entry in entries})

    # --- rules that change its behaviour; the first that matches applies

    def answer(
        self, reply: str, *, to: str = "*", at: Stage = Stage.RCPT, times: int | None = None
    ) -> None:
        """Answer `451 4.3.0 later` or the like to addresses that match the pattern."""
        self._add(reply=reply, to=to, at=at, times=times)

    def delay(
        self, seconds: float, *, to: str = "*", at: Stage = Stage.CONTENT, times: int | None = None
    ) -> None:
        """Wait before the usual answer; an email is saved first."""
        self._add(delay=seconds, to=to, at=at, times=times)

    def hang_up(
        self,
        *,
        to: str = "*",
        at: Stage = Stage.CONTENT,
        times: int | None = None,
        keep: bool = True,
        after: float = 0.0,
    ) -> None:
        """Close the connection instead of answering; at CONTENT, `keep` saves the email first."""
        self._add(hang_up=True, keep=keep, delay=after, to=to, at=at, times=times)

    def clear_rules(self) -> None:
        """Remove all rules."""
        self._rules = []
        write_rules(self.folder / "rules.json", [])

    def reset(self) -> None:
        """Remove all rules and start counting from zero."""
        self.clear_rules()
        self.allows_violations = False
        self._emails_before = self._size("emails.jsonl")
        self._violations_before = self._size("violations.jsonl")

    def _add(self, **facts: Any) -> None:
        self._rules.append(Rule(number=next(self._numbers), **facts))
        write_rules(self.folder / "rules.json", self._rules)

    def _size(self, name: str) -> int:
        return (self.folder / name).stat().st_size

    def _entries(self, name: str, start: int) -> list[Any]:
        with (self.folder / name).open("rb") as lines:
            lines.seek(start)
            return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def _read_emails(self) -> Iterator[ReceivedEmail]:
        with (self.folder / "emails.bin").open("rb") as messages:
            for entry in self._entries("emails.jsonl", self._emails_before):
                messages.seek(entry["start"])
                yield ReceivedEmail(
                    sender=entry["sender"],
                    recipients=tuple(entry["recipients"]),
                    raw=messages.read(entry["size"]),
                    connection=entry["connection"],
                    at=entry["at"],
                )
