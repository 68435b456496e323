"""Pictures in smaller WebP copies, of which a browser loads the one that suits its screen.

The picture itself stays JPEG or PNG: emails need it, because Outlook reads no WebP.
"""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from PIL import Image

from briefings.models import Contributor, Picture, Section
from briefings.picture_files import names_of_pictures

log = logging.getLogger(__name__)

# In pixels: a phone; the column on a sharp screen; the largest that we keep.
WIDTHS = (480, 960, 1600)
# Of the portrait of a contributor: beside an article and on their own page, on ordinary screens and
# on sharp ones.
PORTRAIT_WIDTHS = (88, 224, 448)
QUALITY = 80
MAX_WEBP_SIDE = 16_383  # in pixels; the format has no more
UNREADABLE = (OSError, ValueError, SuspiciousFileOperation, Image.DecompressionBombError)


class PictureSizes(NamedTuple):
    """A picture as a page needs it. It is compared by its values, as the cache of pages needs."""

    name: str
    width: int
    height: int
    widths: tuple[int, ...]

    @property
    def url(self) -> str:
        """The address of the picture itself."""
        return default_storage.url(self.name)

    def srcset(self) -> str:
        """Return the copies for the attribute of this name."""
        return ", ".join(
            f"{default_storage.url(copy_name(self.name, width))} {width}w" for width in self.widths
        )


def copy_name(name: str, width: int) -> str:
    """Return the name of a picture's WebP copy of a width."""
    return f"{name.rpartition('.')[0]}-{width}.webp"


def sizes_of_pictures(bodies: Iterable[str]) -> tuple[PictureSizes, ...]:
    """Return what is known of the pictures in sections; no query where there are none."""
    names = names_of_pictures(bodies)
    if not names:
        return ()
    rows = Picture.objects.filter(name__in=names).order_by("name")
    return tuple(map(_sizes, rows))


def sizes_of(name: str) -> PictureSizes | None:
    """Return what is known of one stored picture."""
    row = Picture.objects.filter(name=name).first()
    return _sizes(row) if row else None


def _sizes(row: Picture) -> PictureSizes:
    return PictureSizes(
        name=row.name, width=row.width, height=row.height, widths=tuple(map(int, row.widths))
    )


def make_sizes(name: str, *, widths: Sequence[int] = WIDTHS) -> Picture | None:
    """Write the WebP copies of a stored picture; None if it cannot be read.

    Doing it again changes nothing.
    """
    try:
        with default_storage.open(name) as file:
            raw = file.read()
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG")) as image:
            image.load()
            copies = _encoded(image, widths, is_lossless=image.format == "PNG")
            width, height = image.size
    except UNREADABLE:
        log.warning("the picture %s cannot be read, so there are no smaller copies", name)
        return None
    for copy_width, content in copies.items():
        _replace(copy_name(name, copy_width), content)
    picture, _ = Picture.objects.update_or_create(
        name=name, defaults={"width": width, "height": height, "widths": sorted(copies)}
    )
    return picture


def _encoded(image: Image.Image, widths: Sequence[int], *, is_lossless: bool) -> dict[int, bytes]:
    """Return the WebP files by width: those narrower than the picture, and its own width.

    That one is there unless the largest of the others is narrower: a browser that reads WebP takes
    nothing else, so a sharp screen would show a blurred picture without it.
    """
    if max(image.size) > MAX_WEBP_SIDE:
        return {}
    copies = {}
    for width in sorted({min(one, image.width) for one in widths}):
        height = max(1, round(image.height * width / image.width))
        copy = (
            image
            if width == image.width
            else image.resize((width, height), Image.Resampling.LANCZOS)
        )
        out = io.BytesIO()
        copy.save(out, "WEBP", quality=QUALITY, method=4, lossless=is_lossless)
        copies[width] = out.getvalue()
    return copies


def _replace(name: str, content: bytes) -> None:
    """Write a copy, in one step where there is one already: a page or a backup never misses it."""
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    temporary.write_bytes(content)
    temporary.replace(path)


def pictures_without_sizes() -> Iterator[str]:
    """Yield the pictures in sections of which there are no copies yet, each once."""
    known = set(Picture.objects.values_list("name", flat=True))
    with_pictures = Section.objects.filter(body__contains="<img")
    for body in with_pictures.values_list("body", flat=True).iterator(chunk_size=100):
        for name in names_of_pictures([body]):
            if name not in known:
                known.add(name)
                yield name


def portraits_without_sizes() -> list[str]:
    """Return the portraits of contributors of which there are no copies yet."""
    photos = Contributor.objects.exclude(photo="")
    return list(
        photos.exclude(photo__in=Picture.objects.values("name")).values_list("photo", flat=True)
    )
