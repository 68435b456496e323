"""Log-ins, failed log-ins and repeated wrong passwords: the lists of django-axes in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

from newsroom.admin_site import MODEL_HEADINGS

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

RECORDS = (
    (AccessAttempt, AccessAttemptAdmin, ("when", "name", "from_where", "failures", "browser")),
    (AccessFailureLog, AccessFailureLogAdmin, ("when", "name", "from_where", "browser")),
    (AccessLog, AccessLogAdmin, ("when", "logged_out", "name", "from_where", "browser")),
)


class LogInRecords:
    """For a list of log-ins: its columns in plain words, and no filters but the day."""

    list_filter = ()
    show_facets = admin.ShowFacets.NEVER
    search_help_text = "Search for a name, an IP address or a browser"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Return the list, under the name that it has on the start page."""
        model: type[Model] = self.model  # type: ignore[attr-defined]  # the admin class follows
        heading = MODEL_HEADINGS[model.__name__]
        found: HttpResponse = super().changelist_view(  # type: ignore[misc]  # the admin class follows
            request, {"heading": heading, **(extra_context or {})}
        )
        return found

    @admin.display(description="when", ordering="attempt_time")
    def when(self, record: Any) -> Any:
        return record.attempt_time

    @admin.display(description="logged out", ordering="logout_time")
    def logged_out(self, record: Any) -> Any:
        return record.logout_time

    @admin.display(description="name", ordering="username")
    def name(self, record: Any) -> Any:
        return record.username

    @admin.display(description="IP address", ordering="ip_address")
    def from_where(self, record: Any) -> Any:
        return record.ip_address

    @admin.display(description="browser", ordering="user_agent")
    def browser(self, record: Any) -> Any:
        return record.user_agent

    @admin.display(description="wrong passwords", ordering="failures_since_start")
    def failures(self, record: Any) -> Any:
        return record.failures_since_start


for model, base, columns in RECORDS:
    shown = {
        "list_display": columns,
        "readonly_fields": columns,
        "fieldsets": ((None, {"fields": columns}),),
    }
    admin.site.unregister(model)
    admin.site.register(model, type(base.__name__, (LogInRecords, base), shown))
