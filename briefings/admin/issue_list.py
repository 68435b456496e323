"""The list of issues in the admin, and who may do what with an issue there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from briefings.admin.briefing_filter import BriefingFilter
from briefings.admin.correction_pages import is_correction
from briefings.admin.state_badges import issue_badge
from briefings.local_time import format_local
from briefings.models import EDITABLE_STATES, Issue, IssueState
from briefings.permissions import (
    CHANGE_ISSUE,
    issues_for,
    may_correct,
    may_delete_issue,
    may_edit_issue,
    may_in,
    may_view_issue,
    may_view_issues,
)
from newsroom.admin_mixins import RefusedRowsMixin
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The send time of an issue, or when it will be or was published.
SEND_TIME = Coalesce("published_at", "publish_at", "created_at")


class IssueListAdmin(RefusedRowsMixin, admin.ModelAdmin[Issue]):
    """The list of issues, the latest send time first, and who may do what with an issue."""

    change_list_template = "admin/briefings/issue/change_list.html"
    list_display = ("headline", "badge", "author", "send_time")
    list_display_links = None
    list_filter = ("state", ("briefing", BriefingFilter))
    list_select_related = ("briefing", "author", "reviewer")
    list_per_page = 50
    search_fields = ("title", "strapline", "subject", "sections__heading", "sections__body")
    search_help_text = "Search in headlines, straplines and sections"
    ordering = (SEND_TIME.desc(), "-pk")
    date_hierarchy = "publish_at"  # which published issues have too
    show_facets = admin.ShowFacets.NEVER
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        shown = issues_for(request.user)
        return shown.order_by(*self.get_ordering(request))

    @admin.display(description="headline", ordering="title")
    def headline(self, issue: Issue) -> str:
        return format_html(
            '<a class="admin-headline" href="{}">{}</a><span class="admin-under">{} {}{}</span>',
            reverse("admin:briefings_issue_change", args=[issue.pk]),
            issue.headline,
            issue.briefing,
            issue.number,
            _review_words(issue),
        )

    @admin.display(description="state", ordering="state")
    def badge(self, issue: Issue) -> str:
        return issue_badge(issue)

    @admin.display(description="send time", ordering=SEND_TIME)
    def send_time(self, issue: Issue) -> str:
        moment = issue.published_at or issue.publish_at
        return format_local(moment, issue.briefing.zone) if moment else "Not set"

    def has_change_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        """Whether this person may change an issue.

        A form that a writer sends is let through to `IssueForm`, which refuses it on a page that
        still has the person's text: the issue may have been submitted while they were writing.
        """
        if obj is None:
            return super().has_change_permission(request)
        if is_correction(request):
            return may_correct(request.user, obj)
        if request.method == "POST" and may_in(request.user, CHANGE_ISSUE, obj):
            return may_view_issue(request.user, obj)
        return may_edit_issue(request.user, obj)

    def has_view_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        if obj is None:
            return may_view_issues(request.user)
        return may_view_issue(request.user, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Issue | None = None) -> bool:
        if obj is None:
            return super().has_delete_permission(request)
        return may_delete_issue(request.user, obj)

    def delete_model(self, request: HttpRequest, obj: Issue) -> None:
        obj.discard(by=request.user)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Issue | None:
        """Return the issue, on POST with its row locked, so that publishing waits for the save."""
        issue: Issue | None = super().get_object(request, object_id, from_field)
        if issue is not None and request.method == "POST":
            return Issue.objects.select_for_update().filter(pk=issue.pk).first()
        return issue

    def get_view_on_site_url(self, obj: Issue | None = None) -> str | None:
        if obj is None or obj.state != IssueState.PUBLISHED:
            return None
        return obj.get_absolute_url()


def _review_words(issue: Issue) -> str:
    """Return who reviews an issue and when the draft is due, for the line under its headline."""
    if issue.state not in EDITABLE_STATES:
        return ""
    words = ""
    if issue.reviewer:
        words = f" · reviewer {name_of(issue.reviewer)}"
    if issue.due_at:
        words += f" · due {format_local(issue.due_at, issue.briefing.zone)}"
    return words
