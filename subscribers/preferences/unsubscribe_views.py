"""Unsubscribing, with the link in an email or a mail program's own button (RFC 8058)."""

from __future__ import annotations

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.client_address import client_ip
from newsroom.private_pages import private_page
from subscribers.consent import unsubscribe_from
from subscribers.models import Subscription
from subscribers.preferences import undo_tokens

UNKNOWN_LINK = "This link does not belong to a subscription. Nothing was changed.\n"
SOURCE = "email link"


# RFC 8058, section 3.1: a mail program sends this POST without cookie, log-in or Origin, and
# follows no redirect, so no CSRF token can be asked for. The token in the address is the whole
# authority, and it can do nothing but end this one subscription.
@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks; POST unsubscribes at once and confirms it, however often it is sent."""
    found = Subscription.objects.with_token(token).select_related("briefing", "subscriber")
    subscription = found.first()
    is_one_click = request.method == "POST" and _is_one_click(request)
    if subscription is None:
        if is_one_click:
            return HttpResponse(UNKNOWN_LINK, content_type="text/plain", status=404)
        return TemplateResponse(request, "subscribers/unsubscribe_link_invalid.html", status=404)
    if request.method != "POST":
        context = {"subscription": subscription, "briefing": subscription.briefing}
        return TemplateResponse(request, "subscribers/unsubscribe.html", context)
    unsubscribed = unsubscribe_from(
        [subscription],
        source="one-click" if is_one_click else SOURCE,
        ip=client_ip(request),
        at=timezone.now(),
    )
    if is_one_click:
        words = f"You have unsubscribed from {subscription.briefing.title}.\n"
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    others = subscription.subscriber.active_subscriptions()
    return TemplateResponse(
        request,
        "subscribers/unsubscribed.html",
        {
            "briefing": subscription.briefing,
            "undo_token": undo_tokens.make_undo_token(unsubscribed),
            "undo_within": undo_tokens.BUTTONS_WORK_FOR,
            "others": others,
            "all_token": undo_tokens.make_all_token(subscription.subscriber) if others else "",
        },
    )


def _is_one_click(request: HttpRequest) -> bool:
    """Whether a mail program sent this with its own button, and not a person with ours.

    Either unsubscribes, whatever the body says. A body that cannot be read is not from our page.
    """
    try:
        return request.POST.get("List-Unsubscribe", "").strip() == "One-Click"
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return True


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_all(request: HttpRequest) -> HttpResponse:
    """Unsubscribe from the other briefings too, from the page shown after the first."""
    if request.method != "POST":
        return redirect("subscribers:preferences_link")
    subscriber = undo_tokens.verify_all_token(request.POST.get("token", ""))
    if subscriber is None:
        return _page_expired(request)
    unsubscribed = unsubscribe_from(
        subscriber.active_subscriptions(), source=SOURCE, ip=client_ip(request), at=timezone.now()
    )
    context = {
        "undo_token": undo_tokens.make_undo_token(
            unsubscribed, earlier_token=request.POST.get("undo", "")
        ),
        "undo_within": undo_tokens.BUTTONS_WORK_FOR,
    }
    return TemplateResponse(request, "subscribers/unsubscribed.html", context)


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def undo_unsubscribe(request: HttpRequest) -> HttpResponse:
    """Subscribe again, from the page shown after unsubscribing."""
    if request.method != "POST":
        return redirect("subscribers:preferences_link")
    restarted = undo_tokens.undo_unsubscribe(
        request.POST.get("token", ""), ip=client_ip(request), at=timezone.now()
    )
    if restarted is None:
        return _page_expired(request)
    context = {"subscriptions": restarted}
    return TemplateResponse(request, "subscribers/resubscribed.html", context)


def _page_expired(request: HttpRequest) -> HttpResponse:
    context = {"valid_for": undo_tokens.BUTTONS_WORK_FOR}
    return TemplateResponse(request, "subscribers/page_expired.html", context, status=410)
