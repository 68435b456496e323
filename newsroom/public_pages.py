"""Public pages: the same bytes for everybody, stored whole, and cached by browsers and proxies.

A view says that its page is public with `public_page`. The middleware then lets it see nothing of
the person who asks: no cookie, and of the query only the parameters that the view names. So no page
can have a byte of one person in it, and an address with other parameters is the same page.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qs, urlencode

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.urls import Resolver404, resolve
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from newsroom.content_changes import SITE
from newsroom.content_encodings import chosen_encoding
from newsroom.page_cache import LONGEST, Page, in_encoding, look_up, page_key, store_page

Arguments = ParamSpec("Arguments")
Response = TypeVar("Response", bound=HttpResponseBase)

# Browsers ask each time, and get 304 if nothing changed. A proxy asks after five seconds; then it
# may show the old page while it asks, and for a day while we do not answer.
CACHE_CONTROL = "public, max-age=0, s-maxage=5, stale-while-revalidate=10, stale-if-error=86400"
MAX_VALUE_CHARS = 100  # of a parameter
# What a view must not see, because another person sends something else.
PERSONAL_HEADERS = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_ACCEPT_LANGUAGE")
CONDITIONS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
    "HTTP_RANGE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPage:
    """What a view says of its page: its parameters, and its subjects besides the site."""

    parameters: tuple[str, ...]
    subjects: Callable[..., Iterable[str]] | None

    def subjects_of(self, **words: Any) -> tuple[str, ...]:
        """Return what the page at an address depends on, given the words of the address."""
        return (SITE, *(self.subjects(**words) if self.subjects else ()))

    def query_of(self, query: str) -> str:
        """Return the part of a query that the view names, in one order."""
        if not query or not self.parameters:
            return ""
        given = parse_qs(query)
        named = [(name, given[name][-1]) for name in self.parameters if name in given]
        kept = [(name, value) for name, value in named if len(value) <= MAX_VALUE_CHARS]
        return urlencode(kept, safe="/")  # as our own links write it


def public_page(
    *parameters: str, subjects: Callable[..., Iterable[str]] | None = None
) -> Callable[
    [Callable[Concatenate[HttpRequest, Arguments], Response]],
    Callable[Concatenate[HttpRequest, Arguments], Response],
]:
    """Return a decorator: the view's answer to GET is a public page, stored whole.

    It depends on `SITE` (newsroom/content_changes.py), on `subjects`, a function of the words in
    the address, and on these parameters of the query. An `Expires` header that the view sets is the
    moment at which the page will change by itself; with `Cache-Control: no-store` it is not stored.
    """
    facts = PublicPage(parameters=parameters, subjects=subjects)

    def decorate(
        view: Callable[Concatenate[HttpRequest, Arguments], Response],
    ) -> Callable[Concatenate[HttpRequest, Arguments], Response]:
        @wraps(view)
        def wrapper(
            request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> Response:
            return view(request, *args, **kwargs)

        wrapper.public_page = facts  # type: ignore[attr-defined]
        return wrapper

    return decorate


def unless_as_asked(response: Response, request: HttpRequest, shown: Mapping[str, str]) -> Response:
    """Keep a page out of all caches if the query asked for something else than what it shows.

    Otherwise anybody could fill the cache with the same page under a million addresses.
    """
    if request.method in {"GET", "HEAD"} and request.GET.dict() != dict(shown):
        response.headers["Cache-Control"] = "no-store"
    return response


class PublicPageMiddleware:
    """Answers with stored pages, before anything opens a session or the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        facts: PublicPage | None = getattr(match.func, "public_page", None)
        if facts is None:
            return self.get_response(request)
        request.get_host()  # raises DisallowedHost
        conditions = _make_impersonal(request, facts)
        encoding = chosen_encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        key = page_key(request.path_info, request.META["QUERY_STRING"])
        versions = None
        if may_store():
            subjects = facts.subjects_of(**match.kwargs)
            page, versions = look_up(key, encoding=encoding, subjects=subjects)
            if page:
                return _answer(request, page, conditions)
        response = self.get_response(request)
        if not _is_page(response):
            return response
        page = _page_from(response)
        if versions:
            page = store_page(key, page, versions=versions)
        return _answer(request, in_encoding(page, encoding), conditions, response)


def may_store() -> bool:
    """Whether a page shows committed rows only: others may never see those of a transaction."""
    return not connection.in_atomic_block


def _make_impersonal(request: HttpRequest, facts: PublicPage) -> dict[str, str]:
    """Take from a request what the page must not depend on; return its conditions."""
    conditions = {name: request.META.pop(name, "") for name in CONDITIONS}
    for name in PERSONAL_HEADERS:
        request.META.pop(name, None)
    request.META["QUERY_STRING"] = facts.query_of(request.META.get("QUERY_STRING", ""))
    return conditions


def _is_page(response: HttpResponseBase) -> bool:
    return (
        isinstance(response, HttpResponse)
        and response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in response.headers.get("Cache-Control", "")
    )


def _page_from(response: HttpResponse) -> Page:
    """Return the page that a view made, with its headers, but not those that change by request."""
    now = time.time()
    headers = dict(response.headers)
    own = {name: headers.pop(name, "") for name in ("Expires", "Last-Modified")}
    headers.pop("Content-Length", None)
    expires = parse_http_date_safe(own["Expires"]) if own["Expires"] else None
    modified = parse_http_date_safe(own["Last-Modified"]) if own["Last-Modified"] else None
    headers["Cache-Control"] = CACHE_CONTROL
    headers["Vary"] = "Accept-Encoding"
    return Page(
        body=response.content,
        headers=headers,
        etag=hashlib.sha256(response.content).hexdigest()[:32],
        modified=modified or int(now),
        expires=min(now + LONGEST, expires if expires is not None else now + LONGEST),
    )


def _answer(
    request: HttpRequest,
    page: Page,
    conditions: dict[str, str],
    response: HttpResponse | None = None,
) -> HttpResponse:
    """Return the answer: 304 without a body if the sender has the page already."""
    headers = {
        **page.headers,
        "ETag": f'"{page.etag}"',
        "Last-Modified": http_date(page.modified),
    }
    if _has_it(page, conditions):
        for name in ("Content-Type", "Content-Encoding", "Content-Language"):
            headers.pop(name, None)
        return HttpResponseNotModified(headers=headers)
    headers["Content-Length"] = str(len(page.body))
    if response is None:
        response = HttpResponse(headers=headers)
    else:
        response.headers.pop("Expires", None)
        for name, value in headers.items():
            response.headers[name] = value
    response.content = b"" if request.method == "HEAD" else page.body
    return response


def _has_it(page: Page, conditions: dict[str, str]) -> bool:
    """Whether the conditions of a request are those of RFC 9110, section 13.2.2, for 304."""
    if named := conditions["HTTP_IF_NONE_MATCH"]:
        etags = {etag.removeprefix("W/").strip('"') for etag in parse_etags(named)}
        return page.etag in etags or "*" in etags
    since = conditions["HTTP_IF_MODIFIED_SINCE"]
    moment = parse_http_date_safe(since) if since else None
    return moment is not None and page.modified <= moment
