"""Check a page on a phone and a large screen, in light and dark mode, and with axe."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route

SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
View = tuple[int, int, Literal["light", "dark"]]
# Each width and each colour scheme once; colours do not depend on the width.
VIEWS: dict[str, View] = {
    "1280-light": (1280, 900, "light"),
    "768-light": (768, 1024, "light"),
    "390-dark": (390, 844, "dark"),
    "320-light": (320, 700, "light"),
}
VIEWS_FOR_AXE = {"1280-light", "390-dark"}
# Pictures are for people, who look at each width in both.
PICTURED: dict[str, View] = {
    **VIEWS,
    "1280-dark": (1280, 900, "dark"),
    "768-dark": (768, 1024, "dark"),
    "390-light": (390, 844, "light"),
}
WITH_PICTURES = bool(os.environ.get("NEWSROOM_PICTURES"))
# Asked for violations only, axe is faster, because it does not describe what passes.
RUN_AXE = """([where, rules]) => axe.run(where ?? document, { rules, resultTypes: ["violations"] })
    .then(({ violations }) => violations.flatMap(
        ({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`)))"""
READY = """() => document.fonts.status === "loaded"
    && [...document.querySelectorAll("textarea[data-type=ckeditortype]")].every(
        ({ id }) => id.includes("__prefix__") || CKEDITOR.instances[id]?.status === "ready")"""
SMALL_TARGETS = """() => [...document.querySelectorAll(
        "main button, main .small a, main .ways a, input")]
    .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 24)
    .map((one) => one.outerHTML)"""


def faults(page: Page, *, where: Any = None, rules: dict[str, Any] | None = None) -> list[str]:
    """What axe finds, each with the element that it finds it on."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN_AXE, [where, rules or {}])
    return found


def wait_until_ready(page: Page) -> None:
    """Wait for fonts and editors, which come after the page."""
    page.wait_for_function(READY)


def wait_until_held(page: Page, held: list[Route]) -> Route:
    """Wait for the request that a route of the test holds back, and return its route."""
    for _ in range(300):
        if held:
            break
        page.wait_for_timeout(100)
    return held.pop()


def picture(page: Page, name: str) -> None:
    """Keep the whole page in var/screenshots/ when NEWSROOM_PICTURES is set."""
    if WITH_PICTURES:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True, animations="disabled")


def look(page: Page, name: str) -> None:
    """Fail on what axe finds, on sideways scrolling, on targets too small."""
    page.wait_for_load_state()  # a click may have left a page that is only just arriving
    for view, (width, height, scheme) in (PICTURED if WITH_PICTURES else VIEWS).items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours do not fade
        picture(page, f"{name}-{view}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} {view}"
        if view in VIEWS_FOR_AXE:
            assert faults(page) == [], f"{name} {view}"
    assert page.evaluate(SMALL_TARGETS) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
