"""Pictures inside a document: which are taken, and how they become files of an issue."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from briefings.images import (
    MAX_BYTES,
    MAX_JPEG_PIXELS,
    NO_CROP,
    Crop,
    EncodedImage,
    ImageRefused,
    count_pixels,
    folder_of_issues,
    reencode_bytes,
    store_encoded,
)

MAX_PICTURES = 30
MAX_PIXELS = 100_000_000  # of all pictures of a document: some ten seconds of work
_SHOWN = 200
_DATA_URL = re.compile(r"data:image/[\w.+-]{1,40}((?:;[\w=.+-]{1,60}){0,5}),", re.IGNORECASE)
_SOURCE = re.compile(r'(?<=<img src=")imported-picture-\d{1,4}(?=")')


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedPicture:
    """A picture as a document has it. `read` returns at most one byte more than is allowed."""

    name: str
    read: Callable[[], bytes]
    crop: Crop = NO_CROP


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPicture:
    """A picture that was taken: its place in the HTML, until it is stored, and its new file."""

    src: str
    alt: str
    image: EncodedImage


class PictureTaker:
    """Takes a document's pictures up to the limits; adds to `left_out` what it does not take."""

    def __init__(self, left_out: list[str]) -> None:
        self.taken: list[ImportedPicture] = []
        self._left_out = left_out
        self._pixels = 0
        self._sources: dict[tuple[str, Crop], str] = {}

    def take(self, picture: EmbeddedPicture, *, alt: str) -> str:
        """Return the `src` of a picture; empty if it is refused."""
        key = picture.name, picture.crop
        if key not in self._sources:
            try:
                self._sources[key] = self._encode(picture, alt)
            except ImageRefused as refusal:
                self._left_out.append(f"A picture{f' ({alt[:_SHOWN]})' if alt else ''}: {refusal}")
                self._sources[key] = ""
        if self._sources[key] and not alt:
            self._left_out.append(
                f"The description of {_title(picture)}, which has none. The picture is kept:"
                " describe it in the editor."
            )
        return self._sources[key]

    def _encode(self, picture: EmbeddedPicture, alt: str) -> str:
        title = _title(picture)
        if len(self.taken) == MAX_PICTURES:
            raise ImageRefused(
                f"A document can bring {MAX_PICTURES} pictures. Upload {title} in the editor."
            )
        raw = picture.read()
        if len(raw) > MAX_BYTES:
            raise ImageRefused(
                f"{title} is larger than {MAX_BYTES // 1024 // 1024} MB. Make it smaller and upload"
                " it in the editor."
            )
        pixels = count_pixels(raw)
        if self.taken and self._pixels + pixels > MAX_PIXELS and pixels <= MAX_JPEG_PIXELS:
            raise ImageRefused(
                f"The pictures of a document can have {MAX_PIXELS // 1_000_000} million pixels"
                f" together. Upload {title} in the editor."
            )
        image = reencode_bytes(raw, title=title, crop=picture.crop)
        self._pixels += pixels
        src = f"imported-picture-{len(self.taken) + 1}"
        self.taken.append(ImportedPicture(src=src, alt=alt, image=image))
        return src


def _title(picture: EmbeddedPicture) -> str:
    return f"“{picture.name.rpartition('/')[2][-80:]}”"


def picture_of_data_url(src: str, *, number: int) -> EmbeddedPicture | None:
    """Return the picture that a `data:` URL holds; None for any other address."""
    found = _DATA_URL.match(src)
    if found is None:
        return None
    data = src[found.end() :]
    is_base64 = found[1].lower().endswith(";base64")

    def read() -> bytes:
        if not is_base64:
            return unquote_to_bytes(data[: 3 * MAX_BYTES])
        try:
            return base64.b64decode(unquote_to_bytes(data))
        except binascii.Error:
            return b"damaged"  # refused, as any damaged picture is

    return EmbeddedPicture(name=f"picture {number}", read=read)


def use_stored(html: str, pictures: tuple[ImportedPicture, ...], urls: dict[str, str]) -> str:
    """Return a section's HTML with the URLs of its pictures; stores each when it is first met."""
    images = {picture.src: picture.image for picture in pictures}

    def url(found: re.Match[str]) -> str:
        src = found[0]
        if src in images and src not in urls:
            urls[src] = store_encoded(images[src], folder=folder_of_issues()).url
        return urls.get(src, src)

    return _SOURCE.sub(url, html)


def is_in(html: str, picture: ImportedPicture) -> bool:
    """Whether a section's HTML has a picture."""
    return picture.src in _SOURCE.findall(html)
