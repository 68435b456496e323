"""Unsubscribing, with the link in an email or a mail program's own button (RFC 8058)."""

from __future__ import annotations

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from newsroom.client_address import client_ip
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in, shared_language
from subscribers.consent import unsubscribe_from
from subscribers.models import Subscription
from subscribers.preferences import owner_notices, undo_tokens
from subscribers.preferences.owner_notices import unsubscribe_and_tell_owner
from subscribers.preferences.undo_tokens import ONE_CLICK

UNKNOWN_LINK = gettext_lazy("This link does not belong to a subscription. Nothing was changed.")
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
            return HttpResponse(
                f"{UNKNOWN_LINK}\n", content_type="text/plain; charset=utf-8", status=404
            )
        return TemplateResponse(
            request, "subscribers/preferences/unsubscribe_link_invalid.html", status=404
        )
    answer_in(subscription.briefing.language)
    now = timezone.now()
    if request.method != "POST":
        context = {
            "subscription": subscription,
            "briefing": subscription.briefing,
            "undo_token": undo_tokens.make_undo_token_after_one_click(subscription, at=now),
            "undo_within": undo_tokens.BUTTONS_WORK_FOR,
        }
        return TemplateResponse(request, "subscribers/preferences/unsubscribe.html", context)
    ip = client_ip(request)
    if is_one_click:
        # Without an email: nobody who uses their mail program's own button expects one more.
        unsubscribe_from([subscription], source=ONE_CLICK, ip=ip, at=now)
        words = gettext("You have unsubscribed from %(title)s.") % {
            "title": subscription.briefing.title
        }
        return HttpResponse(f"{words}\n", content_type="text/plain; charset=utf-8")
    done = unsubscribe_and_tell_owner([subscription], source=SOURCE, ip=ip, at=now)
    return TemplateResponse(
        request,
        "subscribers/preferences/unsubscribed.html",
        {
            "briefing": subscription.briefing,
            "subscriber": subscription.subscriber,
            "is_owner_told": done.is_owner_told,
            "undo_token": done.undo_token,
            "undo_within": undo_tokens.BUTTONS_WORK_FOR,
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
@own_forms_only
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
    answer_in(shared_language(one.briefing.language for one in restarted))
    context = {"subscriptions": restarted}
    return TemplateResponse(request, "subscribers/preferences/resubscribed.html", context)


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def undo_from_email(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST undoes what an email told the owner: an unsubscribing or a pause."""
    now = timezone.now()
    undo = owner_notices.find_undo(token)
    if undo is None:
        return TemplateResponse(
            request,
            "subscribers/preferences/undo_from_email.html",
            {"is_over": True, "valid_for": owner_notices.UNDO_WORKS_FOR},
            status=410,
        )
    answer_in(undo.subscriber.language)
    context: dict[str, object] = {"undo": undo}
    if request.method == "POST":
        context["is_done"] = owner_notices.carry_out(undo, ip=client_ip(request), at=now)
    return TemplateResponse(request, "subscribers/preferences/undo_from_email.html", context)


def _page_expired(request: HttpRequest) -> HttpResponse:
    context = {"valid_for": undo_tokens.BUTTONS_WORK_FOR}
    return TemplateResponse(
        request, "subscribers/preferences/page_expired.html", context, status=410
    )
