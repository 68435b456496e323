"""The list of log-ins and failed log-ins. Nobody deletes one: the retention policy does.

Somebody who is locked out by wrong passwords may be let in again, which forgets the count of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.utils import timezone
from django.utils.timezone import get_current_timezone

from briefings.local_time import format_local
from briefings.permissions import HELP_TO_LOG_IN
from newsroom.accounts.log_in_history import browser_name, forget_failures
from newsroom.accounts.models import LogInAttempt
from newsroom.permissions import may

if TYPE_CHECKING:
    from typing import Any

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

COLUMNS = ("when", "outcome", "username", "ip", "with_what")


@admin.register(LogInAttempt)
class LogInAttemptAdmin(admin.ModelAdmin[LogInAttempt]):
    """Who logged in, or tried to, when and from where."""

    list_display = COLUMNS
    list_display_links = ("when",)
    list_filter = ("outcome",)
    show_facets = admin.ShowFacets.NEVER
    search_fields = ("username", "ip", "browser")
    search_help_text = "Search for a name, an IP address or a browser"
    list_per_page = 50
    show_full_result_count = False
    fields = readonly_fields = (*COLUMNS, "browser")
    actions = ("let_in_again",)

    @admin.display(description="when", ordering="at")
    def when(self, attempt: LogInAttempt) -> str:
        return format_local(attempt.at, get_current_timezone())

    @admin.display(description="with")
    def with_what(self, attempt: LogInAttempt) -> str:
        return browser_name(attempt.browser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: LogInAttempt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LogInAttempt | None = None) -> bool:
        return False

    def has_let_in_permission(self, request: HttpRequest) -> bool:
        """Whether this person may undo a lock-out."""
        return may(request.user, HELP_TO_LOG_IN)

    @admin.action(description="Let these log in again now", permissions=["let_in"])
    def let_in_again(self, request: HttpRequest, attempts: QuerySet[LogInAttempt]) -> None:
        """Forget the wrong passwords, so that nobody has to wait."""
        now = timezone.now()
        for username in {*attempts.values_list("username", flat=True)}:
            forget_failures(username, at=now)
        messages.success(request, "Done. They can log in again, with the right password.")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        attempt: LogInAttempt = context["original"]
        when = format_local(attempt.at, get_current_timezone())
        context["row_title"] = f"Log-in of {attempt.username or 'nobody'}, {when}"
        return super().render_change_form(request, context, *args, **kwargs)
