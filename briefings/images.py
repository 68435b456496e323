"""Pictures from outside: decoded, turned upright, made small, written anew under a name of our own.

What is stored is never what was sent: only the picture's points go on, so scripts hidden in a file,
places and cameras in its metadata, and a false extension all stay behind.
"""

from __future__ import annotations

import io
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_BYTES = 10 * 1024 * 1024
MAX_POINTS = 40_000_000  # a good camera's picture; about 160 MB while it is open
MAX_WIDTH = 1600  # the column's width, twice, for fine screens
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
WELCOME = "Send a JPEG, PNG, WebP or GIF."


class ImageRefused(Exception):
    """A file cannot become a picture of ours; the message says why, to an editor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture as it was kept."""

    name: str
    url: str
    width: int
    height: int


def store_image(upload: UploadedFile[bytes], *, folder: str) -> StoredImage:
    """Keep a picture under a random name below MEDIA_ROOT/folder."""
    content, extension, size = redraw(upload)
    name = default_storage.save(
        f"{folder.strip('/')}/{secrets.token_hex(8)}.{extension}", ContentFile(content)
    )
    return StoredImage(name=name, url=default_storage.url(name), width=size[0], height=size[1])


def redraw(upload: UploadedFile[bytes]) -> tuple[bytes, str, tuple[int, int]]:
    """Decode a picture and encode it anew: its bytes, its extension, its width and height."""
    title = f"“{(upload.name or 'This file')[:80]}”"
    if (upload.size or 0) > MAX_BYTES:
        raise ImageRefused(
            f"{title} has {(upload.size or 0) / 1024 / 1024:.0f} MB; a picture may have"
            f" {MAX_BYTES // 1024 // 1024}. Save it smaller, then send it again."
        )
    raw = upload.read()
    if not raw:
        raise ImageRefused(f"{title} is empty. {WELCOME}")
    try:
        picture = _decode(raw, title)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRefused(_too_large(title)) from None
    except UnidentifiedImageError:
        raise ImageRefused(f"{title} is no picture that we know. {WELCOME}") from None
    # Damaged files raise nearly anything, depending on where the damage is.
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, MemoryError, EOFError):
        raise ImageRefused(f"{title} is damaged and cannot be opened. {WELCOME}") from None
    return _encode(picture)


def _too_large(title: str) -> str:
    return (
        f"{title} has too many pixels; a picture may have {MAX_POINTS // 1_000_000} million."
        " Save it smaller, then send it again."
    )


def _decode(raw: bytes, title: str) -> Image.Image:
    with Image.open(io.BytesIO(raw), formats=FORMATS) as probe:
        if probe.width * probe.height > MAX_POINTS:
            raise ImageRefused(_too_large(title))
        probe.verify()
    with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
        picture.load()  # of an animation, the first frame
        upright = ImageOps.exif_transpose(picture)
        return _plain(upright)


def _plain(picture: Image.Image) -> Image.Image:
    """Reduce any mode to RGB or RGBA in the web's own colours, without metadata."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in {"RGB", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a bad profile is no profile
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            picture = converted or picture
    clear = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    plain = picture.convert("RGBA" if clear else "RGB")
    if clear and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    plain.info = {}
    if plain.width > MAX_WIDTH:
        height = max(1, round(plain.height * MAX_WIDTH / plain.width))
        plain = plain.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    return plain


def _encode(picture: Image.Image) -> tuple[bytes, str, tuple[int, int]]:
    """Write a PNG where that is see-through or smaller, else a JPEG: mail programs show both."""
    drawn = io.BytesIO()
    picture.save(drawn, "PNG", optimize=True)
    if picture.mode == "RGB":
        photo = io.BytesIO()
        picture.save(photo, "JPEG", quality=85, optimize=True, progressive=True)
        if photo.tell() < drawn.tell():
            return photo.getvalue(), "jpg", picture.size
    return drawn.getvalue(), "png", picture.size
