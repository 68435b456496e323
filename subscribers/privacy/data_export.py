"""A person's data in one file for its owner: every row about them (UK GDPR, article 15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, ForeignKey, Model

from subscribers.models import AddressChange, AddressChangeState, Subscriber
from subscribers.privacy.personal_data import person_of, rows_about

# Columns that say nothing about the person: tokens of links, hashes of what stands beside them, the
# names of staff, and the bodies of emails, which are full of tokens.
LEFT_OUT = {
    "address_hash",
    "by",
    "decided_by",
    "headers",
    "html",
    "lease",
    "new_address_hash",
    "new_token",
    "old_address_hash",
    "old_token",
    "subscriber",
    "text",
    "token",
}
# If another subscriber asked for a change: who asked, and from where.
LEFT_OUT_OF_OTHERS_CHANGES = {"asked_ip", "old_address", "old_agreed_at", "old_agreed_ip", "state"}
NOTE = (
    "This file contains everything we keep about you, except: the tokens in the links of your"
    " emails, the hashes by which we recognise your address, the names of staff who decided about"
    " your comments, and who else asked us to send their emails to your address."
)


def make_data_export(subscriber: Subscriber, *, at: datetime) -> dict[str, Any]:
    """Return everything kept about a subscriber, ready for DjangoJSONEncoder."""
    tables = rows_about(person_of(subscriber))
    return {
        "site": settings.SITE_URL,
        "made_at": at,
        "note": NOTE,
        **{
            name: [_export_row(row, of=subscriber) for row in rows] for name, rows in tables.items()
        },
    }


def _export_row(row: Model, *, of: Subscriber) -> dict[str, Any]:
    left_out = LEFT_OUT
    if isinstance(row, AddressChange) and row.subscriber_id != of.pk:
        left_out = LEFT_OUT | LEFT_OUT_OF_OTHERS_CHANGES
    if isinstance(row, AddressChange) and row.state == AddressChangeState.REFUSED:
        # As on the page: the state would reveal whether we know the new address.
        row.state = AddressChangeState.OPEN
    fields = (field for field in row._meta.concrete_fields if field.name not in left_out)
    return {field.name: _value(row, field) for field in fields}


def _value(row: Model, field: Field[Any, Any]) -> Any:
    """Return a column as a person reads it: related rows by name, choices by label."""
    if isinstance(field, ForeignKey):
        try:
            related = getattr(row, field.name)
        except ObjectDoesNotExist:
            return None
        return None if related is None else str(related)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    return getattr(row, field.attname)
