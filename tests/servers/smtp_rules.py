"""What a receiver was told to do differently, handed over in a file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path


class Stage(StrEnum):
    """The moments of a conversation at which a server answers."""

    CONNECT = "connect"
    MAIL = "mail"  # the envelope sender
    RCPT = "rcpt"  # one recipient
    DATA = "data"  # before the email
    CONTENT = "content"  # after the email


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One exception; the first that fits is followed."""

    number: int
    at: Stage
    to: str = "*"  # a pattern of addresses; the sender's at MAIL
    reply: str | None = None  # None answers as usual
    times: int | None = None  # None is always
    delay: float = 0.0  # seconds before the answer
    hang_up: bool = False  # close the connection instead of answering
    keep: bool = True  # at CONTENT: whether the email is saved first

    def fits(self, stage: Stage, addresses: Iterable[str]) -> bool:
        return stage == self.at and (
            self.to == "*" or any(fnmatchcase(address, self.to) for address in addresses)
        )


def write_rules(path: Path, rules: Iterable[Rule]) -> None:
    """Write the rules in one step: a reader sees all old or all new ones."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(rule) for rule in rules]))
    fresh.replace(path)


class RuleBook:
    """The rules in the server: read again when the file changes, with a count of each one's use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._rules: list[Rule] = []
        self._used: dict[int, int] = {}

    def find(self, stage: Stage, addresses: Iterable[str]) -> Rule | None:
        """Return the rule that applies now, and count it as used."""
        self._refresh()
        addresses = list(addresses)
        for rule in self._rules:
            used = self._used.get(rule.number, 0)
            if rule.fits(stage, addresses) and (rule.times is None or used < rule.times):
                self._used[rule.number] = used + 1
                return rule
        return None

    def _refresh(self) -> None:
        status = self.path.stat()
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            self._seen = seen
            rules = json.loads(self.path.read_text())
            self._rules = [Rule(**{**rule, "at": Stage(rule["at"])}) for rule in rules]
