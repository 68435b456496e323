"""The notice on the Desk that sending fails at the moment."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.timezone import localtime

from newsroom.clock import database_now
from subscribers.sending import outages

register = template.Library()


@register.inclusion_tag("admin/subscribers/dispatch/_outages.html")
def outage_notice() -> dict[str, Any]:
    """Show what fails now: a mail server, a dispatch, or the sending of all."""
    found = outages.all_current(at=database_now())
    return {"outages": [{"outage": one, "since": localtime(one.since)} for one in found]}
