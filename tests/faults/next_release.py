"""A worker of a next release: its code knows columns of the ledger that today's does not.

`celery -A tests.faults.next_release worker` runs it. `COLUMNS` is what its migration would add, in
the only way in which two releases can run side by side: a new column may be NULL, or the database
has a default for it (CONTRIBUTING.md; `make lint` refuses other migrations).
"""

from __future__ import annotations

import os

import django

COLUMNS = {
    "subscribers_dispatch": "later_note varchar(40) NOT NULL DEFAULT 'new'",
    "subscribers_delivery": "later_note varchar(40) NOT NULL DEFAULT 'new'",
    "subscribers_lease": "later_note varchar(40) NOT NULL DEFAULT 'new'",
    "subscribers_subscription": "later_note varchar(40) NOT NULL DEFAULT 'new'",
    "newsroom_outgoingemail": "later_note varchar(40) NOT NULL DEFAULT 'new'",
}
INDEX = "CREATE INDEX later_note_of_deliveries ON subscribers_delivery (later_note)"

if os.environ.get("NEXT_RELEASE"):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    from django.apps import apps
    from django.db import models

    for model in apps.get_models():
        if model._meta.db_table in COLUMNS:
            field = models.CharField(max_length=40, default="new", db_default="new")
            model.add_to_class("later_note", field)

    from newsroom.celery import app  # noqa: F401  (the command looks for it)
