"""A save of an issue that somebody else has saved meanwhile: merged at once, or shown as conflicts.

The form's data is rewritten before the form reads it, so that what follows is an ordinary save of
the newest version. A place that both changed has two fields of its own in the form: `conflict`
marks it, and `choice` is “mine” (as the field has it now) or “theirs”. Both work without a script.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from briefings.admin.form_fields import parse_key
from briefings.admin.section_rows import (
    SECTION_PREFIX,
    read_rows,
    row_of_words,
    words_of_row,
    write_rows,
)
from briefings.local_time import format_local
from briefings.revision_diff import SectionDiff, compare_section, diff_words
from briefings.three_way_merge import (
    Conflict,
    HeadMerge,
    MergedSection,
    SectionsMerge,
    merge_head,
    merge_sections,
)
from newsroom.word_lists import listed

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django import forms
    from django.http import QueryDict

    from briefings.models import Issue
    from briefings.revision_diff import Words
    from newsroom.audit_log import Actor

MINE, THEIRS = "mine", "theirs"
SOMEBODY = "Somebody else"
# Follows the headline by itself; nobody has to choose one.
NEVER_ASKED = "slug"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPanel:
    """What the page shows beside a section that both changed."""

    conflict: Conflict
    theirs: SectionDiff
    mine: SectionDiff
    their_words: str  # as JSON, for the page's script


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPanel:
    """What the page shows beside a field that both changed."""

    name: str
    label: str
    theirs: list[Words]
    their_value: str


@dataclass(slots=True, kw_only=True)
class StaleSave:
    """What became of a save over a newer version: its data is in the request now."""

    who: str
    when: str
    taken: list[str]
    both_moved: bool
    fields: list[FieldPanel] = field(default_factory=list)
    sections: dict[int, SectionPanel] = field(default_factory=dict)  # by the number of the row
    is_merge: bool = True  # False if the page knew the newest version, and only had to choose

    @property
    def conflicts(self) -> int:
        """How many places a person still has to choose."""
        return len(self.fields) + len(self.sections)

    @property
    def sentence(self) -> str:
        """What the merge took from the other person."""
        if self.taken:
            changed = listed(self.taken)
            words = (
                f"{self.who} changed {changed} meanwhile. Those changes and yours are both kept."
            )
        else:
            words = f"{self.who} saved this issue meanwhile. Your changes are kept."
        return words + (" You both moved sections: your order is kept." if self.both_moved else "")


def merge_stale_save(
    data: QueryDict, issue: Issue, unbound: forms.ModelForm[Issue], *, by: Actor
) -> StaleSave | None:
    """Rewrite the form's data so that it starts from the newest version; None if it does already.

    The issue's row is locked. `unbound` is a form of the issue as it is now.
    """
    version = data.get("from_version", "")
    is_stale = version != str(issue.version)
    rows = read_rows(data, prefix=SECTION_PREFIX)
    marked = {name.removeprefix("conflict-") for name in data if name.startswith("conflict-")}
    if not (is_stale or marked or any(row.get("conflict") for row in rows)):
        return None
    now = issue.current_content()
    base = _content_of(issue, version) if is_stale else now
    head = _merge_head(data, unbound, base=base, marked=marked)
    zone = issue.briefing.zone
    sections = _merge_rows(rows, base=base, now=now, zone=zone)
    result = _describe(issue, version, head, sections, unbound, by=by)
    result.is_merge = is_stale
    _write_head(data, head)
    for number, merged in enumerate(_write_sections(data, sections, zone=zone)):
        if merged.conflict:
            result.sections[number] = _section_panel(merged, zone=zone)
    data["merging_from"] = (data.get("merging_from") or version) if result.conflicts else ""
    data["from_version"] = str(issue.version)
    data["shown"] = details_of(unbound)
    return result


def head_of(unbound: forms.ModelForm[Issue]) -> dict[str, str]:
    """Return the values of an issue's own fields as a form shows them, on one line each."""
    values = {}
    for name, one in unbound.fields.items():
        if one.widget.is_hidden or one.disabled:
            continue
        value = one.prepare_value(unbound.get_initial_for_field(one, name))
        values[name] = _one_line(value)
    return values


def details_of(unbound: forms.ModelForm[Issue]) -> str:
    """Return, as JSON, the values that no revision keeps; the page sends them back."""
    kept = unbound.instance.current_content()
    return json.dumps({name: value for name, value in head_of(unbound).items() if name not in kept})


def _content_of(issue: Issue, version: str) -> dict[str, Any] | None:
    """Return the words of a version, if a revision kept them."""
    number = parse_key(version)
    if not 0 < number < issue.version:
        return None
    revision = issue.revisions.filter(version=number).first()
    return revision.content if revision else None


def _merge_head(
    data: QueryDict,
    unbound: forms.ModelForm[Issue],
    *,
    base: dict[str, Any] | None,
    marked: set[str],
) -> HeadMerge:
    theirs = head_of(unbound)
    was = _details_shown(data) | {
        name: _one_line(value) for name, value in (base or {}).items() if name in theirs
    }
    mine = {name: _one_line(data[name]) for name in theirs if name in data}
    unresolved = set()
    for name in marked & theirs.keys():
        choice = data.get(f"choice-{name}")
        if choice == THEIRS:
            mine[name] = was.get(name, theirs[name])
        elif choice != MINE:
            unresolved.add(name)
    for key in [key for key in data if key.startswith(("conflict-", "choice-"))]:
        del data[key]
    if mine.get(NEVER_ASKED) != was.get(NEVER_ASKED) != theirs.get(NEVER_ASKED):
        mine.pop(NEVER_ASKED, None)
    return merge_head(was, theirs, mine, unresolved=unresolved)


def _details_shown(data: QueryDict) -> dict[str, str]:
    try:
        shown = json.loads(data.get("shown") or "{}")
    except ValueError:
        return {}
    if not isinstance(shown, dict):
        return {}
    return {str(name): _one_line(value) for name, value in shown.items()}


def _merge_rows(
    rows: list[dict[str, str]],
    *,
    base: dict[str, Any] | None,
    now: dict[str, Any],
    zone: ZoneInfo,
) -> SectionsMerge:
    """Merge the posted rows, after applying the choices that were made in them."""
    was: dict[int | None, dict[str, Any]] = {
        section["id"]: section for section in (base or now)["sections"]
    }
    mine: list[dict[str, Any]] = []
    unresolved: set[int | None] = set()
    still_removed_there: list[int] = []
    for row in rows:
        key = parse_key(row.get("id")) or None
        conflict, choice = row.get("conflict", ""), row.get("choice", "")
        if row.get("DELETE") or (conflict == Conflict.REMOVED_THERE and choice == THEIRS):
            continue
        if conflict == Conflict.REMOVED_HERE and choice == MINE:
            continue
        section = {"id": key, **words_of_row(row, zone)}
        if conflict == Conflict.REMOVED_HERE and not choice and section == was.get(key):
            unresolved.add(key)  # nobody has chosen, nor edited it: it is still removed here
            continue
        if conflict == Conflict.REMOVED_THERE and not choice:
            still_removed_there.append(len(mine))
        elif conflict == Conflict.CHANGED and not choice and key:
            unresolved.add(key)
        elif conflict == Conflict.CHANGED and choice == THEIRS and key in was:
            section = was[key]
        mine.append(section)
    base_sections = None if base is None else base["sections"]
    merge = merge_sections(base_sections, now["sections"], mine, unresolved=unresolved)
    return _keep_asking(merge, [mine[place] for place in still_removed_there])


def _keep_asking(merge: SectionsMerge, sections: list[dict[str, Any]]) -> SectionsMerge:
    """Mark sections again that they removed and I changed, if nobody has chosen yet."""
    waiting = [{name: one[name] for name in one if name != "id"} for one in sections]
    kept = []
    for one in merge.sections:
        if one.id is None and one.words in waiting:
            waiting.remove(one.words)
            kept.append(MergedSection(id=None, words=one.words, conflict=Conflict.REMOVED_THERE))
        else:
            kept.append(one)
    return replace(merge, sections=kept)


def _write_head(data: QueryDict, head: HeadMerge) -> None:
    for name, value in head.values.items():
        data[name] = value


def _write_sections(
    data: QueryDict, merge: SectionsMerge, *, zone: ZoneInfo
) -> list[MergedSection]:
    """Write the rows, existing sections first as a formset wants them; return them so."""
    placed = list(enumerate(merge.sections, start=1))
    placed.sort(key=lambda one: one[1].id is None)
    rows = []
    for place, merged in placed:
        row = {**row_of_words(merged.words, zone), "id": str(merged.id or ""), "place": str(place)}
        if merged.is_removed:
            row["DELETE"] = "on"
        if merged.conflict:
            row["conflict"] = merged.conflict.value
        rows.append(row)
    existing = sum(1 for _, merged in placed if merged.id)
    write_rows(data, rows, prefix=SECTION_PREFIX, existing=existing)
    return [merged for _, merged in placed]


def _describe(
    issue: Issue,
    version: str,
    head: HeadMerge,
    sections: SectionsMerge,
    unbound: forms.ModelForm[Issue],
    *,
    by: Actor,
) -> StaleSave:
    who, when = _who_saved(issue, parse_key(version), by=by)
    number = sections.taken
    taken = [f"{number} other section{'' if number == 1 else 's'}"] if number else []
    taken += ["the order of the sections"] if sections.is_their_order else []
    taken += [f"the {_label(unbound, name).lower()}" for name in head.taken]
    return StaleSave(
        who=who,
        when=when,
        taken=taken,
        both_moved=sections.both_moved,
        fields=[
            FieldPanel(
                name=name,
                label=_label(unbound, name),
                theirs=diff_words(
                    _shown_value(unbound, name, head.values[name]),
                    _shown_value(unbound, name, value),
                ),
                their_value=value,
            )
            for name, value in head.conflicts.items()
        ],
    )


def _who_saved(issue: Issue, version: int, *, by: Actor) -> tuple[str, str]:
    """Return who saved after a version, and when they did so last."""
    later = issue.revisions.filter(version__gt=version).select_related("by")
    names = {
        "You, in another window," if by and revision.by_id == by.pk else revision.who or SOMEBODY
        for revision in later
    }
    last = later.first()
    when = format_local(last.at, issue.briefing.zone) if last else ""
    return listed(sorted(names)) or SOMEBODY, when


def _section_panel(merged: MergedSection, *, zone: ZoneInfo) -> SectionPanel:
    theirs = merged.theirs or merged.words
    base = merged.base or theirs
    return SectionPanel(
        conflict=merged.conflict or Conflict.CHANGED,
        theirs=compare_section(base, theirs),
        mine=compare_section(base, merged.words),
        their_words=json.dumps(row_of_words(theirs, zone)),
    )


def _label(unbound: forms.ModelForm[Issue], name: str) -> str:
    return str(unbound[name].label)


def _shown_value(unbound: forms.ModelForm[Issue], name: str, value: str) -> str:
    """Return a value as a person reads it: the label of a choice."""
    choices = getattr(unbound.fields[name], "choices", None)
    labels = {str(key): str(label) for key, label in choices} if choices else {}
    return labels.get(value, value)


def _one_line(value: object) -> str:
    return " ".join(str("" if value is None else value).split())
