"""Middleware: whom we believe, the language of pages, and pages for errors."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    UnreadablePostError,
)
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import translation
from django.views.defaults import page_not_found

from newsroom.client_address import is_from_proxy
from newsroom.connection_errors import database_error_message
from newsroom.error_pages import length_required, too_large, unreadable
from newsroom.file_uploads import accepted_files, let_files_in
from newsroom.reader_language import STAFF_LANGUAGE

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


# What proxies say of a request.
PROXY_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")


class TrustedProxyMiddleware:
    """Drops what a request says of its own path unless a proxy of ours passed it on.

    It comes first, so that nothing else sees these headers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_from_proxy(request):
            for header in PROXY_HEADERS:
                request.META.pop(header, None)
        return self.get_response(request)


class DatabaseUnavailableMiddleware:
    """Answers 503, with a page that explains it, when the database cannot be reached."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Return the page for a database error, and log what to do."""
        if not isinstance(failure, (OperationalError, InterfaceError)):
            return None
        log.error(database_error_message(failure))
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "60"})


class ReaderLanguageMiddleware:
    """Begins each page in the site's language, and the admin's in English.

    A view about one briefing changes it (`reader_language.answer_in`); that ends with the response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_for_staff = request.path_info.startswith("/admin/")
        with translation.override(STAFF_LANGUAGE if is_for_staff else settings.LANGUAGE_CODE):
            return self.get_response(request)


class RequestSizeLimitMiddleware:
    """Refuses a body that no view wants, before anything reads it: too large, or with files.

    It must come before the CSRF middleware, which reads forms.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., object], *_: object
    ) -> HttpResponseBase | None:
        """Return the answer to a body that is refused, or None to go on."""
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return length_required()  # Django would read nothing, and we cannot know how much
        accepted = accepted_files(view)
        if accepted is None or request.method != "POST":
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        elif is_staff(request):
            limit = accepted.max_bytes
            let_files_in(request)
        else:
            return accepted.refuse(request)
        return too_large(limit) if length.isdigit() and int(length) > limit else None

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Answer a body that did not arrive; nobody but its sender can do anything about it."""
        return unreadable() if isinstance(failure, UnreadablePostError) else None


class NotFoundPageMiddleware:
    """Answers 404 with our page in development too, where Django shows one for developers.

    It comes last, so that the middleware before it can still redirect to an address with a slash.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            resolve(request.path_info)
        except Resolver404 as unknown:
            return page_not_found(request, unknown)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Return the page for an address that a view knows nothing about."""
        return page_not_found(request, failure) if isinstance(failure, Http404) else None


def is_staff(request: HttpRequest) -> bool:
    """Whether the request comes from somebody who may open the admin."""
    user = request.user
    return user.is_active and bool(getattr(user, "is_staff", False))
