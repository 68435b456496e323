"""Pages for people who check a draft: where the personal links of a proof lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from newsroom.private_pages import private_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@private_page
@require_safe
def proof_link(request: HttpRequest) -> HttpResponse:
    """Say that a link of a proof does nothing; in a subscriber's email it is their own."""
    return TemplateResponse(request, "briefings/proof_link.html")
