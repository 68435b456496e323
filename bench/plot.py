"""Draw bars in panels as SVG, for light and dark mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

PANEL_WIDTH, PANEL_HEIGHT = 400, 250
TOP, BOTTOM, SIDE = 64, 52, 24
STYLE = """
text{font-family:system-ui,-apple-system,'Segoe UI','Helvetica Neue',Arial,sans-serif;fill:#16191d}
.title{font-size:16px;font-weight:600}
.label,.legend{font-size:13px}
.caption,.legend{fill:#565d66}
.caption{font-size:13px}
.value{font-size:13px;font-weight:600}
.ground{stroke:#9aa1a8;stroke-width:1}
.grid{stroke:#e3e6e3;stroke-width:1}
.s0{fill:#0b5d57}.s1{fill:#d08a3c}
.paper{fill:#fff}
@media (prefers-color-scheme:dark){
text{fill:#e8e9e6}.caption,.legend{fill:#a3abb2}.ground{stroke:#6c757d}.grid{stroke:#2b3136}
.s0{fill:#5bbdb3}.s1{fill:#e0a45c}.paper{fill:#14181b}
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One value for each bar. Several series are stacked."""

    name: str
    values: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A group of bars that start at zero; `form` formats the value above each."""

    title: str
    caption: str
    labels: list[str]
    series: list[Series]
    form: str

    @property
    def sums(self) -> list[float]:
        """Return the height of each bar: the sum of its series."""
        return [sum(parts) for parts in zip(*(one.values for one in self.series), strict=True)]


def draw_panels(panels: list[Panel]) -> str:
    """Return panels in two columns as SVG; panels in the same row share a scale."""
    rows = math.ceil(len(panels) / 2)
    width, height = 2 * PANEL_WIDTH, rows * PANEL_HEIGHT
    words = "; ".join(_in_words(panel) for panel in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        f' width="{width}" height="{height}" role="img" aria-labelledby="what">',
        f'<title id="what">{escape(words)}</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}" rx="6"/>',
    ]
    for index, panel in enumerate(panels):
        row = panels[index - index % 2 : index - index % 2 + 2]
        scale = _round_up(max(max(one.sums) for one in row))
        x, y = index % 2 * PANEL_WIDTH, index // 2 * PANEL_HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_panel(panel, scale), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _in_words(panel: Panel) -> str:
    values = ", ".join(
        f"{label}: {panel.form.format(value)}"
        for label, value in zip(panel.labels, panel.sums, strict=True)
    )
    return f"{panel.title} by {panel.caption}: {values}"


def _panel(panel: Panel, scale: float) -> list[str]:
    ground = PANEL_HEIGHT - BOTTOM
    height_of_scale = ground - TOP
    step = (PANEL_WIDTH - 2 * SIDE) / len(panel.labels)
    bar = min(56.0, 0.62 * step)
    parts = [f'<text class="title" x="{SIDE}" y="28">{escape(panel.title)}</text>']
    parts += _legend(panel)
    for quarter in (1, 2, 3, 4):
        y = ground - height_of_scale * quarter / 4
        parts.append(_line("grid", SIDE, PANEL_WIDTH - SIDE, y))
    for index, label in enumerate(panel.labels):
        middle = SIDE + step * (index + 0.5)
        y = float(ground)
        for number, series in enumerate(panel.series):
            height = height_of_scale * series.values[index] / scale
            y -= height
            parts.append(
                f'<rect class="s{number}" x="{middle - bar / 2:.1f}" y="{y:.1f}" '
                f'width="{bar:.1f}" height="{height:.1f}"/>'
            )
        value = panel.form.format(panel.sums[index])
        parts.append(_text("value", middle, y - 6, value))
        parts.append(_text("label", middle, ground + 19, label))
    parts.append(_line("ground", SIDE, PANEL_WIDTH - SIDE, ground))
    parts.append(_text("caption", PANEL_WIDTH / 2, ground + 39, panel.caption))
    return parts


def _legend(panel: Panel) -> list[str]:
    """Return the legend of stacked series, at the right of the panel."""
    named = [(number, one.name) for number, one in enumerate(panel.series) if one.name]
    parts, x = [], float(PANEL_WIDTH - SIDE)
    for number, name in reversed(named):
        x -= 7.2 * len(name)
        parts.append(f'<text class="legend" x="{x:.1f}" y="46">{escape(name)}</text>')
        x -= 16
        parts.append(f'<rect class="s{number}" x="{x:.1f}" y="36" width="11" height="11"/>')
        x -= 14
    return parts


def _text(kind: str, x: float, y: float, words: str) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(words)}</text>'
    )


def _line(kind: str, start: float, end: float, y: float) -> str:
    return f'<line class="{kind}" x1="{start:.1f}" x2="{end:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _round_up(value: float) -> float:
    """Return the next larger number that is 1, 2, 4, 5, 8 or 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value)
