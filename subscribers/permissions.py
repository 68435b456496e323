"""Every permission of this app by name, and the groups of staff that get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps as global_apps

from briefings.permissions import ADMINISTRATORS, VIEW_ADDRESSES
from newsroom.permissions import apply_groups

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.apps.registry import Apps

VIEW_DISPATCH = "subscribers.view_dispatch"
VIEW_SIGN_UP = "subscribers.view_signup"
VIEW_SUPPRESSION = "subscribers.view_suppression"
ADD_SUPPRESSION = "subscribers.add_suppression"
LIFT_SUPPRESSION = "subscribers.delete_suppression"
VIEW_BOUNCE_EVENT = "subscribers.view_bounceevent"

VIEW_SUBSCRIBER = VIEW_ADDRESSES
CHANGE_SUBSCRIBER = "subscribers.change_subscriber"  # unsubscribe a person who asked for it
ERASE_SUBSCRIBER = "subscribers.delete_subscriber"

IMPORT_SUBSCRIBERS = "subscribers.import_subscribers"
EXPORT_SUBSCRIBERS = "subscribers.export_subscribers"

# Release or give up what is held in a restored database.
RELEASE_HELD = "subscribers.release_held"

# Who may see readers' addresses. No role in a briefing does; administrators of all briefings do.
LIST_MANAGERS = "List managers"
GROUPS = {
    LIST_MANAGERS: (
        VIEW_SIGN_UP,
        VIEW_SUBSCRIBER,
        VIEW_SUPPRESSION,
        IMPORT_SUBSCRIBERS,
        EXPORT_SUBSCRIBERS,
    ),
    ADMINISTRATORS: (
        VIEW_DISPATCH,
        VIEW_SIGN_UP,
        VIEW_SUBSCRIBER,
        CHANGE_SUBSCRIBER,
        ERASE_SUBSCRIBER,
        VIEW_SUPPRESSION,
        ADD_SUPPRESSION,
        LIFT_SUPPRESSION,
        VIEW_BOUNCE_EVENT,
        IMPORT_SUBSCRIBERS,
        EXPORT_SUBSCRIBERS,
        RELEASE_HELD,
    ),
}
# Models by their old names, as migration 0010 renamed them.
RENAMED_MODELS = {
    "dailycount": "dailysendcount",
    "destination": "domainbackoff",
    "reportevent": "bounceevent",
    "sendallowance": "sendratebucket",
}


def apply_after_migrate(
    sender: AppConfig, *, apps: Apps = global_apps, using: str, **_: Any
) -> None:
    """Apply this app's groups; connected to `post_migrate` in apps.py. A flush names no apps."""
    apply_groups(sender, GROUPS, renamed_models=RENAMED_MODELS, apps=apps, using=using)
