"""The page behind the link of a confirmation letter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsroom.client_address import client_ip
from newsroom.email_addresses import readable_address
from newsroom.private_pages import private_page
from subscribers.sending.list_headers import preferences_url
from subscribers.signup import confirmation
from subscribers.signup.confirmation import LinkFault, LinkRefused

STATUS = {LinkFault.USED: 200, LinkFault.EXPIRED: 410, LinkFault.UNKNOWN: 404}


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what would be subscribed, with a button; POST subscribes."""
    now = timezone.now()
    try:
        if request.method == "POST":
            welcome = confirmation.confirm(token, ip=client_ip(request), at=now)
            context = {
                "welcome": welcome,
                "preferences_url": preferences_url(welcome.subscriber),
                "briefing": welcome.arrivals[0].briefing if len(welcome.arrivals) == 1 else None,
            }
            return TemplateResponse(request, "subscribers/welcome.html", context)
        asked = confirmation.find_confirmable(token, at=now)
    except LinkRefused as refusal:
        return TemplateResponse(
            request,
            "subscribers/confirm_refused.html",
            {"fault": refusal.fault},
            status=STATUS[refusal.fault],
        )
    chosen = confirmation.chosen_briefings(asked)
    context = {
        "name": confirmation.name_to_take(asked),
        "address": readable_address(asked.address),
        "briefings": chosen,
        "foreign_wordings": confirmation.foreign_wordings(asked, chosen=chosen),
        "briefing": chosen[0] if len(chosen) == 1 else None,
    }
    return TemplateResponse(request, "subscribers/confirm.html", context)
