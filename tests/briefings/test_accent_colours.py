"""The style sheet's colours: the accents are those in the code, and all text is legible."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from briefings.accents import ACCENT_COLOURS, Accent, AccentColours

CSS = (Path(__file__).parents[2] / "static" / "css" / "foundation.css").read_text()
LIGHT, DARK = CSS.split("@media (prefers-color-scheme: dark)")


def accents_in(css: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"\.accent-(\w+) \{ --accent: (#\w{6}); --on-accent: (#\w{6}); \}", css)
    return {name: (accent, on_accent) for name, accent, on_accent in found}


def ink(css: str, name: str) -> str:
    found = re.search(rf"--{name}: (#\w{{6}})", css)
    assert found, name
    return found[1]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_style_sheet_and_the_code_have_the_same_accents() -> None:
    assert accents_in(LIGHT) == {
        name: (it.light, it.on_light) for name, it in ACCENT_COLOURS.items()
    }
    assert accents_in(DARK) == {name: (it.dark, it.on_dark) for name, it in ACCENT_COLOURS.items()}


@pytest.mark.parametrize("accent", Accent)
def test_an_accent_is_legible_as_text_and_as_a_background(accent: Accent) -> None:
    accent_colours: AccentColours = ACCENT_COLOURS[accent]
    for css, colour, on_colour in (
        (LIGHT, accent_colours.light, accent_colours.on_light),
        (DARK, accent_colours.dark, accent_colours.on_dark),
    ):
        assert contrast(colour, ink(css, "paper")) >= 4.5
        assert contrast(colour, on_colour) >= 4.5
        # the button in the sign-up box stands out from it, its label from the button
        assert contrast(ink(css, "ink"), ink(css, "paper")) >= 7


@pytest.mark.parametrize("css", [LIGHT, DARK], ids=["light", "dark"])
def test_quiet_text_errors_and_borders_are_visible(css: str) -> None:
    for paper in ("paper", "wash"):
        assert contrast(ink(css, "quiet"), ink(css, paper)) >= 4.5
        assert contrast(ink(css, "wrong"), ink(css, paper)) >= 4.5
    assert contrast(ink(css, "edge"), ink(css, "paper")) >= 3


def test_every_font_that_the_style_sheet_names_is_here_with_its_licence() -> None:
    folder = Path(__file__).parents[2] / "static" / "fonts"
    named = set(re.findall(r'url\("\.\./fonts/([^"]+)"\)', CSS))
    files = {path.name for path in folder.glob("*.woff2")}
    # Sharing pictures are drawn with Literata where Newsreader lacks a script; pages load none.
    assert named == {name for name in files if not name.startswith("literata-")}
    assert not re.findall(r"https?://", CSS)
    assert {path.name for path in folder.glob("*.txt")} == {
        "LibreFranklin-OFL.txt",
        "Literata-OFL.txt",
        "Newsreader-OFL.txt",
    }
