"""Health checks: /healthz (the process answers) and /readyz (everything it needs works)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import current_app
from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsroom.connection_errors import broker_error_message, database_error_message
from newsroom.duration_words import in_english

if TYPE_CHECKING:
    from collections.abc import Callable

WORKER_TIMEOUT = timedelta(seconds=120)
_WORKER_SEEN_KEY = "newsroom.worker_seen_at"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process is alive."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer whether database, broker and worker work: 503, with messages for those that do not."""
    checks: dict[str, Callable[[], str]] = {
        "database": _check_database,
        "broker": _check_broker,
        "worker": _check_worker,
    }
    results = {name: check() for name, check in checks.items()}
    ready = all(result == "ok" for result in results.values())
    return JsonResponse({"ready": ready, **results}, status=200 if ready else 503)


def _check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError as failure:
        return database_error_message(failure)
    return "ok"


def _check_broker() -> str:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        return broker_error_message(current_app.conf.broker_url, failure)
    return "ok"


def _check_worker() -> str:
    try:
        seen = worker_seen_at()
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        return f"newsroom: cannot read the cache: {failure}."
    if seen is None or timezone.now() - seen > WORKER_TIMEOUT:
        return (
            f"newsroom: no worker has run for {in_english(WORKER_TIMEOUT)}. "
            "Start `celery -A newsroom worker` and `celery -A newsroom beat`."
        )
    return "ok"


def mark_worker_seen() -> None:
    """Record that a worker is running a task now; beat wakes one for this."""
    cache.set(_WORKER_SEEN_KEY, timezone.now(), timeout=None)


def worker_seen_at() -> datetime | None:
    """Return when a worker last ran a task, or None if the cache does not know."""
    seen: datetime | None = cache.get(_WORKER_SEEN_KEY)
    return seen
