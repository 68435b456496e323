"""Debian's Chromium, driven by Playwright, and what must not happen on our pages."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    ConsoleMessage,
    Page,
    Request,
)

# A new Chromium looks for updates and lists; in a test it must not.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # Chromium's own sandbox does not work for root
]
OURS = {"127.0.0.1", "localhost"}


def launch(browser_type: BrowserType, *, env: dict[str, str] | None = None) -> Browser:
    """Start Chromium. Raises FileNotFoundError if it is not installed."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise FileNotFoundError("Chromium is not installed; tools/test-packages.sh installs it")
    return browser_type.launch(
        executable_path=program,
        args=FLAGS,
        env={**os.environ, **(env or {})},
    )


@dataclass  # without slots: Playwright ties its listeners to the object
class Watch:
    """What went wrong on a page: script errors, and requests to other hosts."""

    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # parts of faults that a test provokes

    def over(self, context: BrowserContext) -> None:
        """Watch every page that this context opens."""
        context.on("request", self._check)
        context.on("page", self._listen)

    def unexpected(self) -> list[str]:
        return [fault for fault in self.faults if not any(part in fault for part in self.expected)]

    def _listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("console", self._log)

    def _log(self, entry: ConsoleMessage) -> None:
        where = str(entry.location.get("url", ""))
        # A 4xx page may be what the test wants, and text pages cannot name their icon.
        itself = entry.page is not None and where == entry.page.url
        # A page that closes tells the server so; by then, its user may have logged out.
        # On the database in memory of a test, two who write at once do not wait for each other.
        gone = where.endswith(("/presence/", "/autosave/")) and re.search(
            r"\b(?:40[13]|503)\b", entry.text
        )
        if entry.type == "error" and not itself and not gone and not where.endswith("/favicon.ico"):
            self.faults.append(f"console: {entry.text} ({where})")

    def _check(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in OURS:
            self.faults.append(f"request to another host: {request.url}")
