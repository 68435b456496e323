"""Tests run in any order: one with a browser leaves no event loop to those after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_browser_opens_a_page(page: Page) -> None:
    page.set_content("<title>First</title>")
    assert page.title() == "First"


def test_a_test_after_it_runs_an_event_loop() -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_the_browser_works_after_that(page: Page) -> None:
    page.set_content("<title>Third</title>")
    assert page.title() == "Third"
