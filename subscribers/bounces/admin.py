"""The desk's page about what came back: bounces and complaints, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from newsroom.admin_mixins import LargeTableAdminMixin, ReadOnlyAdminMixin
from subscribers.models import BounceEvent, Subscriber
from subscribers.models.address_search import search_address

ROWS = "admin/subscribers/_rows.html"


class EventInline(ReadOnlyAdminMixin, admin.TabularInline[BounceEvent, Subscriber]):
    """What came back from one reader."""

    model = BounceEvent
    template = ROWS
    fields = readonly_fields = ("at", "what", "issue")
    verbose_name_plural = "bounces and complaints"
    ordering = ("-at", "-pk")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[BounceEvent]:
        return super().get_queryset(request).select_related("dispatch__issue__briefing")

    @admin.display(description="what")
    def what(self, event: BounceEvent) -> str:
        return describe(event)

    @admin.display(description="issue")
    def issue(self, event: BounceEvent) -> str:
        return f"{event.dispatch.issue.briefing} {event.dispatch.issue.number}"


@admin.register(BounceEvent)
class ReportEventAdmin(ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[BounceEvent]):
    """Bounces and complaints, the latest first."""

    list_display = ("subscriber", "what", "issue", "at")
    list_filter = ("classification", "action", "source")
    list_select_related = ("subscriber", "dispatch__issue__briefing")
    search_fields = ("subscriber__address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "subscriber",
        "issue",
        "at",
        "classification",
        "reason",
        "status",
        "diagnostic",
        "action",
        "source",
        "provider",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BounceEvent], search_term: str
    ) -> tuple[QuerySet[BounceEvent], bool]:
        if not search_term:
            return queryset, False
        found = search_address(Subscriber.objects.all(), search_term)
        return queryset.filter(subscriber__in=found), False

    @admin.display(description="what")
    def what(self, event: BounceEvent) -> str:
        return describe(event)

    @admin.display(description="issue")
    def issue(self, event: BounceEvent) -> Any:
        return f"{event.dispatch.issue.briefing} {event.dispatch.issue.number}"


def describe(event: BounceEvent) -> str:
    """Put an event into a line: what happened and what was done."""
    what = event.get_classification_display()
    if event.reason.lower() not in what.lower():
        what = f"{what}: {event.reason}"
    status = f" ({event.status})" if event.status else ""
    return f"{what}{status}. {event.get_action_display()}."
