"""Images of uploads and documents: decoded, rotated, made smaller, and encoded again.

They are stored under a random name. A file itself never is. Only its pixels are kept, so that
scripts hidden in the file, the place and camera in its metadata, and a wrong extension get no
further.
"""

from __future__ import annotations

import io
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from briefings.picture_sizes import make_sizes

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000  # about 160 MB of memory when decoded
# A JPEG is decoded at half its size or less: the image of a phone, of 48 megapixels or more.
MAX_JPEG_PIXELS = 80_000_000
MAX_WIDTH = 1600  # in pixels: twice the width of the column, for high-resolution screens
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
ACCEPTED = "Upload a JPEG, PNG, WebP or GIF."


# Damaged files raise nearly anything, depending on where the damage is.
_DAMAGE = (OSError, ValueError, SyntaxError, IndexError, TypeError, MemoryError, EOFError)


class ImageRefused(Exception):
    """A file cannot be used as an image; the message tells an editor why."""


class Crop(NamedTuple):
    """How much of an image's width or height is cut off at each side, from 0 to 1."""

    left: float = 0
    top: float = 0
    right: float = 0
    bottom: float = 0


NO_CROP = Crop()


class EncodedImage(NamedTuple):
    """An image file as we encoded it, with its size in pixels."""

    content: bytes
    extension: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image as it was stored."""

    name: str
    url: str
    width: int
    height: int


def store_image(upload: UploadedFile[bytes], *, folder: str) -> StoredImage:
    """Store an image under a random name in MEDIA_ROOT/folder. Raises ImageRefused."""
    return store_encoded(reencode(upload), folder=folder)


def folder_of_issues() -> str:
    """Return the folder below MEDIA_ROOT for an issue's images: one for each month."""
    return f"issues/{timezone.now():%Y/%m}"


def store_encoded(image: EncodedImage, *, folder: str) -> StoredImage:
    """Store an image that we encoded, and the smaller copies of it for pages."""
    name = default_storage.save(
        f"{folder.strip('/')}/{secrets.token_hex(8)}.{image.extension}", ContentFile(image.content)
    )
    make_sizes(name)
    return StoredImage(
        name=name, url=default_storage.url(name), width=image.width, height=image.height
    )


def reencode(upload: UploadedFile[bytes]) -> EncodedImage:
    """Decode an uploaded image and return it encoded again. Raises ImageRefused."""
    title = f"“{(upload.name or 'This file')[:80]}”"
    if (upload.size or 0) > MAX_BYTES:
        raise ImageRefused(
            f"{title} is {(upload.size or 0) / 1024 / 1024:.0f} MB. An image can be up to"
            f" {MAX_BYTES // 1024 // 1024} MB. Make it smaller and upload it again."
        )
    return reencode_bytes(upload.read(), title=title)


def reencode_bytes(raw: bytes, *, title: str, crop: Crop = NO_CROP) -> EncodedImage:
    """Decode an image, cut it, and return it encoded again. Raises ImageRefused.

    Messages to the editor start with `title`.
    """
    if not raw:
        raise ImageRefused(f"{title} is empty. {ACCEPTED}")
    try:
        image = _decode(raw, title, crop)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRefused(_too_large(title)) from None
    except UnidentifiedImageError:
        raise ImageRefused(f"{title} is not an image that we can use. {ACCEPTED}") from None
    except _DAMAGE:
        raise ImageRefused(f"{title} is damaged and cannot be opened. {ACCEPTED}") from None
    return _encode(image)


def _too_large(title: str) -> str:
    return (
        f"{title} has too many pixels. An image can have up to {MAX_PIXELS // 1_000_000} million."
        " Make it smaller and upload it again."
    )


def count_pixels(raw: bytes) -> int:
    """Return how many pixels an image declares to have; 0 if it is none that we can use."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as probe:
            return probe.width * probe.height
    # As below; what is wrong is said when it is decoded.
    except (*_DAMAGE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0


def _decode(raw: bytes, title: str, crop: Crop) -> Image.Image:
    is_jpeg = raw.startswith(_JPEG)
    is_cut = is_jpeg and _JPEG_END not in raw[-64:]
    content = raw + _JPEG_END if is_cut else _without_text(raw)
    with Image.open(io.BytesIO(content), formats=FORMATS) as probe:
        pixels = probe.width * probe.height
        if pixels > (MAX_JPEG_PIXELS if is_jpeg else MAX_PIXELS):
            raise ImageRefused(_too_large(title))
        if not is_jpeg and getattr(probe, "n_frames", 1) > 1:
            raise ImageRefused(
                f"{title} is an animation. We could keep only its first frame. Upload a"
                " still image, or link to a video."
            )
        probe.verify()
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        if pixels > MAX_PIXELS:
            image.draft(None, (image.width // 2, image.height // 2))
        image.load()
        if is_cut and _ends_grey(image):
            raise OSError("the end of the file is missing")
        return _normalise(_cut(ImageOps.exif_transpose(image), crop))


_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_PNG = b"\x89PNG\r\n\x1a\n"


def _cut(image: Image.Image, crop: Crop) -> Image.Image:
    """Return what a document shows of an image; what it cut off must not reach readers."""
    left, right = (round(image.width * part) for part in (crop.left, 1 - crop.right))
    top, bottom = (round(image.height * part) for part in (crop.top, 1 - crop.bottom))
    box = max(left, 0), max(top, 0), min(right, image.width), min(bottom, image.height)
    if box == (0, 0, *image.size) or box[0] >= box[2] or box[1] >= box[3]:
        return image
    cut = image.crop(box)
    cut.info = image.info
    return cut


def _ends_grey(image: Image.Image) -> bool:
    """Whether a JPEG's last pixels are the grey that stands for missing data."""
    corner = image.crop((image.width - 2, image.height - 2, image.width, image.height))
    return corner.convert("RGB").getextrema() == ((128, 128),) * 3


def _without_text(raw: bytes) -> bytes:
    """Return a PNG without its comments, which are never kept and may be too long to be read."""
    if not raw.startswith(_PNG):
        return raw
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(raw):
        end = at + 12 + int.from_bytes(raw[at : at + 4])
        if raw[at + 4 : at + 8] not in {b"tEXt", b"zTXt", b"iTXt"}:
            kept.append(raw[at:end])
        at = end
    return b"".join([*kept, raw[at:]])


def _normalise(image: Image.Image) -> Image.Image:
    """Return an image of any mode as RGB or RGBA in sRGB, without metadata, at most MAX_WIDTH."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        # 16 bits of grey: Pillow would cut them off at 255, which is nearly black.
        image = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
        image.info = {}
    profile = image.info.get("icc_profile")
    if profile and image.mode in {"RGB", "CMYK"}:
        # Without a usable profile the colours stay as they are.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            image = converted or image
    is_transparent = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    result = image.convert("RGBA" if is_transparent else "RGB")
    if is_transparent and result.getchannel("A").getextrema() == (255, 255):
        result = result.convert("RGB")
    result.info = {}
    if result.width > MAX_WIDTH:
        height = max(1, round(result.height * MAX_WIDTH / result.width))
        result = result.resize((MAX_WIDTH, height), Image.Resampling.LANCZOS)
    return result


def _encode(image: Image.Image) -> EncodedImage:
    """Encode as PNG if transparent or smaller so, else as JPEG: email clients show both."""
    png = io.BytesIO()
    image.save(png, "PNG", optimize=True)
    if image.mode == "RGB":
        jpeg = io.BytesIO()
        image.save(jpeg, "JPEG", quality=85, optimize=True, progressive=True)
        if jpeg.tell() < png.tell():
            return EncodedImage(jpeg.getvalue(), "jpg", *image.size)
    return EncodedImage(png.getvalue(), "png", *image.size)
