"""What Outlook, Gmail, Apple Mail and Yahoo Mail drop of the HTML that an issue may contain.

The support of each client is data of caniemail.com, by Rémi Parmentier and contributors (their MIT
licence is caniemail/LICENSE, from https://github.com/hteumeuleu/caniemail). The file says how it
was reduced. To update it, take the same features from a newer release.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from newsroom.word_lists import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsroom.html_tree import Element

DATA = Path(__file__).parent / "caniemail" / "support.json"
_CLIENTS = {"outlook": "Outlook", "gmail": "Gmail", "apple-mail": "Apple Mail", "yahoo": "Yahoo"}
_PLATFORMS = {
    "windows": "on Windows",
    "windows-mail": "on Windows",
    "macos": "on macOS",
    "ios": "on iOS",
    "android": "on Android",
    "outlook-com": "on the web",
    "desktop-webmail": "on the web",
    "mobile-webmail": "on the web",
}


class _Feature(NamedTuple):
    """A feature of caniemail, what an editor calls it, and how we recognise and fix it.

    With a `note`, only partial support with the note of that number counts; without one, only
    clients that do not support the feature at all.
    """

    slug: str
    name: str
    fix: str
    tag: str
    is_used: Callable[[Element], bool]
    note: str = ""


class Unsupported(NamedTuple):
    """A feature in an element, and the clients that drop it."""

    element: Element
    name: str
    clients: str
    fix: str


def _has_extension(*extensions: str) -> Callable[[Element], bool]:
    def matches(image: Element) -> bool:
        try:
            path = urlsplit(image.attributes.get("src", "")).path
        except ValueError:
            return False
        return path.lower().endswith(extensions)

    return matches


def _copies_in(name: str) -> Callable[[Element], bool]:
    def matches(link: Element) -> bool:
        address = link.attributes.get("href", "").lower().replace("&amp;", "&")
        return address.startswith("mailto:") and f"{name}=" in address.partition("?")[2]

    return matches


_UPLOAD = "Upload it again as a JPEG or PNG."
_FEATURES = (
    *(
        _Feature(
            slug=f"image-{name.lower()}",
            name=f"a picture in the format {name}",
            fix=_UPLOAD,
            tag="img",
            is_used=_has_extension(*extensions),
        )
        for name, extensions in {
            "WebP": (".webp",),
            "SVG": (".svg",),
            "AVIF": (".avif",),
            "BMP": (".bmp",),
            "ICO": (".ico",),
            "TIFF": (".tif", ".tiff"),
            "HEIF": (".heic", ".heif"),
            "GIF": (".gif",),
            "JPG": (".jpg", ".jpeg"),
            "PNG": (".png",),
        }.items()
    ),
    _Feature(
        slug="html-lists",
        name="a numbered list that counts backwards",
        fix="Use a list with bullets, and write the numbers in its text.",
        tag="ol",
        is_used=lambda element: "reversed" in element.attributes,
        note="1",
    ),
    _Feature(
        slug="html-lists",
        name="a numbered list with a number of its own",
        fix="Let the list count by itself, or write the numbers as words.",
        tag="li",
        is_used=lambda element: "value" in element.attributes,
        note="2",
    ),
    _Feature(
        slug="html-mailto-links",
        name="an email link with bcc",
        fix="Leave bcc out of the link.",
        tag="a",
        is_used=_copies_in("bcc"),
        note="3",
    ),
)


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text("utf-8"))["features"]
    return data


@cache
def _dropped_by(slug: str, note: str) -> str:
    """Return the clients that drop a feature, in words; empty if none does."""
    names: list[str] = []
    for client, platforms in _data()[slug]["stats"].items():
        # The newest version of each that was tested.
        support = {
            platform: list(versions.values())[-1] for platform, versions in platforms.items()
        }
        drops = [
            platform
            for platform, answer in support.items()
            if (f"#{note}" in answer.split() if note else answer.startswith("n"))
        ]
        if len(drops) == len(support):
            names.append(_CLIENTS[client])
        else:
            places = dict.fromkeys(_PLATFORMS.get(platform, platform) for platform in drops)
            names += [f"{_CLIENTS[client]} {place}" for place in places]
    return listed(names)


def unsupported_features(root: Element) -> Iterator[Unsupported]:
    """Yield what some of the clients drop, each feature once in a section."""
    for feature in _FEATURES:
        used = next((one for one in root.find(feature.tag) if feature.is_used(one)), None)
        if used is not None and (clients := _dropped_by(feature.slug, feature.note)):
            yield Unsupported(used, feature.name, clients, feature.fix)
