"""Which column of a list holds what, by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from subscribers.lists.import_errors import ImportRefused


class Role(StrEnum):
    """What a column can hold; the words are those of `--columns`."""

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
    BRIEFING = "briefing"  # only of our own exports


LABELS = {
    Role.ADDRESS: "E-mail address",
    Role.NAME: "Name",
    Role.FIRST_NAME: "First name",
    Role.LAST_NAME: "Last name",
    Role.CONSENTED_AT: "Date of consent",
    Role.SOURCE: "Where consent was given",
    Role.WORDING: "What the person was told",
    Role.IP: "IP address of the confirmation",
    Role.ASKED_AT: "Date of the form",
    Role.ASKED_IP: "IP address of the form",
}
# By the letters and digits of a column's name, the likeliest first.
_NAMES: dict[Role, tuple[str, ...]] = {
    Role.ADDRESS: (
        *("email", "emailaddress", "mail", "mailaddress", "subscriberemail", "contactemail"),
        *("primaryemail", "useremail", "email1", "email1value", "emailid", "emailadresse"),
        "address",  # last: beside another, it is where somebody lives
    ),
    Role.NAME: ("name", "fullname", "displayname", "subscribername", "contactname"),
    Role.FIRST_NAME: ("firstname", "fname", "givenname", "forename", "first", "vorname"),
    Role.LAST_NAME: ("lastname", "lname", "surname", "familyname", "last", "nachname"),
    Role.CONSENTED_AT: (
        *("consentdate", "consentedat", "consentedon", "consentat", "consenttime"),
        *("consenttimestamp", "dateofconsent", "confirmtime", "confirmedat", "confirmedon"),
        *("confirmationdate", "confirmdate", "optindate", "optinat", "optintime"),
        *("optedinat", "optintimestamp", "subscribedat", "subscribedon", "subscribedate"),
        *("subscribeddate", "subscriptiondate", "signupdate", "signedupat", "signedup"),
        *("signuptime", "joinedat", "joinedon", "joindate", "joined", "agreedat", "agreedon"),
        *("dateadded", "dateofsubscription", "createdat", "created", "datecreated", "date"),
        "timestamp",
    ),
    Role.SOURCE: (
        *("consentsource", "sourceofconsent", "source", "signupsource", "optinsource"),
        *("subscriptionsource", "origin", "form", "page", "consentpage"),
    ),
    Role.WORDING: (
        *("consentwording", "wording", "consenttext", "consentstatement", "statement"),
        *("optinwording", "optintext"),
    ),
    Role.IP: ("consentip", "confirmip", "confirmationip", "ip", "ipaddress"),
    Role.ASKED_AT: ("askedat", "askeddate", "formsentat"),
    Role.ASKED_IP: ("askedip", "optinip", "signupip"),
}


def bare(name: str) -> str:
    """Reduce a column's name to its letters and digits: 'E-Mail Address' is 'emailaddress'."""
    return "".join(char for char in name.casefold() if char.isalnum())


def match_columns(header: Sequence[str]) -> dict[Role, int]:
    """Find the columns that their names tell; none for what two columns bear the same name of."""
    names = [bare(name) for name in header]
    found: dict[Role, int] = {}
    for role, known in _NAMES.items():
        fitting = next((name for name in known if name in names), None)
        if fitting is not None and names.count(fitting) == 1:
            found[role] = names.index(fitting)
    return found


def choose_columns(header: Sequence[str], chosen: Mapping[str, str]) -> dict[Role, int]:
    """Read choices of a person: a role to a column's name, or to its number from 1 after a '#'.

    An empty name chooses none. Raises ImportRefused for a role or column that does not exist.
    """
    choices: dict[Role, int] = {}
    for word, column in chosen.items():
        if word not in set(LABELS):
            roles = ", ".join(LABELS)
            raise ImportRefused(f"No column is chosen as {word!r}. It can be one of: {roles}.")
        choices[Role(word)] = _position(header, column) if column else -1
    return choices


def _position(header: Sequence[str], column: str) -> int:
    if column.startswith("#") and column[1:].isdecimal() and 0 < int(column[1:]) <= len(header):
        return int(column[1:]) - 1
    exact = [place for place, name in enumerate(header) if name == column]
    alike = exact or [place for place, name in enumerate(header) if bare(name) == bare(column)]
    if not alike:
        names = ", ".join(name for name in header if name)
        raise ImportRefused(f"The file has no column {column!r}. It has: {names[:500]}.")
    if len(alike) > 1:
        numbers = " or ".join(f"#{place + 1}" for place in alike)
        raise ImportRefused(f"{len(alike)} columns are called {column!r}. Choose {numbers}.")
    return alike[0]
