"""The mail server of the tests, and the letters that it received."""

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
    """One letter as a receiver took it in."""

    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    raw: bytes  # the octets, dots no longer doubled
    connection: int  # numbered from 1
    at: float  # seconds since the epoch

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=SMTP)


class SmtpServer:
    """A strict receiver in a process of its own; see `smtp_receiver`, `smtp_guarded`.

    Everything that it took in is on disk before it says yes, so that a test may kill either side at
    any moment and count.
    """

    def __init__(
        self,
        *,
        extensions: tuple[str, ...] = EXTENSIONS,
        tls: Tls | None = None,
        account: str = "",  # `name:password` that a client must log in with
    ) -> None:
        self.folder = new_folder("smtp")
        self.port = free_port()
        self.extensions, self.tls, self.account = extensions, tls, account
        self.allows_violations = False
        self._numbers = count(1)
        self._letters_before = self._violations_before = 0
        self._rules: list[Rule] = []
        write_rules(self.folder / "rules.json", [])
        for name in ("letters.bin", "letters.jsonl", "violations.jsonl"):
            (self.folder / name).touch()
        self.certificate = make_certificate(self.folder) if tls else None
        self.start()

    @property
    def url(self) -> str:
        """What EMAIL_URL takes."""
        scheme = "smtps" if self.tls == "ssl" else "smtp"
        login = f"{self.account}@" if self.account else ""
        query = "/?tls=starttls" if self.tls == "starttls" else ""
        return f"{scheme}://{login}127.0.0.1:{self.port}{query}"

    def start(self) -> None:
        """Start it on its port, also again after `kill`."""
        self.process = Process(
            [
                *(sys.executable, "-m", "tests.servers.smtp_main"),
                *(str(self.folder), str(self.port), *self.extensions),
                *([f"--tls={self.tls}"] if self.tls else []),
                *("--account", self.account),
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
        """End it at once and refuse connections until `start`."""
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what arrived since the last reset

    def emails(self) -> list[ReceivedEmail]:
        return list(self._read_letters())

    def emails_to(self, address: str) -> list[ReceivedEmail]:
        return [letter for letter in self._read_letters() if address in letter.recipients]

    def received(self) -> Counter[str]:
        """Count the letters of each recipient."""
        entries = self._entries("letters.jsonl", self._letters_before)
        return Counter(recipient for entry in entries for recipient in entry["recipients"])

    def __len__(self) -> int:
        with (self.folder / "letters.jsonl").open("rb") as lines:
            lines.seek(self._letters_before)
            return sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20), b""))

    def violations(self) -> list[str]:
        """What no correct client sends, in words."""
        return self._entries("violations.jsonl", self._violations_before)

    def wait_for(self, number: int, *, seconds: float = 30.0) -> list[ReceivedEmail]:
        """Wait until at least so many letters arrived; TimeoutError when they do not."""
        self.wait_for_count(number, seconds=seconds)
        return self.emails()

    def wait_for_count(self, number: int, *, seconds: float = 30.0) -> None:
        """Wait until at least so many letters arrived, without reading them."""
        wait_until(lambda: len(self) >= number, seconds=seconds, what=f"{number} letters")

    def arrivals(self) -> list[float]:
        """When each letter arrived, in seconds since the epoch, in order."""
        return [entry["at"] for entry in self._entries("letters.jsonl", self._letters_before)]

    def connections(self) -> int:
        """Over how many connections letters arrived."""
        entries = self._entries("letters.jsonl", self._letters_before)
        return len({entry["connection"] for entry in entries})

    # --- telling it to behave differently; the first rule that fits is followed

    def answer(
        self, reply: str, *, to: str = "*", at: Stage = Stage.RCPT, times: int | None = None
    ) -> None:
        """Answer `451 4.3.0 later` or the like to addresses that fit the pattern."""
        self._add(reply=reply, to=to, at=at, times=times)

    def delay(
        self, seconds: float, *, to: str = "*", at: Stage = Stage.CONTENT, times: int | None = None
    ) -> None:
        """Think for so long before the usual answer; a letter is taken in first."""
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
        """Cut the connection instead of answering; at CONTENT, perhaps keeping the letter."""
        self._add(hang_up=True, keep=keep, delay=after, to=to, at=at, times=times)

    def clear_rules(self) -> None:
        """Drop all rules."""
        self._rules = []
        write_rules(self.folder / "rules.json", [])

    def reset(self) -> None:
        """Drop all rules and forget what arrived."""
        self.clear_rules()
        self.allows_violations = False
        self._letters_before = self._size("letters.jsonl")
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

    def _read_letters(self) -> Iterator[ReceivedEmail]:
        with (self.folder / "letters.bin").open("rb") as octets:
            for entry in self._entries("letters.jsonl", self._letters_before):
                octets.seek(entry["start"])
                yield ReceivedEmail(
                    sender=entry["sender"],
                    recipients=tuple(entry["recipients"]),
                    raw=octets.read(entry["size"]),
                    connection=entry["connection"],
                    at=entry["at"],
                )
