#!/usr/bin/env python
"""Run Newsroom's management commands."""

import os
import sys


def main() -> None:
    """Hand the command line to Django; say in a sentence which database is out of reach."""
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
