"""The drawings of the sample newsroom: figures in issues, and portraits of its contributors.

Each is a PNG file for emails and pages, made from the SVG file beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile

from briefings.images import folder_of_issues, reencode_bytes, store_encoded
from briefings.picture_sizes import PORTRAIT_WIDTHS, make_sizes

if TYPE_CHECKING:
    from briefings.models import Contributor

PICTURES = Path(__file__).parent / "samples" / "pictures"
_SOURCE = re.compile(r'(?<=<img src=")([\w-]+\.png)(?=")')


def store_figures(html: str) -> str:
    """Store the figures that a section names by their files; return it with their URLs."""

    def stored(found: re.Match[str]) -> str:
        image = reencode_bytes((PICTURES / found[1]).read_bytes(), title=found[1])
        return store_encoded(image, folder=folder_of_issues()).url

    return _SOURCE.sub(stored, html)


def add_portrait(person: Contributor) -> None:
    """Store the portrait that is named like the slug of a sample contributor, if there is one."""
    file = PICTURES / f"{person.slug}.png"
    if file.exists():
        person.photo.save(file.name, ContentFile(file.read_bytes()))
        make_sizes(person.photo.name or "", widths=PORTRAIT_WIDTHS)
