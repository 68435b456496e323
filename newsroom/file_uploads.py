"""Which views accept files: only those marked with `accepts_files`, and only from staff.

Django reads a form before the view sees it, files onto the disk and without a limit, because the
CSRF token may be in the form. So the middleware asks here first, and everybody else's files meet a
handler that refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    TemporaryFileUploadHandler,
)
from django.urls import reverse

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

View = TypeVar("View", bound=Callable[..., object])
# For the other fields of a form with a file, and what separates them.
FIELDS_BYTES = 1 << 20


def login_page(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the login page, which leads back to the form."""
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFiles:
    """How many bytes a request to a view may have, and what others than staff are answered."""

    max_bytes: int
    refuse: Callable[[HttpRequest], HttpResponseBase]


def accepts_files(
    *, max_bytes: int, refuse: Callable[[HttpRequest], HttpResponseBase] = login_page
) -> Callable[[View], View]:
    """Mark a view that accepts files of up to `max_bytes` from staff.

    Larger ones never reach the view, so that its own limit should be lower where it has a message.
    """

    def mark(view: View) -> View:
        accepted = AcceptedFiles(max_bytes=max_bytes + FIELDS_BYTES, refuse=refuse)
        view.accepted_files = accepted  # type: ignore[attr-defined]
        return view

    return mark


def accepted_files(view: Callable[..., object]) -> AcceptedFiles | None:
    """Return what a view accepts. Decorators copy the mark, as `functools.wraps` does."""
    return getattr(view, "accepted_files", None)


def let_files_in(request: HttpRequest) -> None:
    """Store the files of this request as Django does by default."""
    request.upload_handlers = [
        MemoryFileUploadHandler(request),
        TemporaryFileUploadHandler(request),
    ]


class RefusingUploadHandler(FileUploadHandler):
    """Refuses a request as soon as a file begins in it, and stores nothing."""

    def new_file(self, *args: object, **kwargs: object) -> NoReturn:
        raise BadRequest("This form takes no files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Store nothing."""

    def file_complete(self, file_size: int) -> None:
        """Return no file."""
