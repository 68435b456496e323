"""Sister titles: a section that lists the latest issues of chosen other briefings."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Issue, RevisionStep, Section, SectionKind, TemplateSection
from briefings.next_drafts import make_next_draft
from briefings.preflight import blocking_findings
from briefings.revision_diff import compare
from briefings.revisions import restore
from subscribers.sending import dispatches
from tests.briefings.admin_client import change_url, open_issue, read_form, save, staff_client
from tests.briefings.rendering.sample_emails import SITE, read_page, render
from tests.factories import (
    make_briefing,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def sisters_section(issue: Issue, *keys: int, body: str = "") -> Section:
    return Section.objects.create(
        issue=issue,
        position=9,
        kind=SectionKind.SISTERS,
        heading="Also this week",
        body=body,
        sisters=list(keys),
    )


def test_page_email_and_text_list_the_latest_issue_of_each_chosen_title() -> None:
    rail, court, other = (make_briefing(title=name) for name in ("Rail", "Court & bar", "Other"))
    make_published_issue(briefing=rail, title="An old timetable")
    newest = make_published_issue(briefing=rail, title="The new timetable")
    trial = make_published_issue(briefing=court, title="Who may <film> a trial?")
    make_published_issue(briefing=other, title="Something else")
    make_issue(briefing=court, title="A draft")
    issue = make_scheduled_issue()
    sisters_section(issue, rail.pk, court.pk, body="<p>From our colleagues:</p>")
    Issue.objects.filter(pk=issue.pk).update(approved_hash=issue.content_hash())

    email = render(issue)
    issue.refresh_from_db()
    issue.publish(at=timezone.now())
    page = Client().get(issue.get_absolute_url()).content.decode()

    links = read_page(email.html).links
    assert links["The new timetable"] == f"{SITE}{newest.get_absolute_url()}"
    assert links["Who may <film> a trial?"] == f"{SITE}{trial.get_absolute_url()}"
    assert f'<a href="{newest.get_absolute_url()}">The new timetable</a>.' in page
    assert '<span class="src">Court &amp; bar, ' in page
    for text in (page, email.text):
        assert "From our colleagues:" in text
        assert "Also this week" in text
    assert "• The new timetable" in email.text
    assert f"{SITE}{trial.get_absolute_url()}" in email.text
    for text in (page, email.html, email.text):
        assert not any(one in text for one in ("An old timetable", "Something else", "A draft"))


def test_titles_without_an_issue_retired_ones_and_its_own_are_left_out() -> None:
    empty, retired, shown = make_briefing(), make_briefing(), make_briefing(title="Shown")
    make_published_issue(briefing=retired, title="The last one")
    make_published_issue(briefing=shown, title="Here")
    retired.retired = True
    retired.save()
    own = make_published_issue(title="Own headline")
    issue = make_issue(briefing=own.briefing)
    sisters_section(issue, empty.pk, retired.pk, own.briefing.pk, shown.pk, 999_999)

    text = render(issue).text

    assert "Here" in text
    assert "The last one" not in text
    assert "Own headline" not in text


def test_a_section_without_anything_to_list_is_left_out_with_its_heading() -> None:
    issue = make_issue()
    sisters_section(issue, make_briefing().pk)

    assert "Also this week" not in render(issue).text


def test_the_email_keeps_what_was_the_latest_when_it_was_published() -> None:
    rail = make_briefing(title="Rail")
    make_published_issue(briefing=rail, title="The first timetable")
    issue = make_issue(sections=[(SectionKind.FEATURE, "Beds", "<p>The county has 214 beds.</p>")])
    sisters_section(issue, rail.pk)
    issue.submit(by=None)
    issue.approve(by=None)
    now = timezone.now()
    issue.schedule(publish_at=now, by=None, at=now)

    dispatch = dispatches.publish(issue, at=timezone.now())
    make_published_issue(briefing=rail, title="The second timetable")

    dispatch.refresh_from_db()
    assert "The first timetable" in dispatch.html
    assert "The second timetable" in Client().get(issue.get_absolute_url()).content.decode()


def test_rendering_twice_lists_once_and_saves_nothing() -> None:
    rail = make_briefing()
    make_published_issue(briefing=rail, title="The timetable")
    issue = make_issue()
    section = sisters_section(issue, rail.pk)
    issue = Issue.objects.prefetch_related("sections").get(pk=issue.pk)

    texts = [render(issue).text for _ in range(2)]

    assert texts[0] == texts[1]
    section.refresh_from_db()
    assert section.body == ""


def test_the_choice_is_part_of_hash_revision_difference_and_restore() -> None:
    rail, court = make_briefing(title="Rail"), make_briefing(title="Court")
    issue = make_issue()
    before = issue.content_hash()
    section = sisters_section(issue, rail.pk)
    with_rail = issue.content_hash()
    first = issue.keep_revision(RevisionStep.SAVED, by=None)

    Section.objects.filter(pk=section.pk).update(sisters=[court.pk])

    assert len({before, with_rail, issue.content_hash()}) == 3
    difference = compare(first.content, issue.current_content())
    assert [words.text for words in difference.sections[-1].paragraphs[-1].words] == [
        "Titles: ",
        *("Rail", "Court"),
    ]
    restore(first, by=None, at=timezone.now())
    section.refresh_from_db()
    assert section.sisters == [rail.pk]


def test_an_editor_chooses_titles_in_the_form() -> None:
    rail, court = make_briefing(title="Rail"), make_briefing(title="Court")
    gone = make_briefing(title="Gone", retired=True)
    issue = make_issue()
    sisters_section(issue)
    client = staff_client("Editors")
    form = open_issue(client, issue)
    page = client.get(f"/admin/briefings/issue/{issue.pk}/change/").content.decode()

    save(client, issue, form, **{"sections-2-sisters": [str(court.pk), str(rail.pk)]})  # type: ignore[arg-type]

    assert issue.sections.get(kind=SectionKind.SISTERS).sisters == sorted([rail.pk, court.pk])
    choice = page.partition('name="sections-2-sisters"')[2].partition("</fieldset>")[0]
    assert "Court" in choice
    assert "Gone" not in choice
    assert f'value="{issue.briefing_id}"' not in choice
    # Unticking all of them is a change, too; another kind keeps no titles.
    save(client, issue, open_issue(client, issue))
    assert issue.sections.get(kind=SectionKind.SISTERS).sisters == []
    save(
        client,
        issue,
        open_issue(client, issue),
        **{"sections-2-kind": "note", "sections-2-sisters": str(gone.pk)},
    )
    assert issue.sections.last() is not None
    assert [section.sisters for section in issue.sections.all()] == [[], [], []]


def test_a_choice_that_somebody_else_made_meanwhile_is_merged() -> None:
    rail = make_briefing(title="Rail")
    issue = make_issue()
    section = sisters_section(issue)
    issue.keep_revision(RevisionStep.CREATED, by=None)
    one, other = staff_client("Editors"), staff_client("Editors")
    mine = open_issue(one, issue)
    theirs = open_issue(other, issue)

    save(other, issue, theirs, **{"sections-2-sisters": str(rail.pk)})
    save(one, issue, mine, title="Another headline")

    issue.refresh_from_db()
    section.refresh_from_db()
    assert issue.title == "Another headline"
    assert section.sisters == [rail.pk]


def test_the_template_of_a_briefing_chooses_titles_for_every_issue() -> None:
    rail = make_briefing(title="Rail")
    issue = make_published_issue()
    TemplateSection.objects.create(
        briefing=issue.briefing, kind=SectionKind.SISTERS, heading="Also", sisters=[rail.pk]
    )

    draft = make_next_draft(issue.briefing, at=timezone.now())

    assert draft is not None
    assert draft.sections.get().sisters == [rail.pk]
    client = staff_client("Editors")
    url = f"/admin/briefings/briefing/{issue.briefing_id}/change/"
    form = read_form(client.get(url), "briefing_form")
    client.post(url, {**form, "template_sections-0-sisters": str(rail.pk)})
    assert issue.briefing.template_sections.get().sisters == [rail.pk]


def blocking(issue: Issue) -> set[str]:
    return {finding.code for finding in blocking_findings(issue, publish_at=None)}


def test_a_section_without_a_choice_stops_the_issue() -> None:
    issue = make_issue()
    section = sisters_section(issue)

    assert "no-sister-titles" in blocking(issue)

    section.sisters = [make_briefing().pk]
    section.save()
    assert {"no-sister-titles", "empty-section"}.isdisjoint(blocking(issue))


def test_who_may_not_edit_sees_which_titles_a_section_lists() -> None:
    issue = make_published_issue()
    sisters_section(issue, make_briefing(title="Rail & road").pk, make_briefing(title="Court").pk)
    reader = staff_client("Publishers")

    page = reader.get(change_url(issue)).content.decode()

    assert "Lists the latest issue of: <bdi>Court, Rail &amp; road</bdi>" in page
