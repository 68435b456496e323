"""The page that ends a pause before its day, from a letter that said that the pause holds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsroom.private_pages import private_page
from subscribers.preferences import pauses


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def pause(request: HttpRequest, token: str) -> HttpResponse:
    """GET says until when nothing comes, POST ends that."""
    subscriber = pauses.paused_by(token)
    until = pauses.paused_until(subscriber, at=timezone.now()) if subscriber else None
    if subscriber is None or until is None:
        return TemplateResponse(request, "subscribers/pause.html", {"is_over": True}, status=404)
    context = {"subscriber": subscriber, "until": until}
    if request.method == "POST":
        context["has_ended"] = pauses.go_on(subscriber)
    return TemplateResponse(request, "subscribers/pause.html", context)
