"""Each save and each step keeps the words of an issue; any two can be compared, any restored."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState, Remark, RevisionStep, SectionKind
from briefings.remarks import leave_remark
from briefings.revision_diff import Change, compare, diff_words
from briefings.revisions import restore
from tests.briefings.admin_client import author_client, open_issue, save, staff_client, take_step
from tests.factories import (
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from briefings.revision_diff import SectionDiff, Words
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db


def steps(issue: Issue) -> list[str]:
    return list(issue.revisions.order_by("pk").values_list("step", flat=True))


def words_of(page: Page) -> str:
    return page.content.decode()


def content(*sections: tuple[int, str, str], **head: str) -> dict[str, Any]:
    return {
        "title": "Beds",
        "strapline": "",
        "author": 1,
        "author_name": "Rosa Meyer",
        "sections": [
            {"id": key, "kind": "note", "heading": heading, "body": body}
            for key, heading, body in sections
        ],
        **head,
    }


def marked(words: list[Words]) -> str:
    """Return words with their changes, as `[-removed-]` and `{+added+}`."""
    marks = {Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}"}
    return "".join(marks.get(part.change, "{}").format(part.text) for part in words)


def body_of(section: SectionDiff) -> list[str]:
    return [marked(paragraph.words) for paragraph in section.paragraphs]


def test_each_save_and_each_step_keeps_a_revision() -> None:
    issue = make_issue(sections=[(SectionKind.NOTE, "Beds", "<p>One</p>")])
    client = staff_client("Editors", first_name="Rosa", last_name="Meyer")

    save(client, issue, open_issue(client, issue), title="Two")
    take_step(client, issue, "submit")
    take_step(client, issue, "approve")
    take_step(client, issue, "return", reason="The figures need a source.")

    assert steps(issue) == ["saved", "submitted", "approved", "returned"]
    newest = issue.revisions.first()
    assert newest is not None
    assert newest.content["title"] == "Two"
    assert newest.content["sections"][0]["body"] == "<p>One</p>"
    assert newest.who == "Rosa Meyer"


def test_publishing_keeps_a_revision() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now())
    issue.publish(at=timezone.now())

    assert steps(issue)[-1] == RevisionStep.PUBLISHED


def test_a_save_that_changes_nothing_keeps_no_revision() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    save(client, issue, open_issue(client, issue))

    assert steps(issue) == []


def test_a_restored_revision_is_the_issue_again_and_a_revision_of_its_own() -> None:
    issue = make_issue(
        sections=[
            (SectionKind.NOTE, "Beds", "<p>One</p>"),
            (SectionKind.NOTE, "Nurses", "<p>x</p>"),
        ]
    )
    old = issue.keep_revision(RevisionStep.SAVED, by=None)
    beds, nurses = issue.sections.all()
    remark = leave_remark(issue, words="Says who?", section=nurses.pk, by=None, at=timezone.now())
    client = staff_client("Editors")
    save(
        client,
        issue,
        open_issue(client, issue),
        title="Another headline",
        **{"sections-0-body": "<p>Changed</p>", "sections-1-DELETE": "on"},
    )

    restore(old, by=None, at=timezone.now())

    issue = Issue.objects.get(pk=issue.pk)
    assert issue.title == old.content["title"]
    assert [section.body for section in issue.sections.all()] == ["<p>One</p>", "<p>x</p>"]
    assert issue.sections.first() == beds  # so that its address and comments stay
    assert issue.sections.last() == nurses
    remark.refresh_from_db()
    assert remark.section == nurses
    assert steps(issue) == ["saved", "saved", "restored"]
    newest = issue.revisions.first()
    assert newest is not None
    assert compare(old.content, newest.content).is_empty
    assert newest.version == issue.version == 3


def test_a_section_that_came_back_with_the_same_words_is_neither_new_nor_removed() -> None:
    old = content((1, "Beds", "<p>One</p>"), (2, "Nurses", "<p>x</p>"))
    new = content((7, "Nurses", "<p>x</p>"), (1, "Beds", "<p>One</p>"), (8, "Nurses", "<p>y</p>"))

    first, second, third = compare(old, new).sections

    assert [section.change for section in (first, second)] == [Change.SAME, Change.SAME]
    assert {first.moved_from, second.moved_from} in ({2, None}, {1, None})
    assert third.change == Change.ADDED


def test_restoring_other_words_voids_an_approval() -> None:
    issue = make_scheduled_issue()
    old = issue.keep_revision(RevisionStep.SAVED, by=None)
    old.content["title"] = "Other words"
    old.save()

    page = staff_client("Editors").post(
        reverse("admin:briefings_revision_restore", args=[issue.pk, old.pk]), follow=True
    )

    assert Issue.objects.get(pk=issue.pk).state == IssueState.IN_REVIEW
    assert "needs a new approval" in words_of(page)


def test_the_pages_list_compare_name_and_restore() -> None:
    issue = make_issue(sections=[(SectionKind.NOTE, "Beds", "<p>Twelve beds are closed</p>")])
    issue.keep_revision(RevisionStep.CREATED, by=None)
    client = staff_client("Editors", first_name="Rosa", last_name="Meyer")
    body = {"sections-0-body": "<p>Twenty beds are closed</p>"}
    save(client, issue, open_issue(client, issue), **body)
    newest, first = issue.revisions.all()

    listed = words_of(client.get(reverse("admin:briefings_revisions", args=[issue.pk])))
    assert "Rosa Meyer" in listed
    compared = client.get(
        reverse("admin:briefings_revisions_compare", args=[issue.pk]), {"from": newest.pk}
    )
    assert "<del>Twelve</del><ins>Twenty</ins> beds are closed" in words_of(compared)

    name = reverse("admin:briefings_revision_name", args=[issue.pk, first.pk])
    client.post(name, {"name": " Before  the call "})
    named = client.get(reverse("admin:briefings_revisions", args=[issue.pk]), {"named": "1"})
    assert "Before the call" in words_of(named)
    assert "Rosa Meyer</p>" not in words_of(named)
    assert "at most 80" in words_of(client.post(name, {"name": "x" * 81}, follow=True))
    first.refresh_from_db()
    assert first.name == "Before the call"


def test_only_people_who_may_change_an_issue_restore_its_revisions() -> None:
    issue = make_published_issue()
    revision = issue.keep_revision(RevisionStep.SAVED, by=None)
    other = make_issue().keep_revision(RevisionStep.SAVED, by=None)
    reporter, editor = author_client(issue), staff_client("Editors")
    restore_it = reverse("admin:briefings_revision_restore", args=[issue.pk, revision.pk])

    assert reporter.get(reverse("admin:briefings_revisions", args=[issue.pk])).status_code == 200
    assert reporter.post(restore_it).status_code == 403
    assert editor.get(restore_it).status_code == 405
    strange = reverse("admin:briefings_revision_restore", args=[issue.pk, other.pk])
    assert editor.post(strange).status_code == 404
    compared = reverse("admin:briefings_revisions_compare", args=[issue.pk])
    for query in ({"from": other.pk}, {"from": "x"}, {}, {"from": revision.pk, "to": other.pk}):
        assert editor.get(compared, query).status_code == 404


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Twelve beds", "Twenty beds", "[-Twelve-]{+Twenty+} beds"),
        ("", "New", "{+New+}"),
        ("Gone", "", "[-Gone-]"),
        ("Same", "Same", "Same"),
        ("the ward", "the old ward", "the {+old +}ward"),
    ],
)
def test_words_are_compared_one_by_one(old: str, new: str, shown: str) -> None:
    assert marked(diff_words(old, new)) == shown


def test_a_changed_word_in_a_list_item_marks_that_word_and_no_other_item() -> None:
    items = "<ul><li>Beds: {}</li><li>Nurses: nine</li></ul>"

    (section,) = compare(
        content((1, "", items.format("twelve"))), content((1, "", items.format("twenty")))
    ).sections

    assert body_of(section) == ["Beds: [-twelve-]{+twenty+}", "Nurses: nine"]


def test_moved_sections_are_shown_as_moved_and_their_words_as_unchanged() -> None:
    one, two, three = ((key, f"Head {key}", f"<p>{key}</p>") for key in (1, 2, 3))

    diff = compare(content(one, two, three), content(three, one, two))

    assert [(s.place, s.moved_from, s.change) for s in diff.sections] == [
        (1, 3, ""),
        (2, None, ""),
        (3, None, ""),
    ]
    assert not diff.is_empty


def test_added_and_removed_sections_stand_where_they_are_or_were() -> None:
    one, two, three = ((key, f"Head {key}", f"<p>{key}</p>") for key in (1, 2, 3))

    diff = compare(content(one, two), content(one, three))

    assert [(marked(s.heading), s.change) for s in diff.sections] == [
        ("Head 1", ""),
        ("{+Head 3+}", "added"),
        ("[-Head 2-]", "removed"),
    ]


def test_a_paragraph_put_in_between_leaves_its_neighbours_alone() -> None:
    (section,) = compare(
        content((1, "", "<p>First one.</p><p>Last one.</p>")),
        content((1, "", "<p>First one.</p><p>Something else entirely.</p><p>Last one.</p>")),
    ).sections

    assert body_of(section) == ["First one.", "{+Something else entirely.+}", "Last one."]


def test_a_changed_address_of_a_link_is_a_change() -> None:
    (section,) = compare(
        content((1, "", '<p>See <a href="https://a.example/">here</a></p>')),
        content((1, "", '<p>See <a href="https://b.example/">here</a></p>')),
    ).sections

    assert "[-a-]{+b+}" in body_of(section)[0]


def test_markup_alone_is_named() -> None:
    (section,) = compare(
        content((1, "", "<p>Twelve beds</p>")),
        content((1, "", "<p><strong>Twelve</strong> beds</p>")),
    ).sections

    assert section.change == Change.CHANGED
    assert section.paragraphs[-1].change == Change.FORMATTED


def test_equal_revisions_have_no_difference() -> None:
    same = content((1, "Beds", "<ul><li>a</li></ul>"))
    assert compare(same, same).is_empty


@pytest.mark.parametrize(
    "unit", ["<p>a b c {} d</p>", "<p>{}</p>", "a{} ", "<ul><li>{}</li></ul>", "<p>a a a a a a</p>"]
)
def test_two_long_unlike_texts_are_compared_in_seconds(unit: str) -> None:
    old = "".join(unit.format(number) for number in range(0, 12_000, 2))[:150_000]
    new = "".join(unit.format(number) for number in range(1, 12_000, 2))[:150_000]
    start = time.process_time()

    compare(content((1, "", old)), content((1, "", new)))

    assert time.process_time() - start < 20


def test_remarks_come_back_to_their_own_section_of_two_with_one_heading() -> None:
    issue = make_issue(
        sections=[
            (SectionKind.NOTE, "Beds", "<p>One</p>"),
            (SectionKind.NOTE, "Beds", "<p>Two</p>"),
            (SectionKind.NOTE, "Wards", "<p>Three</p>"),
        ]
    )
    sections = list(issue.sections.all())
    for section in sections:
        leave_remark(issue, words=section.body, section=section.pk, by=None, at=timezone.now())
    leave_remark(issue, words="All of it", section=None, by=None, at=timezone.now())
    old = issue.keep_revision(RevisionStep.SAVED, by=None)
    issue.sections.filter(pk=sections[2].pk).update(heading="Renamed")
    issue.sections.all().delete()

    for _ in range(2):
        restore(old, by=None, at=timezone.now())

        found = {remark.words: remark.section_id for remark in issue.remarks.all()}
        assert found == {**{one.body: one.pk for one in sections}, "All of it": None}
        issue.sections.all().delete()


def test_a_remark_from_before_keys_were_kept_is_known_by_its_heading() -> None:
    issue = make_issue(sections=[(SectionKind.NOTE, "Beds", "<p>One</p>")])
    key = issue.sections.get().pk
    remark = leave_remark(issue, words="Why?", section=key, by=None, at=timezone.now())
    Remark.objects.update(section_key=None)
    old = issue.keep_revision(RevisionStep.SAVED, by=None)
    issue.sections.all().delete()

    restore(old, by=None, at=timezone.now())

    remark.refresh_from_db()
    assert (remark.section_id, remark.section_key) == (key, key)
