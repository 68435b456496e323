"""Four eyes: in some briefings nobody approves words that they were the last to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from briefings.models import RevisionStep, SectionKind
from briefings.permissions import APPROVE_ISSUE, staff_who_may
from newsroom.staff_names import name_of
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from briefings.models import Issue
    from newsroom.audit_log import Actor

# Keys of a revision that repeat another one, or are compared one by one.
NOT_PARTS = {"author_name", "sections"}
ORDER = "order"
NAMES = {
    "title": "the headline",
    "author": "the author",
    ORDER: "the order of the sections",
}
# A name for people and the value to compare, by key.
Parts = dict[str, tuple[str, Any]]
MAX_NAMED = 3


def refuse_own_words(issue: Issue, *, by: Actor) -> None:
    """Raise TransitionRefused if four eyes are demanded and `by` wrote some of the words last.

    Call it with the row locked. A command has no name, so it cannot be the second pair of eyes.
    """
    if not issue.briefing.four_eyes:
        return
    if by is None:
        raise TransitionRefused(
            f"{issue.briefing} demands four eyes. Somebody has to approve the issue in the admin."
        )
    if why := why_not_approve(issue, by):
        raise TransitionRefused(why)


def why_not_approve(issue: Issue, user: Actor) -> str:
    """Return why this person cannot approve an issue now, and who can; "" if nothing forbids it."""
    if not issue.briefing.four_eyes or user is None:
        return ""
    changed = changed_since_approval(issue)
    own = [name for name, by in changed.values() if by == user.pk]
    if not own:
        return ""
    more = len(own) - MAX_NAMED
    named = _in_words([*own[:MAX_NAMED], *([f"{more} more"] if more > 0 else [])], "and")
    writers = {by for _, by in changed.values()}
    others = [
        name_of(person)
        for person in staff_who_may(APPROVE_ISSUE, issue)
        if person.pk not in writers
    ]
    who = _in_words(others, "or")
    return f"{issue.briefing} demands four eyes, and you were the last to change {named}. " + (
        f"{who} can approve it."
        if who
        else "Nobody else can approve it yet: ask an administrator to make somebody an editor."
    )


def changed_since_approval(issue: Issue) -> dict[str, tuple[str, int | None]]:
    """Return the parts that changed since the last approval: their names, and who did it last.

    Without an approval, everything is new. A part that is as it was approved has not changed.
    """
    revisions = issue.revisions.order_by("pk")
    approved = revisions.filter(step=RevisionStep.APPROVED).last()
    base = _parts(approved.content) if approved else {}
    later = revisions.filter(pk__gt=approved.pk) if approved else revisions
    last_by: dict[str, int | None] = {}
    names: dict[str, str] = {}
    before = base
    for revision in later.only("content", "by").iterator():
        now = _parts(revision.content)
        names |= {part: name for part, (name, _) in {**before, **now}.items()}
        for part in before.keys() | now.keys():
            if _differs(part, before, now):
                last_by[part] = revision.by_id
        before = now
    return {part: (names[part], by) for part, by in last_by.items() if _differs(part, base, before)}


def _parts(content: Mapping[str, Any]) -> Parts:
    """Return the parts of a revision: a name for people, and the value to compare.

    Empty values are left out, since revisions from before a field was added lack it.
    """
    parts: Parts = {
        key: (NAMES.get(key, f"the {key}"), value)
        for key, value in content.items()
        if key not in NOT_PARTS and value
    }
    sections = content.get("sections", [])
    for section in sections:
        words = {key: value for key, value in section.items() if key != "id" and value}
        name = section["heading"] or f"the {_kind(section['kind'])}"
        parts[f"section {section['id']}"] = (name, words)
    if len(sections) > 1:
        parts[ORDER] = (NAMES[ORDER], [section["id"] for section in sections])
    return parts


def _differs(part: str, before: Parts, after: Parts) -> bool:
    """Whether a part is not the same; sections that are new or gone do not change the order."""
    old, new = _value(before, part), _value(after, part)
    if part == ORDER and old and new:
        old, new = ([key for key in old if key in new], [key for key in new if key in old])
    return bool(old != new)


def _kind(kind: str) -> str:
    return SectionKind(kind).label.lower() if kind in SectionKind.values else kind


def _value(parts: Parts, part: str) -> Any:
    return parts[part][1] if part in parts else None


def _in_words(names: list[str], joined_by: str) -> str:
    *rest, last = names or [""]
    return f"{', '.join(rest)} {joined_by} {last}" if rest else last
