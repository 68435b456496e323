"""Error messages for services that cannot be reached: what failed, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from django.db import Error


def failure_reason(failure: BaseException) -> str:
    """Return the words of a failure in one line, or what kind it is if it has none."""
    words = " ".join(str(failure).split())
    if not words and isinstance(failure, TimeoutError):
        return "no answer in time"
    return words or type(failure).__name__


def database_error_message(failure: Error) -> str:
    """Return one line that names the database and the reason, without its password."""
    # Imported here because manage.py imports this module before the settings are read.
    from django.conf import settings

    options = settings.DATABASES["default"]
    database = options["NAME"]
    if options.get("HOST"):
        database = f"{database} at {options['HOST']}:{options.get('PORT') or 5432}"
    return (
        f"newsroom: cannot use the database {database}: {failure_reason(failure)}. "
        "Start it, run `manage.py migrate`, or correct DATABASE_URL."
    )


def broker_error_message(url: str, failure: BaseException) -> str:
    """Return one line that names the broker and the reason, without its password."""
    parts = urlsplit(url)
    broker = f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"
    return (
        f"newsroom: cannot reach the broker {broker}: {failure}. Start Redis or correct REDIS_URL."
    )
