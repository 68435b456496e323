"""The WSGI entry point: `gunicorn newsroom.wsgi`."""

from __future__ import annotations

import logging
import os
import sys

from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection

from newsroom.connection_errors import database_error_message

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
# Gunicorn starts a worker that failed again, for ever, unless it ended with this code.
GUNICORN_GIVES_UP = 3

try:
    application = get_wsgi_application()
except SystemExit as refusal:
    sys.stderr.write(f"{refusal.code}\n")
    sys.exit(GUNICORN_GIVES_UP)

try:
    connection.ensure_connection()
except OperationalError as failure:
    # Pages say so too, and come back with the database; whoever starts us should know now.
    logging.getLogger(__name__).error(database_error_message(failure))
finally:
    connection.close()
