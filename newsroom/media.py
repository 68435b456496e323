"""Uploaded pictures, served as nothing but pictures."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

# By the ending alone, which whoever stored the file derived from what was decoded.
TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """Serve an uploaded picture; a name never gets other contents, so it may be kept for ever."""
    content_type = TYPES.get(PurePosixPath(name).suffix.lower())
    if content_type is None:
        raise Http404("no picture by this name")
    try:
        found = default_storage.open(name)
    except (OSError, ValueError, SuspiciousFileOperation):
        raise Http404("no picture by this name") from None
    return FileResponse(
        found,
        content_type=content_type,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        },
    )
