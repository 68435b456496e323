#!/usr/bin/env python
"""Run Newsroom's management commands."""

import os
import sys


def main() -> None:
    """Run the command; if the database is unreachable, exit with a message that names it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as failure:
        from newsroom.connection_errors import database_error_message

        if "--traceback" in sys.argv:
            raise
        sys.exit(database_error_message(failure))


if __name__ == "__main__":
    main()
