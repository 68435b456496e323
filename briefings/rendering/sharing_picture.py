"""The picture that other sites show beside a link to one of our pages (Open Graph, X card).

It is drawn in two colours, the briefing's own, from words only. Its address has a hash of them, so
a picture at an address never changes, and a page can name it without drawing it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from briefings.rendering.picture_text import SANS, SERIF, Box, Type, drawable, in_lines
from newsroom.reader_language import in_language

if TYPE_CHECKING:
    from briefings.models import Briefing, Issue
    from briefings.rendering.picture_text import Lines

WIDTH, HEIGHT = 1200, 630  # what Facebook, X and LinkedIn ask for
CONTENT_TYPE = "image/png"
DRAWING = "1"  # change it when pictures of the same words are drawn in another way
MARGIN = 72
COLUMN = WIDTH - 2 * MARGIN
NAME_SIZE, STANDFIRST_SIZE, FOOT_SIZE = 40, 40, 28
HEADLINE_SIZES = range(132, 43, -4)
NAME, RULE, HEADLINE_TOP, FOOT = 104, 134, 184, HEIGHT - 62  # where they are, from the top
CAPITALS = 0.68  # their height, in proportion to the size
MOST_STANDFIRST_LINES = 3
# How much of the ink is in a stroke, from 0 (the background) to 255, in steps of the palette.
FULL, QUIET = 255, 215
SHADES = 32
# Pages that are not about one briefing have the colours of text.
INK, PAPER = "#16191d", "#ffffff"
# Fonts may be used by one thread at a time. So a process draws one picture at a time, too.
_pen = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingPicture:
    """The words and colours of a picture, and the path under which it is."""

    name: str
    headline: str
    standfirst: str
    foot: str
    site: str
    background: str
    ink: str
    path: str  # of its page

    @property
    def version(self) -> str:
        """A hash of everything that is in it."""
        words = (self.name, self.headline, self.standfirst, self.foot, self.site)
        drawn = "\n".join((DRAWING, *words, self.background, self.ink))
        return hashlib.sha256(drawn.encode()).hexdigest()[:16]

    @property
    def address(self) -> str:
        """The path of the picture as it is now."""
        return f"{self.path}picture-{self.version}.png"

    @property
    def description(self) -> str:
        """What a reader who does not see it should know."""
        words = (self.name, self.headline, self.standfirst, self.foot, self.site)
        return ". ".join(word.rstrip(".") for word in words if word)

    def draw(self) -> bytes:
        """Return the picture as a PNG file."""
        with _pen:
            strokes = Image.new("L", (WIDTH, HEIGHT))
            _draw_words(ImageDraw.Draw(strokes), self)
        picture = strokes.point([shade * (SHADES - 1) // 255 for shade in range(256)])
        picture.putpalette(_palette(self.background, self.ink))
        file = io.BytesIO()
        picture.save(file, "PNG", optimize=True)
        return file.getvalue()


def picture_of_issue(issue: Issue) -> SharingPicture:
    """Return the picture of an issue: its headline under the name of its briefing."""
    with in_language(issue.briefing.language):
        day = date_format(issue.dateline, "LONG_DATE_FORMAT")
        foot = _("Issue %(number)s · %(date)s") % {"number": issue.number, "date": day}
    return SharingPicture(
        name=issue.briefing.title,
        headline=issue.title,
        standfirst="",
        foot=foot,
        site=settings.SITE_NAME,
        background=issue.briefing.accent_colours.light,
        ink=issue.briefing.accent_colours.on_light,
        path=issue.get_absolute_url(),
    )


def picture_of_briefing(briefing: Briefing) -> SharingPicture:
    """Return the picture of a briefing: its title, and what it is about."""
    with in_language(briefing.language):
        slot = capfirst(briefing.slot.words)
    return SharingPicture(
        name=settings.SITE_NAME,
        headline=briefing.title,
        standfirst=briefing.strapline,
        foot="" if briefing.retired else slot,
        site=settings.SITE_HOST,
        background=briefing.accent_colours.light,
        ink=briefing.accent_colours.on_light,
        path=briefing.get_absolute_url(),
    )


def picture_of_site() -> SharingPicture:
    """Return the picture of the home page, and of all pages that have none of their own."""
    with in_language(settings.LANGUAGE_CODE):
        standfirst = _("Briefings by email and on the web")
    return SharingPicture(
        name="",
        headline=settings.SITE_NAME,
        standfirst=standfirst,
        foot=settings.SITE_HOST,
        site="",
        background=INK,
        ink=PAPER,
        path=reverse("briefings:home"),
    )


def _draw_words(on: ImageDraw.ImageDraw, picture: SharingPicture) -> None:
    """Draw each text that our fonts have the characters of; the others are left out."""
    name, headline = drawable(picture.name), drawable(picture.headline)
    if not headline:
        name, headline = "", name or drawable(picture.site)
    if name:
        box = Box(COLUMN, NAME_SIZE, leading=1)
        _draw_lines(on, in_lines(name, SERIF, weight=600, sizes=[NAME_SIZE], box=box), 600, NAME)
    on.rectangle((MARGIN, RULE, MARGIN + COLUMN - 1, RULE + 2), fill=FULL)
    _draw_headline(on, headline, drawable(picture.standfirst))
    font = Type(SANS, size=FOOT_SIZE, weight=500)
    foot, site = drawable(picture.foot), drawable(picture.site)
    font.draw(on, foot, x=MARGIN, y=FOOT, fill=QUIET)
    room = COLUMN - font.width(site)
    if room > font.width(foot) + MARGIN:
        font.draw(on, site, x=MARGIN + room, y=FOOT, fill=QUIET)


def _draw_headline(on: ImageDraw.ImageDraw, headline: str, standfirst: str) -> None:
    """Draw a headline as large as it fits, and what stands under it."""
    box = Box(COLUMN, MOST_STANDFIRST_LINES * STANDFIRST_SIZE * 1.3, leading=1.3)
    below = in_lines(standfirst, SERIF, weight=400, sizes=[STANDFIRST_SIZE], box=box)
    room = FOOT - 62 - HEADLINE_TOP - STANDFIRST_SIZE * (1.3 * len(below.lines) + 0.5)
    box = Box(COLUMN, room, leading=1.08)
    found = in_lines(headline, SERIF, weight=500, sizes=HEADLINE_SIZES, box=box)
    y = HEADLINE_TOP + found.size * CAPITALS
    _draw_lines(on, found, 500, y, leading=1.08)
    y += found.size * 1.08 * (len(found.lines) - 1) + STANDFIRST_SIZE * 1.8
    _draw_lines(on, below, 400, y, leading=1.3, fill=QUIET)


def _draw_lines(
    on: ImageDraw.ImageDraw,
    found: Lines,
    weight: int,
    y: float,
    *,
    leading: float = 1,
    fill: int = FULL,
) -> None:
    """Draw lines, the first of which stands at `y`."""
    font = Type(SERIF, size=found.size, weight=weight)
    for number, line in enumerate(found.lines):
        font.draw(on, line, x=MARGIN, y=round(y + number * leading * found.size), fill=fill)


def _palette(background: str, ink: str) -> list[int]:
    """Return the colours from the background to the ink, as a flat list of red, green, blue."""
    return [
        round(start + (end - start) * shade / (SHADES - 1))
        for shade in range(SHADES)
        for start, end in zip(_channels(background), _channels(ink), strict=True)
    ]


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
