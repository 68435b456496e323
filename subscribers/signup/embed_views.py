"""The sign-up form for pages of other sites."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from briefings.models import Briefing
from subscribers.signup.embedded_form import is_foreign_page, snippet


@require_safe
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the snippet; `?page=` puts the address of the page it is for into it."""
    briefing = get_object_or_404(Briefing.objects.current(), slug=slug)
    page = request.GET.get("page", "").strip()
    is_wrong = bool(page) and not is_foreign_page(page)
    context = {
        "briefing": briefing,
        "page": page,
        "page_is_wrong": is_wrong,
        "snippet": snippet(briefing, page="" if is_wrong else page),
    }
    status = 422 if is_wrong else 200
    return TemplateResponse(request, "subscribers/embed.html", context, status=status)
