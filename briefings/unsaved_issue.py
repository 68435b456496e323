"""An issue with somebody's unsaved words in it, to render as if they were saved."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from briefings.local_time import parse_local
from briefings.models import Briefing, Contributor, Issue, Section, SectionKind, WorkingCopy
from briefings.questions.question_words import parse_options, read_closing, write_options
from briefings.richtext import sanitise
from briefings.working_copies import TOKEN, newest_copy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User

    from briefings.models import Revision

# Text fields of the issue's form that readers see.
WORDS = ("title", "strapline", "subject", "preheader")
MAX_KEY_DIGITS = 17


def unsaved_copy(user: User, *, issue: Issue | None, token: str = "") -> WorkingCopy | None:
    """Return this person's unsaved words: of one page by its token, or the newest of an issue."""
    if not token:
        return newest_copy(user, issue) if issue else None
    if not TOKEN.fullmatch(token):
        return None
    mine = WorkingCopy.objects.filter(user=user, issue=issue, token=token, is_settled=False)
    return mine.exclude(content={}).first()


def with_unsaved_words(issue: Issue, content: Mapping[str, Any]) -> Issue:
    """Return a copy of an issue with the words of a working copy in it. Do not save it."""
    unsaved = copy.copy(issue)
    fields = content.get("fields", {})
    for name in WORDS:
        if name in fields:
            setattr(unsaved, name, " ".join(str(fields[name]).split()))
    author = Contributor.objects.filter(pk=_key(fields.get("author"))).first()
    unsaved.author = author or unsaved.author
    if fields.get("goes_out"):
        with suppress(ValueError):  # somebody is still typing it
            unsaved.publish_at = parse_local(str(fields["goes_out"]), issue.briefing.zone)
    unsaved.put_sections(_sections(issue, content))
    return unsaved


def with_words_of(issue: Issue, revision: Revision) -> Issue:
    """Return a copy of an issue with the words that it had in a revision. Do not save it."""
    sections = [
        words
        | {
            "sisters": ",".join(map(str, words.get("sisters", ()))),
            "options": write_options(words.get("options", ())),
        }
        for words in revision.content["sections"]
    ]
    return with_unsaved_words(issue, {"fields": revision.content, "sections": sections})


def new_unsaved_issue(content: Mapping[str, Any]) -> Issue | None:
    """Return an issue that was never saved, with these words; None without a briefing."""
    fields = content.get("fields", {})
    chosen = Briefing.objects.select_related("lead").filter(pk=_key(fields.get("briefing")))
    briefing = chosen.first()
    if briefing is None:
        return None
    number = _key(fields.get("number")) or briefing.next_number()
    # No row has the key 0: queries about its comments and neighbours find nothing.
    issue = Issue(pk=0, briefing=briefing, number=number, author=briefing.lead)
    return with_unsaved_words(issue, content)


def _sections(issue: Issue, content: Mapping[str, Any]) -> list[Section]:
    existing = {section.pk: section for section in issue.sections.all()} if issue.pk else {}
    sections = []
    for place, words in enumerate(content.get("sections", ()), start=1):
        if words.get("removed"):
            continue
        known = existing.get(_key(words.get("id")))
        section = copy.copy(known) if known else Section(pk=-place, issue=issue)
        kind = words.get("kind")
        section.kind = kind if kind in SectionKind.values else SectionKind.FEATURE
        section.heading = str(words.get("heading", ""))
        section.body = sanitise(str(words.get("body", "")))
        keys = map(_key, str(words.get("sisters", "")).split(","))
        section.sisters = [key for key in keys if key]
        section.options = parse_options(words.get("options"))
        section.closes_at = read_closing(words.get("closes_at"), issue.briefing.zone)
        section.position = place
        sections.append(section)
    return sections


def _key(value: object) -> int:
    """Return a row's key that came from a browser, or 0."""
    text = str(value)
    is_key = text.isascii() and text.isdigit() and len(text) <= MAX_KEY_DIGITS
    return int(text) if is_key else 0
