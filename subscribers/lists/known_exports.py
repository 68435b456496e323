"""The exports of other programs, known by their header, and what is peculiar about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from subscribers.lists.columns import Role, bare
from subscribers.lists.import_errors import Reason
from subscribers.lists.status_words import MARKS, Mark, MarkKind

OWN_HEADER = (
    *("email", "name", "briefing", "status", "joined_at", "left_at"),
    *("consent_date", "consent_source", "consent_wording"),
)
REFUSED_HEADER = ("line", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A program's export: `signs` are column names that all stand in its header.

    `columns` are by role, the first that is there being taken; `everybody` is why the whole file
    is about people who may not be written to, by the column that tells so.
    """

    name: str
    signs: tuple[str, ...]
    any_sign: tuple[str, ...] = ()
    columns: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    everybody: Mapping[str, Reason] = field(default_factory=dict)
    has_evidence: bool = False
    is_defused: bool = False  # cells that a spreadsheet would compute begin with an apostrophe

    @property
    def source(self) -> str:
        """Where consent was given, for rows that do not say it."""
        return "" if self.has_evidence else f"{self.name} export"

    @property
    def wording(self) -> str:
        """What stands in the record where an export holds no words."""
        if self.has_evidence:
            return ""
        return f"Agreed at {self.name}; its export does not hold the words that were shown there."


LAYOUTS = (
    Layout(
        name="Newsroom",
        signs=OWN_HEADER,
        columns={Role.BRIEFING: ("briefing",)},
        has_evidence=True,
        is_defused=True,
    ),
    Layout(
        name="Mailchimp",
        signs=("Email Address",),
        any_sign=("MEMBER_RATING", "OPTIN_TIME", "CONFIRM_TIME", "LEID", "EUID"),
        columns={
            Role.CONSENTED_AT: ("CONFIRM_TIME", "OPTIN_TIME"),
            Role.IP: ("CONFIRM_IP",),
            Role.ASKED_AT: ("OPTIN_TIME",),
            Role.ASKED_IP: ("OPTIN_IP",),
        },
        # Who asked and never confirmed has no such hour.
        marks={"confirmtime": Mark(kind=MarkKind.LETS_IN, reason=Reason.UNCONFIRMED)},
        # There is a file for each audience, and columns that only one of them has.
        everybody={"UNSUB_TIME": Reason.UNSUBSCRIBED, "CLEAN_TIME": Reason.BOUNCED},
    ),
    Layout(
        name="Ghost",
        signs=("id", "email", "subscribed_to_emails"),
        columns={Role.CONSENTED_AT: ("created_at",)},
    ),
    Layout(
        # `active_subscription` tells who pays; those who read for nothing have `false`.
        name="Substack",
        signs=("email", "active_subscription"),
        any_sign=("email_disabled", "expiry", "plan"),
        columns={Role.CONSENTED_AT: ("created_at",)},
    ),
    Layout(
        name="listmonk",
        signs=("uuid", "email", "status", "attributes"),
        columns={Role.CONSENTED_AT: ("created_at",)},
    ),
)


def recognise_layout(header: Sequence[str]) -> Layout | None:
    """Tell whose export a file is; None for a list by hand."""
    names = {bare(name) for name in header}
    for layout in LAYOUTS:
        signs = all(bare(sign) in names for sign in layout.signs)
        if signs and (not layout.any_sign or any(bare(s) in names for s in layout.any_sign)):
            return layout
    return None


def marks_of(header: Sequence[str], layout: Layout | None) -> list[tuple[int, Mark]]:
    """The columns that may keep people out, by the known names and those of the layout."""
    known = {**MARKS, **(layout.marks if layout else {})}
    return [(place, known[name]) for place, name in enumerate(map(bare, header)) if name in known]
