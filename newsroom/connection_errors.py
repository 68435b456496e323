"""Sentences for what is out of reach: what failed, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from django.db import Error


def database_error_message(failure: Error) -> str:
    """Name the database and the reason in one line, without its password."""
    from django.conf import settings

    options = settings.DATABASES["default"]
    where = options["NAME"]
    if options.get("HOST"):
        where = f"{where} at {options['HOST']}:{options.get('PORT') or 5432}"
    reason = " ".join(str(failure).split()) or type(failure).__name__
    return (
        f"newsroom: the database {where} cannot be used: {reason}. "
        "Start it, run `manage.py migrate`, or correct DATABASE_URL."
    )


def broker_error_message(url: str, failure: BaseException) -> str:
    """Name the broker and the reason in one line, without its password."""
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"
    return (
        f"newsroom: the broker {where} cannot be reached: {failure}. "
        "Start Redis or correct REDIS_URL."
    )
