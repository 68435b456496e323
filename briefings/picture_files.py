"""The stored files of the pictures in an issue: their names, and hashes of their bytes."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage

if TYPE_CHECKING:
    from collections.abc import Iterable

_SOURCE = re.compile(r'<img\s[^>]*?\bsrc="([^"]*)"', re.IGNORECASE)


def media_name(address: str) -> str:
    """Return the name of the uploaded file that an address leads to; empty if it is none of ours.

    An address that starts with a slash is ours, and so is one on the host of SITE_URL.
    """
    try:
        parts = urlsplit(address.strip())
        own = urlsplit(settings.SITE_URL)
    except ValueError:
        return ""
    if parts.netloc and parts.netloc.lower() != own.netloc.lower():
        return ""
    path = unquote(parts.path)
    prefix = urlsplit(settings.MEDIA_URL).path
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


def is_stored(name: str) -> bool:
    """Whether there is an uploaded file of this name."""
    try:
        return default_storage.exists(name)
    except (SuspiciousFileOperation, ValueError, OSError):
        return False


def names_of_pictures(bodies: Iterable[str]) -> list[str]:
    """Return the file names of the pictures in these sections, each once."""
    names = {
        media_name(unescape(source)): None for body in bodies for source in _SOURCE.findall(body)
    }
    return [name for name in names if name]


def digests(bodies: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each picture in these sections by file name; empty if it is missing."""
    return {name: _digest(name) for name in names_of_pictures(bodies)}


def _digest(name: str) -> str:
    digest = hashlib.sha256()
    try:
        with default_storage.open(name) as file:
            for chunk in file.chunks():
                digest.update(chunk)
    except (SuspiciousFileOperation, ValueError, OSError):
        return ""
    return digest.hexdigest()
