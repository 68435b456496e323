"""Log-ins, failed log-ins and repeated wrong passwords: the lists of django-axes in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS = (
    (AccessAttempt, AccessAttemptAdmin, ("when", "name", "from_where", "failures", "browser")),
    (AccessFailureLog, AccessFailureLogAdmin, ("when", "name", "from_where", "browser")),
    (AccessLog, AccessLogAdmin, ("when", "logged_out", "name", "from_where", "browser")),
)


def _column(field: str, heading: str) -> Callable[[Any, Any], Any]:
    """Return a column that shows a field under a heading of ours."""

    @admin.display(description=heading, ordering=field)
    def column(_: Any, record: Any) -> Any:
        return getattr(record, field)

    return column


class LogInRecords:
    """For a list of log-ins: its columns in plain words, and no filters but the day."""

    list_filter = ()
    show_facets = admin.ShowFacets.NEVER
    search_help_text = "Search for a name, an IP address or a browser"

    when = _column("attempt_time", "when")
    logged_out = _column("logout_time", "logged out")
    name = _column("username", "name")
    from_where = _column("ip_address", "IP address")
    browser = _column("user_agent", "browser")
    failures = _column("failures_since_start", "wrong passwords")


for model, base, columns in RECORDS:
    shown = {
        "list_display": columns,
        "readonly_fields": columns,
        "fieldsets": ((None, {"fields": columns}),),
    }
    admin.site.unregister(model)
    admin.site.register(model, type(base.__name__, (LogInRecords, base), shown))
