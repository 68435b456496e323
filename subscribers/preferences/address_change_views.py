"""The page behind the two letters that ask about a change of address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsroom.client_address import client_ip
from newsroom.private_pages import private_page
from subscribers.preferences import address_changes

TEMPLATE = "subscribers/address.html"


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks; POST says yes, or, for the old address, no.

    The answer is the same whether or not the other side has agreed, and whatever came of it.
    """
    now = timezone.now()
    if request.method == "POST" and "no" in request.POST:
        question = address_changes.object_to(token, at=now)
        has_objected = True
    else:
        has_objected = False
        if request.method == "POST":
            question = address_changes.agree(token, ip=client_ip(request), at=now)
        else:
            question = address_changes.find(token, at=now)
    if question is None:
        return TemplateResponse(request, TEMPLATE, {"has_ended": True}, status=404)
    context = {
        "change": question.change,
        "is_new": question.side == address_changes.Side.NEW,
        "has_agreed": question.has_agreed,
        "has_objected": has_objected,
    }
    return TemplateResponse(request, TEMPLATE, context)
