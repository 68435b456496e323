"""Log-ins, failed log-ins and repeated wrong passwords: the lists of django-axes in our words.

Nobody deletes a record: the retention policy does. Only somebody who is locked out by wrong
passwords may be let in again, which deletes the count of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from axes.admin import AccessAttemptAdmin, AccessFailureLogAdmin, AccessLogAdmin
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin, messages
from django.utils.timezone import get_current_timezone

from briefings.local_time import format_local
from briefings.permissions import FORGET_WRONG_PASSWORDS
from newsroom.permissions import may

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


def _column(field: str, heading: str) -> Callable[[Any, Any], Any]:
    """Return a column that shows a field under a heading of ours."""

    @admin.display(description=heading, ordering=field)
    def column(_: Any, record: Any) -> Any:
        value = getattr(record, field)
        if isinstance(value, datetime):
            return format_local(value, get_current_timezone())
        return "—" if value in {None, ""} else value

    return column


class LogInRecords(admin.ModelAdmin[Any]):
    """For a list of log-ins: its columns in plain words, and no filters but the day."""

    what: str  # what a record is, in a word or two
    list_filter = ()
    show_facets = admin.ShowFacets.NEVER
    search_help_text = "Search for a name, an IP address or a browser"
    actions: Any = None

    when = _column("attempt_time", "when")
    logged_out = _column("logout_time", "logged out")
    name = _column("username", "name")
    from_where = _column("ip_address", "IP address")
    browser = _column("user_agent", "browser")
    failures = _column("failures_since_start", "wrong passwords")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        record = context["original"]
        when = format_local(record.attempt_time, get_current_timezone())
        context["row_title"] = f"{self.what} of {record.username or 'nobody'}, {when}"
        return super().render_change_form(request, context, *args, **kwargs)


class WrongPasswords(LogInRecords):
    """Names that had wrong passwords in a row; after too many, they are locked out for a while."""

    actions = ("let_in_again",)

    def has_let_in_permission(self, request: HttpRequest) -> bool:
        """Whether this person may undo a lock-out."""
        return may(request.user, FORGET_WRONG_PASSWORDS)

    @admin.action(description="Let these log in again now", permissions=["let_in"])
    def let_in_again(self, request: HttpRequest, attempts: QuerySet[Any]) -> None:
        """Forget the wrong passwords, so that nobody has to wait."""
        attempts.delete()
        messages.success(request, "Done. They can log in again, with the right password.")


RECORDS = (
    (
        AccessAttempt,
        (WrongPasswords, AccessAttemptAdmin),
        "Wrong passwords",
        ("when", "name", "from_where", "failures", "browser"),
    ),
    (
        AccessFailureLog,
        (LogInRecords, AccessFailureLogAdmin),
        "Failed log-in",
        ("when", "name", "from_where", "browser"),
    ),
    (
        AccessLog,
        (LogInRecords, AccessLogAdmin),
        "Log-in",
        ("when", "logged_out", "name", "from_where", "browser"),
    ),
)
for model, bases, what, columns in RECORDS:
    shown = {
        "what": what,
        "list_display": columns,
        "readonly_fields": columns,
        "fieldsets": ((None, {"fields": columns}),),
    }
    admin.site.unregister(model)
    admin.site.register(model, type(bases[-1].__name__, bases, shown))
