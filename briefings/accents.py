"""Accent colours of briefings, with a contrast of at least 4.5:1 on light and dark pages."""

from dataclasses import dataclass

from django.db import models


class Accent(models.TextChoices):
    """Names of accents; static/css has the same colours as classes `accent-<name>`."""

    GREEN = "green", "Green"
    BLUE = "blue", "Blue"
    RED = "red", "Red"
    PLUM = "plum", "Plum"
    OCHRE = "ochre", "Ochre"
    TEAL = "teal", "Teal"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccentColours:
    """An accent's colours as #rrggbb, and the colours of text on them."""

    light: str
    on_light: str
    dark: str
    on_dark: str


ACCENT_COLOURS = {
    Accent.GREEN: AccentColours(
        light="#0b6b4f", on_light="#ffffff", dark="#5fc7a0", on_dark="#0c1512"
    ),
    Accent.BLUE: AccentColours(
        light="#1f5a96", on_light="#ffffff", dark="#8bbcf0", on_dark="#0c131c"
    ),
    Accent.RED: AccentColours(
        light="#a3262c", on_light="#ffffff", dark="#f2989a", on_dark="#1c0d0e"
    ),
    Accent.PLUM: AccentColours(
        light="#75356f", on_light="#ffffff", dark="#d9a1d3", on_dark="#190f18"
    ),
    Accent.OCHRE: AccentColours(
        light="#805300", on_light="#ffffff", dark="#e3b35c", on_dark="#181206"
    ),
    Accent.TEAL: AccentColours(
        light="#0a6674", on_light="#ffffff", dark="#69c4d2", on_dark="#0a1517"
    ),
}


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as #rrggbb, from 1 to 21 (WCAG 2.2, success 1.4.3)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
