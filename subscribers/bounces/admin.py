"""The desk's page about what came back: bounces and complaints, to be read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from newsroom.admin_lists import LongList, LookOnly
from subscribers.models import ReportEvent, Subscriber
from subscribers.models.address_search import find_address

ROWS = "admin/subscribers/_rows.html"


class EventInline(LookOnly, admin.TabularInline[ReportEvent, Subscriber]):
    """What came back from one reader."""

    model = ReportEvent
    template = ROWS
    fields = readonly_fields = ("at", "what", "issue")
    verbose_name_plural = "bounces and complaints"
    ordering = ("-at", "-pk")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportEvent]:
        return super().get_queryset(request).select_related("dispatch__issue__briefing")

    @admin.display(description="what")
    def what(self, event: ReportEvent) -> str:
        return describe(event)

    @admin.display(description="issue")
    def issue(self, event: ReportEvent) -> str:
        return f"{event.dispatch.issue.briefing} {event.dispatch.issue.number}"


@admin.register(ReportEvent)
class ReportEventAdmin(LookOnly, LongList, admin.ModelAdmin[ReportEvent]):
    """Bounces and complaints, the latest first."""

    list_display = ("subscriber", "what", "issue", "at")
    list_filter = ("verdict", "act", "source")
    list_select_related = ("subscriber", "dispatch__issue__briefing")
    search_fields = ("subscriber__address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "subscriber",
        "issue",
        "at",
        "verdict",
        "reason",
        "status",
        "diagnostic",
        "act",
        "source",
        "provider",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ReportEvent], search_term: str
    ) -> tuple[QuerySet[ReportEvent], bool]:
        if not search_term:
            return queryset, False
        found = find_address(Subscriber.objects.all(), search_term)
        return queryset.filter(subscriber__in=found), False

    @admin.display(description="what")
    def what(self, event: ReportEvent) -> str:
        return describe(event)

    @admin.display(description="issue")
    def issue(self, event: ReportEvent) -> Any:
        return f"{event.dispatch.issue.briefing} {event.dispatch.issue.number}"


def describe(event: ReportEvent) -> str:
    """Put an event into a line: what happened and what was done."""
    what = event.get_verdict_display()
    if event.reason.lower() not in what.lower():
        what = f"{what}: {event.reason}"
    status = f" ({event.status})" if event.status else ""
    return f"{what}{status}. {event.get_act_display()}."
