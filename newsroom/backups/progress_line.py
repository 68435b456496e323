"""One line on a terminal that says how far a command has come."""

from __future__ import annotations

import time
from typing import Any, Self

from django.template.defaultfilters import filesizeformat

EVERY_SECONDS = 0.2
_WIDTH = 60


class ProgressLine:
    """Shows what is being done, and how much of it; on a terminal only."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_shown = bool(stream.isatty())
        self._next, self._what = 0.0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._what:
            self._stream.write("\r" + " " * _WIDTH + "\r", ending="")

    def show(self, what: str, count: int) -> None:
        """Say how many bytes, or files of something named “files”, are done."""
        if not self._is_shown or (time.monotonic() < self._next and what == self._what):
            return
        self._next, self._what = time.monotonic() + EVERY_SECONDS, what
        amount = f"{count:,}" if what.endswith("files") else filesizeformat(count) if count else "…"
        self._stream.write(f"\r{f'{what}: {amount}':<{_WIDTH}}", ending="")
        self._stream.flush()
