"""One thing that is held in a restored database, as the admin and the command show it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEntry:
    """What is held, what is known about it, and what a person can do with it.

    `name` is its address for the command, such as `dispatch:12`.
    """

    name: str
    title: str
    facts: str
    release: str  # the labels of the buttons
    give_up: str
    publish: str = ""  # only for issues
    url: str = ""
    numbers: dict[str, int] = field(default_factory=dict)
