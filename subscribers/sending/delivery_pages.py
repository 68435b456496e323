"""Admin pages of single deliveries: find those that were not sent, download them, try again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.form_fields import parse_key
from briefings.permissions import may_send, may_view_addresses, may_view_issue
from newsroom import audit_log
from newsroom.accounts.password_again import need_password_again
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.models import Delivery, DeliveryState, Dispatch
from subscribers.permissions import VIEW_DISPATCH
from subscribers.sending import dispatches, ledger
from subscribers.sending.delivery_list import (
    CHOICE_NAMES,
    DeliveryChoice,
    DeliveryFilters,
    count_reasons,
    deliveries_csv,
    find_deliveries,
    page_after,
    reason_of,
    shown_reply,
)
from subscribers.sending.dispatch_progress import count

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHOSEN = 1_000


def dispatch_or_404(request: HttpRequest, pk: int) -> Dispatch:
    """Return a dispatch that this person may view."""
    dispatch = get_object_or_404(Dispatch.objects.select_related("issue__briefing"), pk=pk)
    if not (may(request.user, VIEW_DISPATCH) or may_view_issue(request.user, dispatch.issue)):
        raise PermissionDenied
    return dispatch


def _read_filters(given: Mapping[str, str]) -> DeliveryFilters:
    choice, reply = given.get("state", ""), given.get("reason", "").replace("\0", "")
    return DeliveryFilters(
        choice=DeliveryChoice(choice) if choice in set(DeliveryChoice) else DeliveryChoice.OPEN,
        # No more of a reply than the list shows: the rest may have an address in it.
        reason=reason_of(reply) if reply else "",
        domain=given.get("domain", "").replace("\0", "").strip().removeprefix("@").lower()[:253],
    )


def _query(filters: DeliveryFilters, **more: object) -> str:
    given = {"state": filters.choice.value, "reason": filters.reason, "domain": filters.domain}
    return urlencode({name: value for name, value in {**given, **more}.items() if value})


@require_safe
def deliveries(request: HttpRequest, pk: int) -> HttpResponse:
    """List the deliveries of a dispatch that were not sent; `?state=`, `?reason=`, `?domain=`."""
    dispatch = dispatch_or_404(request, pk)
    filters = _read_filters(request.GET)
    rows, after = page_after(dispatch, filters, after=parse_key(request.GET.get("after")))
    sees_addresses = may_view_addresses(request.user)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "opts": Dispatch._meta,
        "title": "Emails that were not sent",
        "dispatch": dispatch,
        "filters": filters,
        "choices": [
            (value, name, _query(DeliveryFilters(choice=value, domain=filters.domain)))
            for value, name in CHOICE_NAMES.items()
        ],
        "reasons": _reasons(dispatch, filters, sees_addresses=sees_addresses),
        "without_reason": _query(DeliveryFilters(choice=filters.choice, domain=filters.domain)),
        "rows": [_row(delivery, sees_addresses=sees_addresses) for delivery in rows],
        "next_query": _query(filters, after=after) if after else "",
        "is_first_page": "after" not in request.GET,
        "download_query": _query(filters),
        "sees_addresses": sees_addresses,
        "may_send": may_send(request.user, dispatch.issue),
        "refused": DeliveryState.REFUSED.value,
        "retries_all": bool(filters.reason) and filters.choice != DeliveryChoice.UNSETTLED,
    }
    return TemplateResponse(request, "admin/subscribers/dispatch/deliveries.html", context)


def _reasons(
    dispatch: Dispatch, filters: DeliveryFilters, *, sees_addresses: bool
) -> list[dict[str, Any]]:
    found = []
    for reason in count_reasons(dispatch, filters.choice):
        narrowed = DeliveryFilters(choice=filters.choice, reason=reason.key, domain=filters.domain)
        found.append(
            {
                "reason": reason,
                "example": shown_reply(reason.example, with_addresses=sees_addresses),
                "query": _query(narrowed) if sees_addresses or reason.is_code else "",
                "is_chosen": reason.key == filters.reason,
            }
        )
    return found


def _row(delivery: Delivery, *, sees_addresses: bool) -> dict[str, Any]:
    address = delivery.subscriber.readable_address
    return {
        "delivery": delivery,
        "address": address if sees_addresses else f"…@{address.rpartition('@')[2]}",
        "state": DeliveryState(delivery.state).label,
        "reply": shown_reply(delivery.server_reply, with_addresses=sees_addresses),
    }


@require_safe
def download(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Stream the list as CSV; it has addresses, so the download is logged."""
    dispatch = dispatch_or_404(request, pk)
    if not may_view_addresses(request.user):
        raise PermissionDenied
    need_password_again(request)
    filters = _read_filters(request.GET)
    audit_log.record(
        "downloaded deliveries",
        dispatch,
        by=request.user,
        state=filters.choice.value,
        reason=filters.reason,
    )
    name = f"deliveries-{dispatch.pk}-{filters.choice.value}.csv"
    return StreamingHttpResponse(
        deliveries_csv(dispatch, filters),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try refused emails again: one, those that are ticked, or all of one reason."""
    dispatch = get_object_or_404(Dispatch.objects.select_related("issue__briefing"), pk=pk)
    if not may_send(request.user, dispatch.issue):
        raise PermissionDenied
    need_password_again(request)
    filters = _read_filters(request.POST)
    back = redirect(
        f"{reverse('admin:subscribers_dispatch_deliveries', args=[pk])}?{_query(filters)}"
    )
    detail: dict[str, str | int] = {}
    if "all" in request.POST:
        if not filters.reason:
            messages.error(request, "Choose a reason first.")
            return back
        chosen = find_deliveries(dispatch, filters).order_by()
        detail = {"reason": filters.reason}
    else:
        keys = [parse_key(key) for key in request.POST.getlist("delivery")[:MAX_CHOSEN]]
        if not keys:
            messages.error(request, "Tick the emails to try again.")
            return back
        chosen = Delivery.objects.filter(pk__in=keys)
    try:
        number = ledger.retry_refused(dispatch, chosen, by=request.user, detail=detail)
    except TransitionRefused as refusal:
        messages.error(request, str(refusal))
        return back
    if number:
        dispatches.wake_dispatching()
        messages.success(request, f"We will try {count(number, 'email')} again.")
    else:
        messages.info(
            request,
            "There was nothing to try again: these emails are not refused any more, or the people"
            " have unsubscribed, have paused their emails or are suppressed.",
        )
    return back
