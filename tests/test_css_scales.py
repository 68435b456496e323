"""Public pages have one type scale and one space scale: the custom properties of foundation.css.

Sizes in em follow the text around them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.source_files import ROOT

STYLE_SHEETS = [
    ROOT / "static" / "css" / name for name in ("pages.css", "forms.css", "shared-preview.css")
]
SIZED = re.compile(r"(?<![\w-])((?:font|padding|margin|gap|row-gap|column-gap)[a-z-]*): ([^;}]+)")
OUTSIDE = re.compile(r"(?<![\w.-])(?:[0-9]*\.)?[0-9]+(?:rem|pt)\b|clamp\(|(?<![\w.-])[0-9.]+px\b")
HIDDEN = "margin: -1px"  # of what only screen readers have


def sizes_outside_the_scales(css: str) -> list[str]:
    """Return the declarations of sizes and spaces that name no step of a scale."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = (f"{name}: {value}" for name, value in SIZED.findall(css) if OUTSIDE.search(value))
    return [each for each in found if each != HIDDEN]


@pytest.mark.parametrize("sheet", STYLE_SHEETS, ids=lambda path: path.name)
def test_every_size_and_space_is_a_step_of_a_scale(sheet: Path) -> None:
    assert sizes_outside_the_scales(sheet.read_text(encoding="utf-8")) == []


def test_the_rule_sees_sizes_outside_the_scales() -> None:
    css = "a { padding: 3px var(--s2); font: 400 1.1rem / 1.4 var(--sans); margin: 0 auto 0.5em; }"
    assert sizes_outside_the_scales(css) == [
        "padding: 3px var(--s2)",
        "font: 400 1.1rem / 1.4 var(--sans)",
    ]
    assert sizes_outside_the_scales("h1 { font-size: clamp(1rem, 2vw, 3rem); }")
    assert not sizes_outside_the_scales(
        "p { margin: var(--s4) 0 -1em; gap: 0; border: 1px solid; }"
    )


@pytest.mark.parametrize("sheet", STYLE_SHEETS, ids=lambda path: path.name)
def test_no_sheet_has_the_quotation_marks_of_one_language(sheet: Path) -> None:
    """`open-quote` is the mark of the language that a text is in."""
    assert re.findall(r'content: "[^"]*[“”„‘’«»]', sheet.read_text(encoding="utf-8")) == []
