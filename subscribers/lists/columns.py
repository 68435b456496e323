"""What the columns of a list mean, and which program exported it.

`status_columns` has the columns that say who must not be emailed. Columns are recognised by their
names, in any spelling: “Email-Address” is “email address”.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from subscribers.lists.import_errors import ImportRefused, RefusalReason
from subscribers.lists.status_columns import (
    STATUS_WORD_RULE,
    ColumnCells,
    StatusRule,
    classify_name,
    read_meaning,
    refuse_if_no,
    refuse_if_yes,
)
from subscribers.lists.status_stems import NameKind
from subscribers.models.profile import PROFILE_FIELDS

# --- Fields


class ImportField(StrEnum):
    """What a column can hold; the values are the words of `--columns`."""

    ADDRESS = "address"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    CONSENTED_AT = "consent_date"
    SOURCE = "source"
    WORDING = "wording"
    IP = "ip"
    ASKED_AT = "asked_date"
    ASKED_IP = "asked_ip"
    BRIEFING = "briefing"  # only in our own exports

    @classmethod
    def _missing_(cls, value: object) -> ImportField:
        raise ValueError(
            f"Imports know no field {value!r}. If it is a field of Profile, add it to ImportField"
            " and FIELD_LABELS in subscribers/lists/columns.py."
        )


# The fields for which an editor can choose a column.
FIELD_LABELS = {
    ImportField.ADDRESS: "Email address",
    ImportField.NAME: "Name",
    ImportField.FIRST_NAME: "First name",
    ImportField.LAST_NAME: "Last name",
    ImportField.CONSENTED_AT: "Consent date",
    ImportField.SOURCE: "Where they agreed",
    ImportField.WORDING: "What they were told",
    ImportField.IP: "IP address of the confirmation",
    ImportField.ASKED_AT: "Date of the sign-up form",
    ImportField.ASKED_IP: "IP address of the sign-up form",
}
# By header key; the first name that the header has is taken.
_FIELD_NAMES: dict[ImportField, tuple[str, ...]] = {
    ImportField.ADDRESS: (
        *("email", "emailaddress", "mail", "mailaddress", "subscriberemail", "contactemail"),
        *("primaryemail", "useremail", "email1", "email1value", "emailid", "emailadresse"),
        "address",  # last: beside another of these it is a postal address
    ),
    ImportField.NAME: ("name", "fullname", "displayname", "subscribername", "contactname"),
    ImportField.FIRST_NAME: ("firstname", "fname", "givenname", "forename", "first", "vorname"),
    ImportField.LAST_NAME: ("lastname", "lname", "surname", "familyname", "last", "nachname"),
    ImportField.CONSENTED_AT: (
        *("consentdate", "consentedat", "consentedon", "consentat", "consenttime"),
        *("consenttimestamp", "dateofconsent", "confirmtime", "confirmedat", "confirmedon"),
        *("confirmationdate", "confirmdate", "optindate", "optinat", "optintime"),
        *("optedinat", "optintimestamp", "subscribedat", "subscribedon", "subscribedate"),
        *("subscribeddate", "subscriptiondate", "signupdate", "signedupat", "signedup"),
        *("signuptime", "joinedat", "joinedon", "joindate", "joined", "agreedat", "agreedon"),
        *("dateadded", "dateofsubscription", "createdat", "created", "datecreated", "date"),
        "timestamp",
    ),
    ImportField.SOURCE: (
        *("consentsource", "sourceofconsent", "source", "signupsource", "optinsource"),
        *("subscriptionsource", "origin", "form", "page", "consentpage"),
    ),
    ImportField.WORDING: (
        *("consentwording", "wording", "consenttext", "consentstatement", "statement"),
        *("optinwording", "optintext"),
    ),
    ImportField.IP: ("consentip", "confirmip", "confirmationip", "ip", "ipaddress"),
    ImportField.ASKED_AT: ("askedat", "askeddate", "formsentat"),
    ImportField.ASKED_IP: ("askedip", "optinip", "signupip"),
}
# Names of dates that programs fill in for each row, whether somebody agreed or not.
_DATES_OF_ROWS = {"dateadded", "createdat", "created", "datecreated", "date", "timestamp"}


def header_key(name: str) -> str:
    """Return the letters and digits of a column name, by which names are compared."""
    return "".join(char for char in name.casefold() if char.isalnum())


def match_columns(header: Sequence[str]) -> dict[ImportField, int]:
    """Return the position of each field's column by its name; none where two have that name."""
    keys = [header_key(name) for name in header]
    found: dict[ImportField, int] = {}
    for import_field, names in _FIELD_NAMES.items():
        name = next((name for name in names if name in keys), None)
        if name is not None and keys.count(name) == 1:
            found[import_field] = keys.index(name)
    return found


def read_column_choices(header: Sequence[str], chosen: Mapping[str, str]) -> dict[ImportField, int]:
    """Return the column positions that a person chose, by field; -1 where they chose none.

    A column is given by its name, or by '#' and its number from 1. Raises ImportRefused for a
    field or column that does not exist.
    """
    choices: dict[ImportField, int] = {}
    for word, column in chosen.items():
        if word not in set(FIELD_LABELS):
            raise ImportRefused(
                f"There is no field {word!r}. Choose one of: {', '.join(FIELD_LABELS)}."
            )
        choices[ImportField(word)] = _position(header, column) if column else -1
    return choices


def _position(header: Sequence[str], column: str) -> int:
    if column.startswith("#") and column[1:].isdecimal() and 0 < int(column[1:]) <= len(header):
        return int(column[1:]) - 1
    exact = [position for position, name in enumerate(header) if name == column]
    found = exact or [
        position for position, name in enumerate(header) if header_key(name) == header_key(column)
    ]
    if not found:
        names = ", ".join(name for name in header if name)
        raise ImportRefused(f"The file has no column {column!r}. Its columns are: {names[:500]}.")
    if len(found) > 1:
        numbers = " or ".join(f"#{position + 1}" for position in found)
        raise ImportRefused(f"{len(found)} columns are called {column!r}. Choose {numbers}.")
    return found[0]


# --- Names of status columns that need no look at their cells

# By header key, in files of any program; `status_stems` understands other names.
_STATUS_RULES: dict[str, StatusRule] = {
    **dict.fromkeys(
        (
            *("status", "subscriptionstatus", "subscriberstatus", "emailstatus", "memberstatus"),
            *("liststatus", "marketingstatus", "emailmarketingstatus", "consentstatus"),
            *("emailsubscriberstatus", "optinstatus"),
        ),
        STATUS_WORD_RULE,
    ),
    **dict.fromkeys(
        (
            *("unsubtime", "unsubreason", "unsubscribedat", "unsubscribedon", "unsubscribedate"),
            *("unsubscribetime", "unsubscribed", "unsubscribe", "optedout", "optout"),
            *("optoutdate", "optouttime", "optedoutat", "leftat", "lefton", "left"),
            *("withdrawnat", "consentwithdrawn"),
        ),
        refuse_if_yes(RefusalReason.UNSUBSCRIBED),
    ),
    **dict.fromkeys(
        ("cleantime", "cleanedat", "bounced", "bouncedat", "hardbounced", "hardbouncedat"),
        refuse_if_yes(RefusalReason.BOUNCED),
    ),
    **dict.fromkeys(
        (
            *("emaildisabled", "blocked", "blockedat", "blocklisted", "blacklisted", "suppressed"),
            *("complained", "complainedat", "spamcomplaint", "deletedat", "deleted", "erasedat"),
        ),
        refuse_if_yes(RefusalReason.BLOCKED),
    ),
    **dict.fromkeys(
        (
            *("subscribed", "issubscribed", "subscribedtoemails", "optedin"),
            *("acceptsmarketing", "acceptsemailmarketing"),
        ),
        refuse_if_no(RefusalReason.UNSUBSCRIBED),
    ),
    **dict.fromkeys(
        ("consent", "consentgiven", "gdprconsent"), refuse_if_no(RefusalReason.NO_CONSENT)
    ),
    **dict.fromkeys(
        ("confirmed", "isconfirmed", "verified"), refuse_if_no(RefusalReason.UNCONFIRMED)
    ),
}


# --- Known exports

_UNSUBSCRIBED_AT = "unsubscribed_at"
_OWN_COLUMNS = (
    *("briefing", "status", "joined_at", _UNSUBSCRIBED_AT),
    *("consent_date", "consent_source", "consent_wording"),
)
OWN_HEADER = ("email", *PROFILE_FIELDS, *_OWN_COLUMNS)
REFUSED_HEADER = ("line", "reason")  # before the columns of the file that was imported


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownExport:
    """A program's export, recognised by its header: all of `required`, and one of `any_of`.

    `columns` are by field, and the first that the header has is taken. `refuse_all` has columns
    that stand only in exports of people who must not be emailed, with the reason. `says_nothing`
    are columns that say nothing about who may be emailed, although they may look like it.
    """

    name: str
    required: tuple[str, ...]
    any_of: tuple[str, ...] = ()
    columns: Mapping[ImportField, tuple[str, ...]] = field(default_factory=dict)
    status_rules: Mapping[str, StatusRule] = field(default_factory=dict)  # by header key
    refuse_all: Mapping[str, RefusalReason] = field(default_factory=dict)
    says_nothing: tuple[str, ...] = ()
    has_evidence: bool = False
    escapes_formulas: bool = False  # as csv_files.escape_formula does

    @property
    def source(self) -> str:
        """Where people agreed, for rows that do not say it."""
        return "" if self.has_evidence else f"{self.name} export"

    @property
    def wording(self) -> str:
        """What to keep as the consent wording, for rows that do not say it."""
        if self.has_evidence:
            return ""
        return f"Agreed at {self.name}. Its export does not include the words shown there."


KNOWN_EXPORTS = (
    KnownExport(
        name="Newsroom",
        required=("email", *(name for name in _OWN_COLUMNS if name != _UNSUBSCRIBED_AT)),
        any_of=(_UNSUBSCRIBED_AT, "left_at"),  # earlier exports call it left_at
        columns={ImportField.BRIEFING: ("briefing",)},
        says_nothing=("joined_at",),
        has_evidence=True,
        escapes_formulas=True,
    ),
    KnownExport(
        name="Mailchimp",
        required=("Email Address",),
        any_of=("MEMBER_RATING", "OPTIN_TIME", "CONFIRM_TIME", "LEID", "EUID"),
        columns={
            ImportField.CONSENTED_AT: ("CONFIRM_TIME", "OPTIN_TIME"),
            ImportField.IP: ("CONFIRM_IP",),
            ImportField.ASKED_AT: ("OPTIN_TIME",),
            ImportField.ASKED_IP: ("OPTIN_IP",),
        },
        says_nothing=("MEMBER_RATING", "DSTOFF", "GMTOFF", "LAST_CHANGED", "NOTES", "TAGS", "CC"),
        # Empty for people who signed up and never confirmed.
        status_rules={"confirmtime": refuse_if_no(RefusalReason.UNCONFIRMED)},
        # There is one file for each audience, and each of these columns is in only one of them.
        refuse_all={
            "UNSUB_TIME": RefusalReason.UNSUBSCRIBED,
            "CLEAN_TIME": RefusalReason.BOUNCED,
        },
    ),
    KnownExport(
        name="Ghost",
        required=("id", "email", "subscribed_to_emails"),
        says_nothing=("complimentary_plan", "stripe_customer_id", "note", "labels", "tiers"),
        columns={ImportField.CONSENTED_AT: ("created_at",)},
    ),
    KnownExport(
        # `active_subscription` says who pays; it is `false` for free subscribers.
        name="Substack",
        required=("email", "active_subscription"),
        any_of=("email_disabled", "expiry", "plan"),
        says_nothing=("active_subscription", "expiry", "plan", "first_payment_at"),
        columns={ImportField.CONSENTED_AT: ("created_at",)},
    ),
    KnownExport(
        name="listmonk",
        required=("uuid", "email", "status", "attributes"),
        says_nothing=("attributes",),
        columns={ImportField.CONSENTED_AT: ("created_at",)},
    ),
)


def recognise_export(header: Sequence[str]) -> KnownExport | None:
    """Return the program whose export has this header; None for any other list."""
    keys = {header_key(name) for name in header}

    def has(name: str) -> bool:
        return header_key(name) in keys

    for known in KNOWN_EXPORTS:
        if all(map(has, known.required)) and (not known.any_of or any(map(has, known.any_of))):
            return known
    return None


def find_column_cells(
    header: Sequence[str],
    export: KnownExport | None,
    *,
    assigned: Collection[int],
    consent_date: int | None = None,
) -> dict[int, ColumnCells]:
    """Return what the names of columns say about who may be emailed, before any cell is read.

    Columns that hold a field are left out, unless a known export has a rule for them too, or it is
    the consent date at `consent_date`, which may be empty for people who never agreed.
    """
    keys = [header_key(name) for name in header]
    theirs = export.status_rules if export else {}
    silent = {header_key(name) for name in export.says_nothing} if export else set()
    if tuple(header[: len(REFUSED_HEADER)]) == REFUSED_HEADER:
        silent |= set(REFUSED_HEADER)
    found: dict[int, ColumnCells] = {}
    for position, (name, key) in enumerate(zip(header, keys, strict=True)):
        if key in theirs:
            kind, rule = NameKind.STATUS, theirs[key]
        elif position in assigned and not (export and key in _STATUS_RULES):
            column = _by_stems(name, key)
            if position == consent_date and column.kind is not NameKind.DATES:
                found[position] = replace(column, is_consent_date=True)
            continue
        elif key in silent:
            kind, rule = NameKind.NOTHING, None
        elif key in _STATUS_RULES:
            kind, rule = NameKind.RULE, _STATUS_RULES[key]
        else:
            found[position] = _by_stems(name, key)
            continue
        is_known = key in theirs or rule is not None
        found[position] = ColumnCells(
            name=name, kind=kind, rule=rule, has_known_name=is_known, is_fixed=key in theirs
        )
    return found


def _by_stems(name: str, key: str) -> ColumnCells:
    kind, rule = classify_name(name)
    if key == "state":  # a region, unless it has nothing but status words
        kind, rule = NameKind.REGION, STATUS_WORD_RULE
    elif key in _DATES_OF_ROWS:
        kind, rule = NameKind.DATES, None
    elif key in _FIELD_NAMES[ImportField.CONSENTED_AT] and not key.startswith(("confirm", "opt")):
        kind, rule = NameKind.JOINING, None
    return ColumnCells(name=name, kind=kind, rule=rule)


def read_meanings(header: Sequence[str], chosen: Mapping[str, str]) -> dict[int, StatusRule | None]:
    """Return what a person said that columns mean, by position; None to ignore a column.

    Raises ImportRefused for a column or meaning that does not exist.
    """
    return {_position(header, column): read_meaning(word) for column, word in chosen.items()}
