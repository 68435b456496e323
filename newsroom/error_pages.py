"""Error pages that a reader can act upon; the plain ones need no database and no context."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form has grown stale, and that nothing was changed."""
    return HttpResponse(render_to_string("403_csrf.html", request=request), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what about a request cannot be taken: its size, or its shape."""
    if isinstance(exception, RequestDataTooBig):
        return too_large()
    return HttpResponse(render_to_string("400.html"), status=400)


def too_large() -> HttpResponse:
    """Say that a form carried more than the site takes, and that nothing was kept."""
    return HttpResponse(render_to_string("413.html"), status=413)
