"""No text is lost: by stale pages, removed sections, or broken forms."""

from __future__ import annotations

import pytest
from django.urls import reverse

from briefings.models import Issue, IssueState, Section, SectionKind
from briefings.richtext import MAX_BODY_CHARS
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import (
    change_url,
    messages_of,
    off_the_clock,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import make_issue, make_published_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def headings(issue: Issue) -> list[str]:
    return [section.heading for section in issue.sections.all()]


@pytest.mark.parametrize("version", ["", "0", "999", "one", "-1", "1" * 90])
def test_a_tampered_version_saves_nothing(version: str) -> None:
    issue = make_issue(title="As it was")
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), title="Mine", from_version=version)

    assert Issue.objects.get(pk=issue.pk).title == "As it was"
    assert read_form(page)["title"] == "Mine"


def test_a_section_that_somebody_else_removed_comes_back_with_its_text() -> None:
    issue = make_issue(
        sections=[(SectionKind.NOTE, name, f"<p>{name}</p>") for name in ("one", "two")]
    )
    client = staff_client("Editors")
    form = open_issue(client, issue)
    Section.objects.get(heading="one").delete()

    refused = save(client, issue, form, **{"sections-0-body": "<p>one, longer</p>"})

    assert "<p>one, longer</p>" in [section.body for section in issue.sections.all()]
    assert headings(issue) == ["one", "two"]
    assert messages_of(refused) == "Saved."


def test_a_form_that_claims_another_issues_section_leaves_that_one_alone() -> None:
    other = make_issue(sections=[(SectionKind.NOTE, "Theirs", "<p>theirs</p>")])
    issue = make_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue)

    save(client, issue, form, **{"sections-0-id": str(other.sections.get().pk)})

    assert headings(other) == ["Theirs"]
    assert "Closed, but still counted" in headings(issue)


@pytest.mark.parametrize("missing", ["sections-TOTAL_FORMS", "sections-INITIAL_FORMS"])
@pytest.mark.parametrize("value", [None, "0", "100000", "x"])
def test_a_wrong_count_of_sections_loses_none(missing: str, value: str | None) -> None:
    issue = make_issue()
    client = staff_client("Editors")
    form = {**open_issue(client, issue), "sections-2-heading": "New", "sections-2-kind": "note"}
    del form[missing]
    if value is not None:
        form[missing] = value

    save(client, issue, form)

    assert headings(issue) == ["Closed, but still counted", "The week in hospitals", "New"]


@pytest.mark.parametrize("place", ["", "-3", "9" * 60, "first", "0", "²"])
def test_an_invalid_place_moves_a_section_to_an_end_and_loses_nothing(place: str) -> None:
    issue = make_issue()
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), title="Mine", **{"sections-0-place": place})

    assert sorted(headings(issue)) == ["Closed, but still counted", "The week in hospitals"]
    assert [section.position for section in issue.sections.all()] == [1, 2]


def test_a_section_that_is_too_long_is_refused_and_stays_on_the_page() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    flood = "<p>" + "word " * (MAX_BODY_CHARS // 5 + 10) + "</p>"

    page = save(client, issue, open_issue(client, issue), **{"sections-1-body": flood})

    assert "The limit is 150,000" in page.content.decode()
    assert read_form(page)["sections-1-body"] == flood
    assert issue.sections.all()[1].body == "<ul><li>A tender was scrapped</li></ul>"


def test_a_form_that_is_too_large_is_refused() -> None:
    issue = make_issue()
    client = staff_client("Editors")

    page = save(client, issue, open_issue(client, issue), **{"sections-1-body": "x" * 6_000_000})

    assert page.status_code == 413


def test_too_many_sections_are_refused() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue)
    form |= {f"sections-{number}-heading": "x" for number in range(2, 70)}
    form |= {f"sections-{number}-kind": "note" for number in range(2, 70)}

    page = save(client, issue, form)

    assert "at most 60" in page.content.decode()
    assert issue.sections.count() == 2


def test_scripts_are_removed_from_sections() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    body = '<p onclick="x()">Fine<script>alert(1)</script><a href="javascript:x()">link</a></p>'

    save(client, issue, open_issue(client, issue), **{"sections-0-body": body})

    assert issue.sections.all()[0].body == "<p>Fine<a>link</a></p>"


def test_a_change_voids_the_approval_and_says_so() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Editors")

    page = save(client, issue, off_the_clock(open_issue(client, issue)), title="Another headline")

    issue.refresh_from_db()
    assert issue.state == IssueState.IN_REVIEW
    assert (
        "The issue was scheduled. Because its content changed, it is in review again"
        in messages_of(page)
    )


def test_a_change_that_readers_do_not_see_keeps_the_approval() -> None:
    issue = make_scheduled_issue()
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), slug="another-slug")

    assert Issue.objects.get(pk=issue.pk).state == IssueState.SCHEDULED


def test_a_published_issue_is_corrected_on_the_web_page_only() -> None:
    issue = make_published_issue()
    client = staff_client("Editors")

    url = reverse("admin:briefings_issue_correct", args=[issue.pk])
    form = {**read_form(client.get(url)), "title": "Corrected", "note": "Another headline."}
    page = client.post(url, form, follow=True)

    corrected = Issue.objects.get(pk=issue.pk)
    assert (corrected.title, corrected.state) == ("Corrected", IssueState.PUBLISHED)
    assert "The email stays as it was sent" in messages_of(page)
    assert AuditLogEntry.objects.on(issue).first().verb == "corrected"  # type: ignore[union-attr]  # there is one
    assert corrected.updated_at > issue.updated_at


def test_a_saved_form_tells_the_browser_which_draft_it_can_drop() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue) | {"draft_token": "0123456789abcdef", "title": "New"}

    refused = client.post(change_url(issue), form | {"title": ""})
    saved = client.post(change_url(issue), form)

    assert saved.cookies["saved_draft"].value == "0123456789abcdef"
    assert "saved_draft" not in refused.cookies


def test_a_draft_token_cannot_set_another_cookie() -> None:
    issue = make_issue()
    client = staff_client("Editors")
    form = open_issue(client, issue) | {"draft_token": "a; Path=/; x=y", "title": "New"}

    assert "saved_draft" not in client.post(change_url(issue), form).cookies
