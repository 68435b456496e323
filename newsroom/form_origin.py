"""Forms of the public pages: accepted from pages of this site only, without a cookie.

The pages know nobody who is logged in, so a CSRF token would have nothing to protect but would need
a cookie, and a page with a cookie cannot be cached. Browsers say themselves which site a form comes
from. Everything else, such as the admin, keeps Django's CSRF token.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from newsroom.error_pages import foreign_form
from newsroom.form_signature import is_signed

Arguments = ParamSpec("Arguments")
Response = TypeVar("Response", bound=HttpResponseBase)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def own_forms_only(
    view: Callable[Concatenate[HttpRequest, Arguments], Response],
) -> Callable[Concatenate[HttpRequest, Arguments], Response]:
    """Return the view, which then accepts forms from pages of this site, without a CSRF token."""

    @wraps(view)
    def wrapper(
        request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Response:
        return view(request, *args, **kwargs)

    wrapper.own_forms_only = True  # type: ignore[attr-defined]
    return wrapper


class FormOriginMiddleware(CsrfViewMiddleware):
    """Django's CSRF protection, except for views that take forms from our own pages only."""

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> Any:
        """Return the error page if the form is refused, or None."""
        if not getattr(callback, "own_forms_only", False):
            return super().process_view(request, callback, callback_args, callback_kwargs)
        is_checked = not getattr(request, "_dont_enforce_csrf_checks", False)  # as Django's tests
        if is_checked and request.method not in SAFE_METHODS and not is_from_own_page(request):
            return foreign_form(request)
        # Django's own views, such as the one that resets passwords, would ask for a token again.
        request.csrf_processing_done = True  # type: ignore[attr-defined]
        return None


def is_from_own_page(request: HttpRequest) -> bool:
    """Whether a page of this site sent this form, as far as its sender says.

    Browsers send Sec-Fetch-Site to https sites, and Origin with a POST; older ones send Referer
    only. None of them can be written by a page of another site. A sender that sends none of them
    is not a browser that could be misled by one; it needs the signature of our form.
    """
    if request.headers.get("Sec-Fetch-Site", "") in {"same-origin", "none"}:
        return True
    if claimed := claimed_origin(request):
        return is_own_origin(claimed, request)
    if "Sec-Fetch-Site" in request.headers:
        return False
    return is_signed(request.POST.get("began", ""), at=timezone.now())


def claimed_origin(request: HttpRequest) -> str:
    """Return where a form was sent from, as the browser says; empty if it does not.

    Browsers write the Origin header themselves (Fetch, section 3.2); it is `null` if they hide it.
    """
    origin: str = request.headers.get("Origin", "")
    return origin or origin_of(request.headers.get("Referer", ""))


def is_own_origin(origin: str, request: HttpRequest) -> bool:
    """Whether an origin is this site, at the host of the request or of SITE_URL."""
    return _host_of(origin) in {request.get_host().lower(), _host_of(settings.SITE_URL)}


def origin_of(url: str) -> str:
    """Return the origin of a web page's URL, or an empty string if it is none."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        parts.port  # noqa: B018  (raises for an invalid port)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or not parts.hostname:
        return ""
    return f"{parts.scheme}://{host.lower()}"


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].lower()
