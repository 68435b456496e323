"""Unsubscribing, from a letter's link or by a mail program's own button (RFC 8058)."""

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
from subscribers.models import Subscription
from subscribers.preferences import unsubscription

UNKNOWN = "This link belongs to no subscription, so nothing was changed.\n"


# RFC 8058, section 3.1: a mail program sends this POST without cookie, log-in or Origin, and
# follows no redirect, so no CSRF token can be asked for. The token in the address is the whole
# authority, and it can do nothing but end this one subscription.
@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows which briefing and asks; POST leaves it at once and says so, however often."""
    found = Subscription.objects.with_token(token).select_related("briefing", "subscriber")
    subscription = found.first()
    is_one_click = request.method == "POST" and _is_one_click(request)
    if subscription is None:
        if is_one_click:
            return HttpResponse(UNKNOWN, content_type="text/plain", status=404)
        return TemplateResponse(request, "subscribers/unsubscribe_unknown.html", status=404)
    context = {"subscription": subscription, "briefing": subscription.briefing}
    if request.method != "POST":
        return TemplateResponse(request, "subscribers/unsubscribe.html", context)
    left = unsubscription.leave_these(
        [subscription],
        source="one-click" if is_one_click else "letter",
        ip=client_ip(request),
        at=timezone.now(),
    )
    if is_one_click:
        words = f"You have left {subscription.briefing.title}.\n"
        return HttpResponse(words, content_type="text/plain; charset=utf-8")
    return _left_page(request, subscription, left)


def _is_one_click(request: HttpRequest) -> bool:
    """Whether a mail program pressed its own button, and not a reader the one on our page.

    Either leaves, whatever the body says. One that cannot be read comes from no page of ours.
    """
    try:
        return request.POST.get("List-Unsubscribe", "").strip() == "One-Click"
    except (BadRequest, MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        return True


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe_all(request: HttpRequest) -> HttpResponse:
    """Leave the other briefings too: the button on the page that answers leaving one."""
    if request.method != "POST":
        return redirect("subscribers:preferences_link")
    subscriber = unsubscription.subscriber_to_leave_all(request.POST.get("proof", ""))
    if subscriber is None:
        return _page_ended(request)
    left = unsubscription.leave_these(
        unsubscription.active_of(subscriber),
        source="letter",
        ip=client_ip(request),
        at=timezone.now(),
    )
    # One mistake, one way back: what was left on the page before comes back with the rest.
    context = {"undo": unsubscription.undo_token(left, before=request.POST.get("left", ""))}
    return TemplateResponse(request, "subscribers/left.html", context)


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest) -> HttpResponse:
    """Take a leaving back, within the hour and from the page that answered it."""
    if request.method != "POST":
        return redirect("subscribers:preferences_link")
    back = unsubscription.undo(
        request.POST.get("proof", ""), source="undo", ip=client_ip(request), at=timezone.now()
    )
    if back is None:
        return _page_ended(request)
    return TemplateResponse(request, "subscribers/undone.html", {"back": back})


def _left_page(
    request: HttpRequest, subscription: Subscription, left: list[Subscription]
) -> HttpResponse:
    others = unsubscription.active_of(subscription.subscriber)
    context = {
        "briefing": subscription.briefing,
        "undo": unsubscription.undo_token(left),
        "others": others,
        "all_proof": unsubscription.all_token(subscription.subscriber) if others else "",
    }
    return TemplateResponse(request, "subscribers/left.html", context)


def _page_ended(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "subscribers/page_ended.html", status=410)
