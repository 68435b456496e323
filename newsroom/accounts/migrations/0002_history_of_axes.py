"""Take over the log-ins that django-axes recorded, and empty its tables.

The tables stay, empty, so that processes of the version before can go on while the new one starts,
and after a return to it.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.db import migrations
from django.utils import timezone

TABLES = (
    *("axes_accessattemptexpiration", "axes_accessattempt"),
    *("axes_accessfailurelog", "axes_accesslog"),
)
COPIED = 10_000  # of each kind, the latest


def network_of(ip: str | None) -> str:
    if not ip:
        return "unknown"
    return ip if ip_address(ip).version == 4 else str(ip_network(f"{ip}/64", strict=False))


def take_over(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    existing = set(connection.introspection.table_names())
    if not existing.issuperset(TABLES):
        return
    attempts = apps.get_model("accounts", "LogInAttempt")
    accounts = dict(apps.get_model("auth", "User").objects.values_list("username", "pk"))
    since = timezone.now() - timedelta(days=90)
    with connection.cursor() as cursor:
        for table, outcome in (
            ("axes_accessfailurelog", "wrong password"),
            ("axes_accesslog", "succeeded"),
        ):
            cursor.execute(
                f"SELECT attempt_time, username, ip_address, user_agent FROM {table}"
                " WHERE attempt_time > %s ORDER BY id DESC LIMIT %s",
                [connection.ops.adapt_datetimefield_value(since), COPIED],
            )
            rows = cursor.fetchall()
            attempts.objects.bulk_create(
                [
                    attempts(
                        at=as_moment(at),
                        outcome=outcome,
                        username=(username or "")[:150],
                        account_id=accounts.get(username) if outcome == "succeeded" else None,
                        ip=str(ip) if ip else None,
                        network=network_of(str(ip) if ip else None),
                        browser=(browser or "")[:300],
                    )
                    for at, username, ip, browser in reversed(rows)
                ],
                batch_size=500,
            )
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")


def as_moment(value: Any) -> datetime:
    """Return a moment as the ORM has it; SQLite's driver returns text, in UTC."""
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
