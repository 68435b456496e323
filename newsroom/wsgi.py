"""The WSGI entry point: `gunicorn newsroom.wsgi`."""

from __future__ import annotations

import logging
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection

from newsroom.connection_errors import database_error_message

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
# Gunicorn restarts a failed worker for ever, unless it exits with this code.
GUNICORN_WORKER_BOOT_ERROR = 3
# To open a connection to PostgreSQL costs more than most pages. Each thread keeps its own for a
# minute, and checks first whether it still works: the server may have been restarted.
KEPT_CONNECTION = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

try:
    application = get_wsgi_application()
except SystemExit as error:  # a setting is wrong
    sys.stderr.write(f"{error.code}\n")
    sys.exit(GUNICORN_WORKER_BOOT_ERROR)

if connection.vendor == "postgresql":
    connection.settings_dict.update(KEPT_CONNECTION)  # of every thread

try:
    connection.ensure_connection()
except OperationalError as failure:
    # Pages explain it too, and work again once the database does; the operator should know now.
    logging.getLogger(__name__).error(database_error_message(failure))
finally:
    connection.close()
