"""The portrait of an author in their emails: a small square JPEG.

Outlook reads no WebP, and neither it nor Gmail cuts a picture to a square.
"""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from briefings.picture_sizes import UNREADABLE

if TYPE_CHECKING:
    from briefings.models import Contributor

log = logging.getLogger(__name__)

SHOWN_PIXELS = 44  # in width and height, in templates/email/issue/body.html
PIXELS = 3 * SHOWN_PIXELS  # for sharp screens
QUALITY = 85
PAPER = (255, 255, 255)  # behind what is transparent


def email_portrait(person: Contributor) -> str:
    """Return the full address of a contributor's portrait; empty if there is none to be read.

    It is made when it is needed first. A photo never changes under its name.
    """
    photo = person.photo.name
    if not photo:
        return ""
    name = f"{photo.rpartition('.')[0]}-email.jpg"
    try:
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(_portrait(photo)))
    except UNREADABLE:
        log.warning("the portrait %s cannot be read, so emails show initials", photo)
        return ""
    return urljoin(settings.SITE_URL, default_storage.url(name))


def _portrait(photo: str) -> bytes:
    with default_storage.open(photo) as file, Image.open(file, formats=("JPEG", "PNG")) as image:
        opaque = Image.new("RGB", image.size, PAPER)
        pixels = image.convert("RGBA")
        opaque.paste(pixels, mask=pixels)
    small = ImageOps.fit(opaque, (PIXELS, PIXELS), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
