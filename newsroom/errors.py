"""Error pages that a reader can act upon."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form has grown stale, and that nothing was changed."""
    return HttpResponse(render_to_string("403_csrf.html", request=request), status=403)
