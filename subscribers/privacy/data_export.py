"""A person's data in one file for its owner: every row there is, in words (UK GDPR, article 15)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, ForeignKey, Model

from subscribers.models import AddressChange, AddressChangeState, Subscriber
from subscribers.privacy.personal_data import person_of, traces_of

# Columns that say nothing about the person: keys to links, hashes of what stands beside them, the
# names of staff, and letters' bodies, which are full of keys.
LEFT_OUT = {
    "address_hash",
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
# Of what somebody else asked for: that it was asked, not who asked nor from where.
OF_OTHERS = {"asked_ip", "old_address", "old_agreed_at", "old_agreed_ip", "state"}
NOTE = (
    "Left out are only the keys that stand in the links of your letters, the hashes by which your"
    " address is recognised, who of our staff decided about a comment, and who else asked for"
    " letters to your address."
)


def disclose(subscriber: Subscriber, *, at: datetime) -> dict[str, Any]:
    """Give all that is kept about a subscriber, ready for DjangoJSONEncoder."""
    traces = traces_of(person_of(subscriber))
    return {
        "site": settings.SITE_URL,
        "made_at": at,
        "note": NOTE,
        **{name: [_told(row, of=subscriber) for row in rows] for name, rows in traces.items()},
    }


def _told(row: Model, *, of: Subscriber) -> dict[str, Any]:
    is_of_others = isinstance(row, AddressChange) and row.subscriber_id != of.pk
    left_out = LEFT_OUT | OF_OTHERS if is_of_others else LEFT_OUT
    if isinstance(row, AddressChange) and row.state == AddressChangeState.REFUSED:
        # As the page shows it: a refusal would tell what the new address is to us.
        row.state = AddressChangeState.OPEN
    fields = (one for one in row._meta.concrete_fields if one.name not in left_out)
    return {one.name: _value(row, one) for one in fields}


def _value(row: Model, field: Field[Any, Any]) -> Any:
    """A column as a person reads it: the name of what it points to, the word for a state."""
    if isinstance(field, ForeignKey):
        try:
            related = getattr(row, field.name)
        except ObjectDoesNotExist:
            return None
        return None if related is None else str(related)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")()
    return getattr(row, field.attname)
