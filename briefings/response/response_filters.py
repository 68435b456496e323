"""Which pieces of a response to show, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Length

from briefings.comment_threads import number_in_address
from briefings.models import CommentChannel, MarkKind, QuoteChoice, ResponseMark
from briefings.quotations.quotable import refused
from briefings.response.pieces import CONSENTS, NOT_AGREED
from briefings.search.found import keys_of_matching
from newsroom.invisible_characters import storable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from briefings.models import Issue
    from briefings.models.comment import CommentQuerySet
    from newsroom.audit_log import Actor

WHOLE_ISSUE, NO_MARK, MINE = "whole", "none", "mine"
SHORT, LONG = 300, 1_000  # characters
LENGTHS = {
    "short": (f"Up to {SHORT} characters", Q(length__lte=SHORT)),
    "medium": (f"{SHORT} to {LONG:,} characters", Q(length__gt=SHORT, length__lte=LONG)),
    "long": (f"Over {LONG:,} characters", Q(length__gt=LONG)),
}
CHANNELS = {
    CommentChannel.PAGE: "On the website",
    CommentChannel.MAIL: "By email",
    CommentChannel.ANSWER: "Answers to a question",
    CommentChannel.MESSAGE: "Messages to the author",
}
MARKS = {
    MarkKind.USE: "To use",
    MarkKind.ANSWER: "To answer",
    MarkKind.FOLLOW_UP: "To follow up",
}
ORDERS = {
    "newest": ("Newest first", ("-created_at", "-pk")),
    "oldest": ("Oldest first", ("created_at", "pk")),
    "recommended": ("Most recommended", ("-recommendation_count", "-created_at", "-pk")),
    "longest": ("Longest first", ("-length", "-created_at", "-pk")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFilter:
    """What an editor chose to see; an empty value is everything."""

    words: str = ""
    channel: str = ""
    quoting: str = ""
    section: str = ""
    mark: str = ""
    length: str = ""
    other: str = ""  # featured, or new
    order: str = "newest"

    @classmethod
    def of(cls, chosen: Mapping[str, str]) -> ResponseFilter:
        """Return the filter of a query; what it does not know of counts as not chosen."""
        known: dict[str, set[str]] = {
            "channel": {*CHANNELS},
            "quoting": {*CONSENTS, "yes"},
            "mark": {*MARKS, NO_MARK, MINE},
            "length": {*LENGTHS},
            "other": {"featured", "new"},
            "order": {*ORDERS},
        }
        found = {name: chosen[name] for name in known if chosen.get(name) in known[name]}
        section = chosen.get("section", "")
        if section == WHOLE_ISSUE or number_in_address(section, otherwise=0):
            found["section"] = section
        return cls(words=" ".join(storable(chosen.get("q", "")).split())[:200], **found)

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == ResponseFilter(order=self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One choice of a filter, with the number of pieces that it shows."""

    value: str
    label: str
    count: int


def narrow(
    responses: CommentQuerySet, chosen: ResponseFilter, *, user: Actor, since: datetime | None
) -> CommentQuerySet:
    """Return the responses that a filter shows, in its order; one query more if it has words."""
    found = responses.annotate(length=Length("body"))
    if chosen.words:
        matching = keys_of_matching(chosen.words, responses)
        found = found.filter(Q(pk__in=matching) | Q(name__icontains=chosen.words))
    if chosen.channel:
        found = found.filter(channel=chosen.channel)
    if chosen.quoting:
        found = found.filter(_consent(chosen.quoting))
    if chosen.section == WHOLE_ISSUE:
        found = found.filter(section=None, section_heading="")
    elif chosen.section:
        found = found.filter(section=int(chosen.section))
    if chosen.mark:
        found = found.filter(_marked(chosen.mark, user))
    if chosen.length:
        found = found.filter(LENGTHS[chosen.length][1])
    if chosen.other == "featured":
        found = found.filter(featured=True)
    elif chosen.other == "new":
        found = found.filter(_new(since))
    return found.order_by(*ORDERS[chosen.order][1])


def choices_for(
    issue: Issue, responses: CommentQuerySet, *, user: Actor, since: datetime | None
) -> dict[str, list[Choice]]:
    """Return what can be chosen, with the number of pieces each shows, in three queries."""
    conditions: dict[str, dict[str, tuple[str, Q]]] = {
        "channel": {value: (label, Q(channel=value)) for value, label in CHANNELS.items()},
        "quoting": {
            "yes": ("May be quoted", _consent("yes")),
            **{value: (label, _consent(value)) for value, label in CONSENTS.items()},
        },
        "mark": {
            **{value: (label, _marked(value, user)) for value, label in MARKS.items()},
            MINE: ("For me to follow up", _marked(MINE, user)),
            NO_MARK: ("Without a mark", _marked(NO_MARK, user)),
        },
        "length": LENGTHS,
        "other": {
            "new": ("New since you were here", _new(since)),
            "featured": ("Featured", Q(featured=True)),
        },
    }
    counted = responses.annotate(length=Length("body")).order_by()
    counts = counted.aggregate(
        **{
            f"{name}_{value}": Count(Case(When(condition, then=Value(1))))
            for name, of_name in conditions.items()
            for value, (_, condition) in of_name.items()
        }
    )
    # Marks are given on the page, which has no new choices until it is loaded again.
    has_responses = any(counts[f"mark_{value}"] for value in conditions["mark"])
    choices = {
        name: [
            Choice(value=value, label=label, count=counts[f"{name}_{value}"])
            for value, (label, _) in of_name.items()
            if counts[f"{name}_{value}"] or (name == "mark" and has_responses)
        ]
        for name, of_name in conditions.items()
    }
    return {**choices, "section": _sections(issue, responses)}


def _sections(issue: Issue, responses: CommentQuerySet) -> list[Choice]:
    rows = responses.order_by().values_list("section", "section_heading")
    counts: dict[str, int] = {}
    for section, heading, number in rows.annotate(number=Count("pk")):
        value = str(section) if section else ("" if heading else WHOLE_ISSUE)
        counts[value] = counts.get(value, 0) + number
    found = [
        Choice(
            value=str(section.pk),
            label=section.heading or section.get_kind_display(),
            count=counts[str(section.pk)],
        )
        for section in issue.sections.all()
        if str(section.pk) in counts
    ]
    if found and WHOLE_ISSUE in counts:
        whole = counts[WHOLE_ISSUE]
        found.insert(0, Choice(value=WHOLE_ISSUE, label="The whole issue", count=whole))
    return found


def _consent(choice: str) -> Q:
    if choice == "yes":
        return ~Q(quoting=QuoteChoice.NO)
    if choice == NOT_AGREED:
        return Q(quoting=QuoteChoice.NO) & ~refused()
    if choice == QuoteChoice.NO:
        return refused()
    return Q(quoting=choice)


def _marked(choice: str, user: Actor) -> Q:
    marks = ResponseMark.objects.standing().filter(comment=OuterRef("pk")).order_by()
    if choice == NO_MARK:
        return ~Q(Exists(marks))
    if choice == MINE:
        own = marks.filter(kind=MarkKind.FOLLOW_UP, done_at=None)
        return Q(Exists(own.filter(assigned_to=user.pk if user else None)))
    return Q(Exists(marks.filter(kind=choice)))


def _new(since: datetime | None) -> Q:
    if since is None:
        return Q(pk__in=[])
    return Q(confirmed_at__gt=since) | Q(confirmed_at=None, created_at__gt=since)
