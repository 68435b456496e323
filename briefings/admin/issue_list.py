"""The list of issues, and who may do what with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html

from briefings.admin.state_badges import issue_badge
from briefings.admin.time_fields import on_clock
from briefings.models import EDITABLE_STATES, Issue, IssueState

if TYPE_CHECKING:
    from django.http import HttpRequest

# A published issue stands where it was published, any other where it will be.
HOUR = Coalesce("published_at", "publish_at", "created_at")


class IssueListAdmin(admin.ModelAdmin[Issue]):
    """Issues by their hour, the latest and those to come first."""

    change_list_template = "admin/briefings/issue/change_list.html"
    list_display = ("headline", "badge", "author", "hour")
    list_display_links = None
    list_filter = ("state", "briefing")
    list_select_related = ("briefing", "author")
    list_per_page = 50
    search_fields = ("title", "strapline", "sections__heading", "sections__body")
    search_help_text = "Words in headlines, straplines and sections"
    ordering = (HOUR.desc(), "-pk")
    date_hierarchy = "published_at"
    show_facets = admin.ShowFacets.NEVER
    actions = None

    @admin.display(description="headline", ordering="title")
    def headline(self, issue: Issue) -> str:
        return format_html(
            '<a class="admin-headline" href="{}">{}</a><span class="admin-under">{} {}</span>',
            reverse("admin:briefings_issue_change", args=[issue.pk]),
            issue.title,
            issue.briefing,
            issue.number,
        )

    @admin.display(description="state", ordering="state")
    def badge(self, issue: Issue) -> str:
        return issue_badge(issue)

    @admin.display(description="goes out", ordering=HOUR)
    def hour(self, issue: Issue) -> str:
        moment = issue.published_at or issue.publish_at
        return on_clock(moment, issue.briefing.zone) if moment else "No hour yet"

    def has_delete_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        """What readers have seen, or may see at any minute, is not deleted."""
        if obj is not None and obj.state not in EDITABLE_STATES:
            return False
        return super().has_delete_permission(request, obj)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Issue | None:
        """Lock the row while it is written: the clock and other writers wait their turn."""
        issue = super().get_object(request, object_id, from_field)
        if issue is not None and request.method == "POST":
            return Issue.objects.select_for_update().filter(pk=issue.pk).first()
        return issue

    def get_view_on_site_url(self, obj: Issue | None = None) -> str | None:
        if obj is None or obj.state != IssueState.PUBLISHED:
            return None
        return obj.get_absolute_url()
