"""Views for errors. The plain pages need neither the database nor a template context."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the page for a form whose CSRF token is missing or out of date."""
    return HttpResponse(render_to_string("403_csrf.html", request=request), status=403)


def foreign_form(request: HttpRequest) -> HttpResponse:
    """Return the page for a form that was not sent from a page of this site."""
    return HttpResponse(render_to_string("403_foreign_form.html", request=request), status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return the page for a request that is malformed or too large."""
    if isinstance(exception, RequestDataTooBig):
        return too_large()
    return HttpResponse(render_to_string("400.html"), status=400)


def too_large() -> HttpResponse:
    """Return the page for a form that is larger than the site accepts."""
    return HttpResponse(render_to_string("413.html"), status=413)
