"""Transactions that cannot outlive the worker that opened them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def bounded_transaction() -> Iterator[None]:
    """Open a transaction that PostgreSQL ends if its worker is silent for LEASE_SECONDS.

    Otherwise a worker on a machine that is suspended, or cut off from the network, would keep its
    locks, and everybody else waiting, until TCP gives up after hours.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET LOCAL idle_in_transaction_session_timeout = %s",
                    [f"{settings.LEASE_SECONDS}s"],
                )
        yield
