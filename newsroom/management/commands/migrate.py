"""`manage.py migrate`, which never makes readers and workers wait for long.

A change of a table waits until nobody uses it, and everybody else waits behind it: during a backup,
for as long as that takes. So it waits for two seconds at most, lets the others go first, and tries
again.
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections

from newsroom.staff_command import StaffCommand

LOCK_SECONDS = 2
TRY_AGAIN_SECONDS = 5
ATTEMPTS = 120  # ten minutes
LOCK_NOT_AVAILABLE = "55P03"


class Command(StaffCommand, migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate; each migration that could not get its locks is tried again."""
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        for attempts_left in reversed(range(ATTEMPTS)):
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
            try:
                super().handle(*args, **options)
            except OperationalError as failure:
                if getattr(failure.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
                    raise
                if not attempts_left:
                    raise
                self.stderr.write(
                    f"\nA table is in use; trying again in {TRY_AGAIN_SECONDS} s, so that nobody"
                    " has to wait for us."
                )
                time.sleep(TRY_AGAIN_SECONDS)
            else:
                return
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
