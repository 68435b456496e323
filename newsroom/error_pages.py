"""Views for errors. The plain pages need neither the database nor a template context."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form whose CSRF token is missing or out of date."""
    return HttpResponse(render_to_string("403_csrf.html", request=request), status=403)


def foreign_form(request: HttpRequest) -> HttpResponse:
    """Return the page for a form that was not sent from a page of this site."""
    return HttpResponse(render_to_string("403_foreign_form.html", request=request), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that is malformed or too large."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return unreadable()


def unreadable() -> HttpResponse:
    """Return the page for a request that is malformed or did not arrive completely."""
    return HttpResponse(render_to_string("400.html"), status=400)


def length_required() -> HttpResponse:
    """Return the page for a body that came without its length (RFC 9110, section 15.5.12)."""
    return HttpResponse(render_to_string("400.html"), status=411)


def too_large(limit: int) -> HttpResponse:
    """Return the page for a form that is larger than its view accepts, in bytes."""
    text = gettext(
        "The form was larger than %(limit)d MB, so we did not save any of it. Go back, make it"
        " shorter or choose a smaller file, and send it again."
    ) % {"limit": limit // 1024 // 1024}
    return HttpResponse(render_to_string("413.html", {"text": text}), status=413)
