"""The preferences pages: for whoever holds a letter, and for the owner of the address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsroom.client_address import client_ip
from newsroom.email_addresses import readable_address
from newsroom.private_pages import private_page
from subscribers.models import Subscriber
from subscribers.preferences import links, unsubscription
from subscribers.preferences.owner_page import (
    owner_page,
    pause_form,
    try_to_pause,
    until_words,
)
from subscribers.signup.forms import LinkForm
from subscribers.signup.views import BUSY, RETRY_AFTER, too_many_forms


@require_http_methods(["GET", "HEAD", "POST"])
def preferences_link(request: HttpRequest) -> HttpResponse:
    """'Send me my link': the answer is the same whether or not the address is known."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return TemplateResponse(
            request, "subscribers/preferences_link.html", {"form": form}, status=status
        )
    if too_many_forms(client_ip(request), at=timezone.now()):
        form.add_error(None, BUSY)
        return TemplateResponse(
            request,
            "subscribers/preferences_link.html",
            {"form": form},
            status=429,
            headers={"Retry-After": RETRY_AFTER},
        )
    links.send_link_to_address(form.cleaned_data["address"])
    context = {"address": readable_address(form.cleaned_data["address"])}
    return TemplateResponse(request, "subscribers/link_sent.html", context)


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the token's holder may see; POST does what they may do."""
    visit = links.visit(token)
    if visit is None:
        return link_ended(request)
    try:
        if visit.is_owner:
            return owner_page(request, visit.subscriber, token=token)
        return _holder_page(request, visit.subscriber)
    except Subscriber.DoesNotExist:  # erased at this very moment, on another page
        return link_ended(request)


def link_ended(request: HttpRequest) -> HttpResponse:
    """Say that a link opens nothing any more, and offer a new one."""
    context = {"form": LinkForm(), "has_ended": True}
    return TemplateResponse(request, "subscribers/preferences_link.html", context, status=404)


def _holder_page(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Somebody with a letter, perhaps forwarded: may leave, pause, or send the owner a link.

    A pause can be begun here and not ended: who got a letter forwarded may bring about fewer
    letters, never more.
    """
    context: dict[str, Any] = {"subscriber": subscriber}
    if request.method == "POST" and "send-link" in request.POST:
        links.send_link(subscriber)
        context["address"] = subscriber.masked_address
        return TemplateResponse(request, "subscribers/link_sent.html", context)
    if request.method == "POST" and "pause" in request.POST:
        if not until_words(subscriber):
            context |= try_to_pause(request, subscriber)
    elif request.method == "POST":
        active = unsubscription.active_of(subscriber)
        wanted = request.POST.get("leave", "")
        left = unsubscription.leave_these(
            [one for one in active if wanted in {one.briefing.slug, "*"}],
            source=links.SOURCE,
            ip=client_ip(request),
            at=timezone.now(),
        )
        context |= {"left": left, "undo": unsubscription.undo_token(left)}
    context = {
        "pause_form": pause_form(subscriber),
        **context,
        "paused_until": until_words(subscriber),
        "active": unsubscription.active_of(subscriber),
    }
    return TemplateResponse(
        request,
        "subscribers/preferences_holder.html",
        context,
        status=context.get("status", 200),
    )
