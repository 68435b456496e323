"""Two people save one issue: what does not clash is merged, and for the rest they choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from briefings.models import Issue, IssueState, RevisionStep, Role, SectionKind
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    author_client,
    make_member,
    messages_of,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_issue, make_scheduled_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
NAMES = ("Beds", "Nurses", "Vans")


def make_saved_issue(*names: str) -> Issue:
    """Make an issue with a section for each name, and the revision that creating it keeps."""
    issue = make_issue(
        title="Beds",
        sections=[(SectionKind.NOTE, name, f"<p>{name}.</p>") for name in names or NAMES],
    )
    issue.keep_revision(RevisionStep.CREATED, by=None)
    return issue


def rosa_and_imran() -> tuple[Client, Client]:
    return (
        staff_client("Editors", first_name="Rosa", last_name="Meyer"),
        staff_client("Editors", first_name="Imran", last_name="Sadiq"),
    )


def save_both(
    issue: Issue, first: dict[str, str], second: dict[str, str]
) -> tuple[Client, Client, Page]:
    """Let Rosa and Imran open the issue, Rosa save first, and Imran second."""
    rosa, imran = rosa_and_imran()
    page_of_imran = open_issue(imran, issue)
    save(rosa, issue, open_issue(rosa, issue), **first)
    return rosa, imran, save(imran, issue, page_of_imran, **second)


def stored(issue: Issue) -> list[tuple[str, str]]:
    return [(one.heading, one.body) for one in issue.sections.all()]


def body(number: int, words: str) -> dict[str, str]:
    return {f"sections-{number}-body": f"<p>{words}</p>"}


def test_changes_in_different_places_are_merged_and_saved_at_once() -> None:
    issue = make_saved_issue()

    _, _, page = save_both(
        issue, body(0, "Rosa’s beds.") | {"strapline": "Rosa’s"}, body(2, "Imran’s vans.")
    )

    assert stored(issue) == [
        ("Beds", "<p>Rosa’s beds.</p>"),
        ("Nurses", "<p>Nurses.</p>"),
        ("Vans", "<p>Imran’s vans.</p>"),
    ]
    issue.refresh_from_db()
    assert (issue.strapline, issue.version) == ("Rosa’s", 3)
    assert "Rosa Meyer changed 1 other section and the strapline meanwhile." in messages_of(page)
    assert [entry.verb for entry in AuditLogEntry.objects.on(issue)] == ["merged", "edited"]
    assert [one.version for one in issue.revisions.all()] == [3, 2, 1]


def test_the_same_change_on_both_sides_needs_no_choice() -> None:
    issue = make_saved_issue()

    _, _, page = save_both(issue, body(0, "The same."), body(0, "The same.") | {"title": "Vans"})

    assert stored(issue)[0] == ("Beds", "<p>The same.</p>")
    assert Issue.objects.get(pk=issue.pk).title == "Vans"
    assert "Saved." in messages_of(page)


@pytest.mark.parametrize(
    ("choice", "edited", "saved"),
    [
        ("theirs", {}, "Rosa’s beds."),
        ("mine", {}, "Imran’s beds."),
        ("mine", body(0, "Beds of both."), "Beds of both."),
    ],
)
def test_a_section_that_both_changed_is_chosen(
    choice: str, edited: dict[str, str], saved: str
) -> None:
    issue = make_saved_issue()
    _, imran, page = save_both(
        issue, body(0, "Rosa’s beds."), body(0, "Imran’s beds.") | body(1, "Imran’s nurses.")
    )

    assert stored(issue)[0] == ("Beds", "<p>Rosa’s beds.</p>")
    words = page.content.decode()
    assert "Rosa Meyer saved this issue on" in words
    assert "<ins>Rosa’s beds.</ins>" in words
    assert "<ins>Imran’s beds.</ins>" in words
    kept = read_form(page)
    assert kept["sections-0-body"] == "<p>Imran’s beds.</p>"

    page = save(imran, issue, kept, **edited, **{"sections-0-choice": choice})

    assert stored(issue)[:2] == [("Beds", f"<p>{saved}</p>"), ("Nurses", "<p>Imran’s nurses.</p>")]
    assert "Saved." in messages_of(page)


def test_without_a_choice_nothing_is_saved_and_the_page_asks_again() -> None:
    issue = make_saved_issue()
    _, imran, page = save_both(
        issue, body(0, "Rosa’s.") | {"title": "Rosa’s"}, body(0, "Imran’s.") | {"title": "Imran’s"}
    )

    again = save(imran, issue, read_form(page), **{"choice-title": "theirs"})

    assert stored(issue)[0] == ("Beds", "<p>Rosa’s.</p>")
    kept = read_form(again)
    assert (kept["title"], kept["sections-0-body"]) == ("Rosa’s", "<p>Imran’s.</p>")
    assert "conflict-title" not in kept
    assert kept["sections-0-conflict"] == "changed"
    assert "Rosa’s" in again.content.decode()


@pytest.mark.parametrize(
    ("choice", "saved"), [("theirs", "Rosa’s headline"), ("mine", "Imran’s headline")]
)
def test_a_headline_that_both_changed_is_chosen(choice: str, saved: str) -> None:
    issue = make_saved_issue()
    _, imran, page = save_both(issue, {"title": "Rosa’s headline"}, {"title": "Imran’s headline"})
    assert Issue.objects.get(pk=issue.pk).title == "Rosa’s headline"
    assert "Rosa Meyer changed the headline, too." in page.content.decode()

    save(imran, issue, read_form(page), **{"choice-title": choice})

    assert Issue.objects.get(pk=issue.pk).title == saved


def test_a_third_save_in_between_is_merged_too() -> None:
    issue = make_saved_issue()
    rosa, imran, page = save_both(issue, body(0, "Rosa’s."), body(0, "Imran’s."))
    save(rosa, issue, open_issue(rosa, issue), **body(1, "Rosa’s nurses."))

    save(imran, issue, read_form(page), **{"sections-0-choice": "mine"})

    assert stored(issue)[:2] == [("Beds", "<p>Imran’s.</p>"), ("Nurses", "<p>Rosa’s nurses.</p>")]


def test_a_third_save_of_the_same_place_in_between_is_chosen_again() -> None:
    issue = make_saved_issue()
    rosa, imran, page = save_both(issue, body(0, "Rosa’s."), body(0, "Imran’s."))
    save(rosa, issue, open_issue(rosa, issue), **body(0, "Rosa’s second."))

    again = save(imran, issue, read_form(page), **{"sections-0-choice": "mine"})

    assert stored(issue)[0] == ("Beds", "<p>Rosa’s second.</p>")
    assert read_form(again)["sections-0-body"] == "<p>Imran’s.</p>"
    assert "second" in again.content.decode()


def test_sections_added_on_both_sides_are_both_there() -> None:
    issue = make_saved_issue()
    new = {"sections-3-kind": "note", "sections-3-place": "4"}

    save_both(
        issue,
        {**new, "sections-3-heading": "Rosa’s", "sections-3-body": "<p>R</p>"},
        {**new, "sections-3-heading": "Imran’s", "sections-3-body": "<p>I</p>"},
    )

    headings = [heading for heading, _ in stored(issue)]
    assert headings[:3] == [*NAMES]
    assert sorted(headings[3:]) == ["Imran’s", "Rosa’s"]


def test_sections_that_one_moved_and_the_other_changed_are_moved_and_changed() -> None:
    issue = make_saved_issue()
    keys = [one.pk for one in issue.sections.all()]

    save_both(issue, {"sections-0-place": "9"}, body(0, "Imran’s beds."))

    assert stored(issue) == [
        ("Nurses", "<p>Nurses.</p>"),
        ("Vans", "<p>Vans.</p>"),
        ("Beds", "<p>Imran’s beds.</p>"),
    ]
    assert [one.pk for one in issue.sections.all()] == [keys[1], keys[2], keys[0]]


@pytest.mark.parametrize(("choice", "is_kept"), [("mine", True), ("theirs", False)])
def test_a_section_that_they_removed_and_i_changed_is_chosen(choice: str, is_kept: bool) -> None:
    issue = make_saved_issue()
    _, imran, page = save_both(issue, {"sections-0-DELETE": "on"}, body(0, "Imran’s."))
    assert [heading for heading, _ in stored(issue)] == ["Nurses", "Vans"]
    assert "Rosa Meyer removed this section, and you changed it." in page.content.decode()
    kept = read_form(page)
    (row,) = (key for key, value in kept.items() if value == "<p>Imran’s.</p>")
    number = row.split("-")[1]

    asked_again = save(imran, issue, kept)
    assert "removed this section" in asked_again.content.decode()
    save(imran, issue, read_form(asked_again), **{f"sections-{number}-choice": choice})

    assert (("Beds", "<p>Imran’s.</p>") in stored(issue)) == is_kept


@pytest.mark.parametrize(("choice", "is_kept"), [("mine", False), ("theirs", True)])
def test_a_section_that_i_removed_and_they_changed_is_chosen(choice: str, is_kept: bool) -> None:
    issue = make_saved_issue()
    _, imran, page = save_both(issue, body(0, "Rosa’s."), {"sections-0-DELETE": "on"})
    assert "You removed this section, and Rosa Meyer changed it." in page.content.decode()
    kept = read_form(page)
    assert kept["sections-0-body"] == "<p>Rosa’s.</p>"

    asked_again = save(imran, issue, kept)
    assert "You removed this section" in asked_again.content.decode()
    save(imran, issue, read_form(asked_again), **{"sections-0-choice": choice})

    assert (("Beds", "<p>Rosa’s.</p>") in stored(issue)) == is_kept


def test_a_section_that_they_removed_and_i_left_alone_stays_removed() -> None:
    issue = make_saved_issue()

    save_both(issue, {"sections-0-DELETE": "on"}, body(1, "Imran’s."))

    assert stored(issue) == [("Nurses", "<p>Imran’s.</p>"), ("Vans", "<p>Vans.</p>")]


def test_details_that_only_they_changed_are_kept() -> None:
    issue = make_saved_issue()

    save_both(issue, {"slug": "rosas-address", "goes_out": "2031-05-01T07:00"}, body(0, "Imran’s."))

    issue.refresh_from_db()
    assert issue.slug == "rosas-address"
    assert issue.publish_at is not None
    assert issue.publish_at.year == 2031


def test_nobody_has_to_choose_a_slug() -> None:
    issue = make_saved_issue()

    save_both(issue, {"slug": "rosas"}, {"slug": "imrans", "strapline": "Imran’s"})

    issue.refresh_from_db()
    assert (issue.slug, issue.strapline) == ("rosas", "Imran’s")


def test_a_step_waits_until_the_merged_text_was_read() -> None:
    issue = make_saved_issue()

    _, _, page = save_both(issue, body(0, "Rosa’s."), body(1, "Imran’s.") | {"_step": "submit"})

    assert Issue.objects.get(pk=issue.pk).state == IssueState.DRAFT
    assert stored(issue)[:2] == [("Beds", "<p>Rosa’s.</p>"), ("Nurses", "<p>Imran’s.</p>")]
    assert "Read the merged text first" in messages_of(page)


def test_a_page_without_changes_takes_theirs_and_saves_nothing() -> None:
    issue = make_saved_issue()

    _, _, page = save_both(issue, body(0, "Rosa’s."), {})

    assert stored(issue)[0] == ("Beds", "<p>Rosa’s.</p>")
    assert issue.revisions.count() == 2
    assert "There was nothing to save" in messages_of(page)


def test_ones_own_other_tab_is_merged_too_and_named_so() -> None:
    issue = make_saved_issue()
    rosa, _ = rosa_and_imran()
    first_tab = open_issue(rosa, issue)
    save(rosa, issue, open_issue(rosa, issue), **body(0, "Second tab."))

    page = save(rosa, issue, first_tab, **body(1, "First tab."))

    assert "You, in another window, changed 1 other section meanwhile" in messages_of(page)
    assert stored(issue)[:2] == [("Beds", "<p>Second tab.</p>"), ("Nurses", "<p>First tab.</p>")]


def test_words_of_somebody_who_may_no_longer_edit_stay_on_the_page() -> None:
    issue = make_saved_issue()
    reporter, editor = author_client(issue), staff_client("Editors")
    form = open_issue(reporter, issue)
    save(editor, issue, open_issue(editor, issue), **body(0, "Theirs."), _step="submit")

    page = save(reporter, issue, form, **body(1, "Mine."))

    assert stored(issue)[1] == ("Nurses", "<p>Nurses.</p>")
    assert read_form(page)["sections-1-body"] == "<p>Mine.</p>"
    assert "your account may change only your own drafts" in page.content.decode()


def test_an_editor_whose_issue_went_out_meanwhile_is_told_that_it_can_be_corrected() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now())
    client = Client()
    client.force_login(make_member(Role.EDITOR, of=issue.briefing))
    form = open_issue(client, issue)
    issue.publish(at=timezone.now())

    page = save(client, issue, form, **body(0, "Mine."))

    assert "This issue is published, so it can only be corrected." in page.content.decode()
    assert "ask a publisher" in page.content.decode()
    assert "your own drafts" not in page.content.decode()
    assert read_form(page)["sections-0-body"] == "<p>Mine.</p>"


WORDS = st.sampled_from(["", "one.", "two.", "three.", "one. two."])


@pytest.mark.one_database
@pytest.mark.takes(seconds=6)
@settings(max_examples=12)
@given(
    rosas=st.lists(st.tuples(st.sampled_from(["", "x", "gone"]), WORDS), min_size=2, max_size=2),
    imrans=st.lists(st.tuples(st.sampled_from(["", "x", "gone"]), WORDS), min_size=2, max_size=2),
)
def test_whatever_two_people_do_no_word_is_lost(
    rosas: list[tuple[str, str]], imrans: list[tuple[str, str]]
) -> None:
    issue = make_saved_issue("Beds", "Nurses")

    def changes(who: str, acts: list[tuple[str, str]]) -> dict[str, str]:
        fields = {}
        for number, (act, words) in enumerate(acts):
            if act == "gone":
                fields[f"sections-{number}-DELETE"] = "on"
            elif act:
                fields |= body(number, f"{who} {number} {words}")
        return fields

    first, second = changes("Rosa", rosas), changes("Imran", imrans)
    _, _, page = save_both(issue, first, second)

    everything = page.content.decode() + str(stored(issue))
    for words in [*first.values(), *second.values()]:
        for part in words.removeprefix("<p>").removesuffix("</p>").split(" "):
            assert part == "on" or part in everything
