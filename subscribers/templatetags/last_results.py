"""The last result on the Desk: what became of the issue that was sent last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import template
from django.db.models import Count

from briefings.local_time import format_local
from briefings.permissions import issues_for
from subscribers.models import Delivery, DeliveryState, Dispatch

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

register = template.Library()

# States that need no mention on the Desk: each is a number on the page of the dispatch.
GOOD = {DeliveryState.SENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class LastResult:
    """The newest dispatch, and how many of its deliveries are in each state."""

    dispatch: Dispatch
    created: str
    sent: int
    others: list[tuple[int, str]]


@register.inclusion_tag("admin/subscribers/dispatch/_last_results.html", takes_context=True)
def last_results(context: dict[str, Any]) -> dict[str, Any]:
    """Show what became of the issue that was sent last, to those who may see that issue."""
    return {"result": last_result(context["request"].user)}


def last_result(user: Actor) -> LastResult | None:
    """Return the result of the newest dispatch that this person may see."""
    dispatch = (
        Dispatch.objects.filter(issue__in=issues_for(user))
        .select_related("issue__briefing")
        .defer("html", "text")
        .first()
    )
    if dispatch is None:
        return None
    states = Delivery.objects.filter(dispatch=dispatch).values_list("state").order_by()
    counts = dict(states.annotate(n=Count("pk")))
    others = [
        (counts[state], state.label.lower())
        for state in DeliveryState
        if state not in GOOD and counts.get(state)
    ]
    return LastResult(
        dispatch=dispatch,
        created=format_local(dispatch.created_at, dispatch.issue.briefing.zone),
        sent=counts.get(DeliveryState.SENT, 0),
        others=others,
    )
