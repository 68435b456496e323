"""Middleware: error pages for an unreachable database, large requests and wrong addresses."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.defaults import page_not_found

from newsroom.connection_errors import database_error_message
from newsroom.error_pages import too_large

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


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


class RequestSizeLimitMiddleware:
    """Answers 413 to a form that is too large, before reading it.

    Without it, Django shows a traceback in development.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        is_upload = (
            request.content_type == "multipart/form-data"
        )  # Django limits its fields by itself
        if (
            not is_upload
            and length.isdigit()
            and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        ):
            return too_large()
        return self.get_response(request)


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
