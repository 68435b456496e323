"""Whether the newsroom is alive, and whether it can do its work."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsroom.celery import app
from newsroom.connection_errors import broker_error_message, database_error_message

if TYPE_CHECKING:
    from collections.abc import Callable

SILENT_AFTER = timedelta(seconds=120)
_SEEN_KEY = "newsroom.worker_seen_at"


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: this process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: database, broker and a worker answer; 503 and a sentence for each that does not."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "broker": _broker,
        "worker": _worker,
    }
    found = {name: check() for name, check in checks.items()}
    ready = all(sentence == "ok" for sentence in found.values())
    return JsonResponse({"ready": ready, **found}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError as failure:
        return database_error_message(failure)
    return "ok"


def _broker() -> str:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        return broker_error_message(app.conf.broker_url, failure)
    return "ok"


def _worker() -> str:
    try:
        seen = worker_seen_at()
    except Exception as failure:  # noqa: BLE001  (each transport raises its own)
        return f"newsroom: the cache cannot be read: {failure}."
    if seen is None or timezone.now() - seen > SILENT_AFTER:
        return (
            "newsroom: no worker has been heard for "
            f"{int(SILENT_AFTER.total_seconds())} s. "
            "Start `celery -A newsroom worker` and `celery -A newsroom beat`."
        )
    return "ok"


def mark_worker_seen() -> None:
    """Note that a worker ran a task now; beat asks for it."""
    cache.set(_SEEN_KEY, timezone.now(), timeout=None)


def worker_seen_at() -> datetime | None:
    """When a worker last ran a task, as far as the cache knows."""
    seen: datetime | None = cache.get(_SEEN_KEY)
    return seen
