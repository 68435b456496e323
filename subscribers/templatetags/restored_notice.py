"""The notice on the Desk that the database was restored from a backup."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.timezone import localtime

from newsroom import database_epoch
from newsroom.permissions import may
from subscribers.permissions import RELEASE_HELD

register = template.Library()


@register.inclusion_tag("admin/subscribers/helditem/_notice.html", takes_context=True)
def restored_notice(context: dict[str, Any]) -> dict[str, Any]:
    """Show the notice while something may wait for a decision."""
    epoch = database_epoch.restored_epoch()
    since = localtime(epoch.restored_at) if epoch and epoch.restored_at else None
    return {"since": since, "may_release": may(context["request"].user, RELEASE_HELD)}
