"""A question to readers in the form of an issue: kept wherever a section's words are kept."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import (
    Issue,
    RevisionStep,
    Section,
    SectionKind,
    TemplateSection,
    WorkingCopy,
)
from briefings.next_drafts import make_next_draft
from briefings.preflight import check_issue
from briefings.revision_diff import compare
from briefings.revisions import restore
from briefings.slots import Weekday
from briefings.unsaved_issue import with_unsaved_words
from tests.briefings.admin_client import change_url, open_issue, read_form, save, staff_client
from tests.briefings.questions.asked import OPTIONS, ask, make_draft_question
from tests.factories import make_briefing, make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db
LINES = "\n".join(OPTIONS)


def saved(issue: Issue) -> Section:
    return issue.sections.get(kind=SectionKind.QUESTION)


def test_an_editor_asks_a_question_in_the_form() -> None:
    issue = make_issue()
    ask(issue, options=[])
    client = staff_client("Editors")
    words = {"sections-2-options": f" {OPTIONS[0]} \r\n\r\n{OPTIONS[1]}\r\n"}

    save(client, issue, open_issue(client, issue), **words)
    save(
        client,
        issue,
        open_issue(client, issue),
        **{"sections-2-closes_at": "2027-07-01T18:30"},
    )

    assert saved(issue).options == OPTIONS[:2]
    assert saved(issue).closes_at == datetime(2027, 7, 1, 17, 30, tzinfo=UTC)
    form = open_issue(client, issue)
    assert form["sections-2-options"].replace("\r\n", "\n") == "\n".join(OPTIONS[:2])
    assert form["sections-2-closes_at"] == "2027-07-01T18:30"
    # A section of another kind asks nothing.
    save(client, issue, form, **{"sections-2-kind": "note"})
    note = issue.sections.get(kind=SectionKind.NOTE)
    assert (note.options, note.closes_at) == ([], None)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("\n".join(f"Option {number}" for number in range(9)), "There are 9 options"),
        ("x" * 121 + "\nNo", "has 121 characters"),
        ("Yes\nNo\nyes", "“yes” is there twice"),
    ],
)
def test_options_that_readers_cannot_take_in_are_refused_and_kept(
    options: str, sentence: str
) -> None:
    section = make_draft_question(options=[])
    client = staff_client("Editors")
    form = open_issue(client, section.issue)
    response = client.post(change_url(section.issue), {**form, "sections-2-options": options})
    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert options.replace("\n", "\r\n") in page.replace("\r\n", "\n").replace("\n", "\r\n")


def test_of_a_closing_time_that_happens_twice_the_form_asks_which() -> None:
    section = make_draft_question()
    issue, client = section.issue, staff_client("Editors")
    twice = {"sections-2-closes_at": "2026-10-25T01:30"}
    response = client.post(change_url(issue), {**open_issue(client, issue), **twice})
    assert "01:30 happens twice on that day" in response.content.decode()
    assert 'name="sections-2-closes_at_which"' in response.content.decode()

    which = {**twice, "sections-2-closes_at_which": "second"}
    save(client, issue, open_issue(client, issue), **which)

    assert saved(issue).closes_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    # Nothing changes if the page is saved again.
    version = Issue.objects.get(pk=issue.pk).version
    page = client.get(change_url(issue)).content.decode()
    assert 'value="second" checked' in page
    save(client, issue, open_issue(client, issue), **which)
    assert Issue.objects.get(pk=issue.pk).version == version


def test_a_question_is_part_of_hash_revision_difference_and_restore() -> None:
    issue = make_issue()
    section = ask(issue, closes_at=datetime(2027, 7, 1, 17, 30, tzinfo=UTC))
    first_hash = issue.content_hash()
    first = issue.keep_revision(RevisionStep.SAVED, by=None)
    later = datetime(2027, 7, 2, 17, 30, tzinfo=UTC)

    Section.objects.filter(pk=section.pk).update(options=[OPTIONS[0], "Close two wards"])
    with_options = issue.content_hash()
    Section.objects.filter(pk=section.pk).update(closes_at=later)

    assert len({first_hash, with_options, issue.content_hash()}) == 3
    difference = compare(first.content, issue.current_content()).sections[-1]
    words = [
        (word.text, word.change.value) for part in difference.paragraphs for word in part.words
    ]
    assert ("Close two wards", "added") in words
    assert (OPTIONS[2], "removed") in words
    assert ("Closes: ", "") in words
    assert any("July 2027 at 18:30 (UTC+01:00)" in text for text, _ in words)
    restore(first, by=None, at=timezone.now())
    section.refresh_from_db()
    assert section.options == OPTIONS
    assert section.closes_at == datetime(2027, 7, 1, 17, 30, tzinfo=UTC)


def test_the_hash_of_an_issue_that_asks_nothing_is_what_it_was() -> None:
    issue = make_issue(
        title="Beds", strapline="", sections=[(SectionKind.NOTE, "Thanks", "<p>To all.</p>")]
    )
    words = ["Beds", "", issue.author_id, ["note", "Thanks", "<p>To all.</p>"]]
    expected = hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()
    assert issue.content_hash() == expected


def test_what_two_people_changed_in_a_question_is_merged_or_asked() -> None:
    section = make_draft_question()
    issue = section.issue
    issue.keep_revision(RevisionStep.CREATED, by=None)
    one, other = staff_client("Editors"), staff_client("Editors")
    mine, theirs = open_issue(one, issue), open_issue(other, issue)

    save(other, issue, theirs, **{"sections-2-options": "Yes\nNo"})
    save(one, issue, mine, title="Another headline")

    issue.refresh_from_db()
    assert (issue.title, saved(issue).options) == ("Another headline", ["Yes", "No"])

    mine, theirs = open_issue(one, issue), open_issue(other, issue)
    save(other, issue, theirs, **{"sections-2-closes_at": "2027-07-01T18:30"})
    response = one.post(change_url(issue), {**mine, "sections-2-options": "Yes\nNo\nPerhaps"})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Perhaps" in page  # nobody's words are lost
    assert "2027-07-01T18:30" in page


def test_words_that_are_not_saved_have_their_question(client: Client) -> None:
    issue = make_issue()
    editor = staff_client("Editors")
    section = {"id": "", "kind": "question", "heading": "And you?", "body": "", "removed": False}
    page = {
        "token": "page00000001",
        "sequence": 1,
        "issue": issue.pk,
        "version": "1",
        "seen": "",
        "fields": {},
        "sections": [{**section, "options": LINES, "closes_at": "2026-10-25T01:30 second"}],
    }
    response = editor.post(
        reverse("admin:briefings_autosave"), page, content_type="application/json"
    )
    assert response.status_code == 200

    unsaved = with_unsaved_words(issue, WorkingCopy.objects.get().content)

    [question] = unsaved.sections.all()
    assert question.options == OPTIONS
    assert question.closes_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_next_draft_starts_with_the_question_of_the_template() -> None:
    issue = make_published_issue()
    TemplateSection.objects.create(
        briefing=issue.briefing,
        kind=SectionKind.QUESTION,
        heading="Got something to say?",
        options=OPTIONS,
    )

    draft = make_next_draft(issue.briefing, at=timezone.now())

    assert draft is not None
    assert saved(draft).options == OPTIONS
    client = staff_client("Editors")
    url = f"/admin/briefings/briefing/{issue.briefing_id}/change/"
    form = read_form(client.get(url), "briefing_form")
    radios = {"accent": "teal", "moderation": "before"}
    client.post(url, {**form, **radios, "template_sections-0-options": "Yes\nNo"})
    assert issue.briefing.template_sections.get().options == ["Yes", "No"]


def codes(issue: Issue) -> set[str]:
    found = Issue.objects.get(pk=issue.pk)
    sections = list(found.sections.all())
    return {one.code for one in check_issue(found, sections, publish_at=found.publish_at)}


def test_preflight_knows_what_is_wrong_with_a_question() -> None:
    goes_out = timezone.now() + timedelta(days=3)
    issue = make_issue(publish_at=goes_out)
    section = ask(issue)
    known = {"no-question", "one-option", "closes-before-send-time", "closes-soon", "empty-section"}
    assert not codes(issue) & known

    def with_(**changes: object) -> set[str]:
        Section.objects.filter(pk=section.pk).update(**changes)
        return codes(issue) & known

    assert with_(body="") == set()  # the question itself is enough
    assert with_(heading=" ") == {"no-question"}
    assert with_(heading="Agree?", options=["Yes"]) == {"one-option"}
    assert with_(options=[], closes_at=goes_out) == {"closes-before-send-time"}
    assert with_(closes_at=goes_out + timedelta(hours=5)) == {"closes-soon"}
    assert with_(closes_at=goes_out + timedelta(days=2)) == set()


def test_preflight_counts_from_when_an_issue_really_goes_out() -> None:
    now, known = timezone.now(), {"closes-before-send-time", "closes-soon"}
    late = make_issue(publish_at=now - timedelta(hours=1))
    ask(late, closes_at=now - timedelta(minutes=20))
    assert codes(late) & known == {"closes-before-send-time"}
    # It appeared two hours before its slot, and three after it.
    for moved in (timedelta(hours=2), -timedelta(hours=3)):
        slot = now - timedelta(days=1)
        issue = make_published_issue(at=slot - moved)
        Issue.objects.filter(pk=issue.pk).update(publish_at=slot)
        section = ask(issue, closes_at=slot - moved + timedelta(minutes=1))
        assert not codes(issue) & known
        before = slot - moved - timedelta(minutes=1)
        Section.objects.filter(pk=section.pk).update(closes_at=before)
        assert codes(issue) & known == {"closes-before-send-time"}


def test_without_a_time_a_question_closes_a_day_before_the_next_send_slot() -> None:
    briefing = make_briefing(slot_weekday=Weekday.THURSDAY, slot_time=time(7, 0))
    slot = datetime(2026, 3, 26, 7, 0, tzinfo=UTC)  # the clocks change that Sunday
    issue = make_scheduled_issue(briefing=briefing, publish_at=slot)
    section = ask(issue)
    Issue.objects.filter(pk=issue.pk).update(approved_hash=issue.content_hash())
    day_before = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
    assert section.closing == day_before

    issue.refresh_from_db()
    issue.publish(at=slot + timedelta(minutes=1))

    # From now on it is fixed: readers were told.
    section.refresh_from_db()
    assert section.closes_at == day_before
    assert issue.revisions.first() is not None
    assert issue.revisions.latest("at").content["sections"][-1]["closes_at"] == (
        "2026-04-01T07:00+01:00"
    )
