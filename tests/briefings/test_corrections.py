"""A published issue changes in one way only: as a correction, which readers are told about."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.issue_edits import CorrectionRefused, record_edit
from briefings.models import Correction, Issue, RevisionStep, Role, SectionKind, WorkingCopy
from briefings.revisions import restore
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import (
    make_member,
    messages_of,
    open_issue,
    read_form,
    save,
    staff_client,
)
from tests.factories import (
    make_briefing,
    make_correction,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
NOTE = "An earlier version gave the wrong number of beds. There are 241."
BODY = "<p>The county has 214 beds in its hospitls.</p>"


def correct_url(issue: Issue) -> str:
    return reverse("admin:briefings_issue_correct", args=[issue.pk])


def published(**fields: Any) -> Issue:
    fields.setdefault("sections", [(SectionKind.FEATURE, "Beds", BODY)])
    return make_published_issue(**fields)


def correct(client: Client, issue: Issue, **changes: str) -> Page:
    """Open the page that corrects an issue, and send its form with changes."""
    page = client.get(correct_url(issue))
    assert page.status_code == 200
    return client.post(correct_url(issue), {**read_form(page), **changes}, follow=True)


def body_of(issue: Issue) -> str:
    return str(issue.sections.get().body)


def test_a_correction_changes_the_page_and_tells_readers() -> None:
    issue = published()
    client = staff_client("Editors", first_name="Rosa", last_name="Meyer")

    page = correct(
        client, issue, note=f"  {NOTE}\r\n", **{"sections-0-body": BODY.replace("214", "241")}
    )

    assert "Corrected" in messages_of(page)
    assert "241 beds" in body_of(issue)
    correction = issue.corrections.get()
    assert (correction.note, correction.who) == (NOTE, "Rosa Meyer")
    assert correction.revision == issue.revisions.first()
    assert correction.revision.step == RevisionStep.CORRECTED
    entry = AuditLogEntry.objects.on(issue).get(verb="corrected")
    assert entry.detail["note"] == NOTE
    shown = Client().get(issue.get_absolute_url()).content.decode()
    assert NOTE in shown
    assert "Corrected on" in shown


def test_a_correction_needs_a_note_or_the_wish_to_go_without() -> None:
    issue = published()
    client = staff_client("Editors")

    page = correct(client, issue, **{"sections-0-body": "<p>All of it was wrong.</p>"})

    assert page.status_code == 200
    assert "Tell readers" in page.content.decode()
    assert "All of it was wrong." in page.content.decode()  # nothing that was typed is lost
    assert body_of(issue) == BODY
    assert not Correction.objects.exists()


def test_typing_errors_are_fixed_without_a_note_and_only_staff_see_it() -> None:
    issue = published()
    client = staff_client("Editors", first_name="Rosa", last_name="Meyer")

    page = correct(
        client,
        issue,
        without_note="on",
        **{"sections-0-body": BODY.replace("hospitls", "hospitals")},
    )

    assert "Fixed without a note" in messages_of(page)
    assert "hospitals" in body_of(issue)
    assert issue.corrections.get().note == ""
    assert AuditLogEntry.objects.on(issue).filter(verb="fixed without a note").exists()
    assert "Typing errors fixed" in page.content.decode()
    shown = Client().get(issue.get_absolute_url()).content.decode()
    assert "Corrected on" not in shown


def test_a_larger_change_without_a_note_is_refused_and_keeps_what_was_typed() -> None:
    issue = published()
    client = staff_client("Editors")

    page = correct(
        client,
        issue,
        without_note="on",
        title="Another headline",
        **{"sections-0-body": BODY.replace("214", "241")},
    )

    text = page.content.decode()
    assert "needs a note" in text
    assert "241 beds" in text
    assert "Another headline" in text
    assert body_of(issue) == BODY
    assert Issue.objects.get(pk=issue.pk).title == issue.title
    assert not Correction.objects.exists()
    assert not AuditLogEntry.objects.on(issue).filter(verb__startswith="fixed").exists()


def test_a_correction_adds_nothing_that_would_have_stopped_the_issue() -> None:
    issue = published()
    words = BODY.replace("hospitls", "TK")

    page = correct(staff_client("Publishers"), issue, **{"sections-0-body": words, "note": NOTE})

    assert body_of(issue) == BODY
    assert "This cannot go to readers yet." in page.content.decode()
    assert read_form(page)["sections-0-body"] == words  # what was typed is still there
    assert not Correction.objects.exists()


def test_what_stood_in_a_published_issue_before_does_not_stop_its_correction() -> None:
    issue = published(
        sections=[(SectionKind.FEATURE, "Beds", f"{BODY}<p>The price is TK pounds.</p>")]
    )
    words = body_of(issue).replace("hospitls", "hospitals")

    correct(staff_client("Publishers"), issue, **{"sections-0-body": words, "note": NOTE})

    assert "hospitals" in body_of(issue)
    page = correct(
        staff_client("Publishers"),
        issue,
        **{"sections-0-body": f"{words}<p>There are XXX beds.</p>", "note": NOTE},
    )
    assert "This cannot go to readers yet." in page.content.decode()
    assert "XXX" not in body_of(issue)


def test_fixes_without_a_note_count_together_until_readers_are_told() -> None:
    wrong = "teh bedds are closd and wardds stannd emty nearr teh rivver".split()  # noqa: SIM905
    right = "the beds are closed and wards stand empty near the river".split()  # noqa: SIM905
    issue = published(sections=[(SectionKind.NOTE, "", f"<p>{' '.join(wrong)}</p>")])
    client = staff_client("Editors")

    def fix(number: int, **how: str) -> Page:
        words = " ".join([*right[:number], *wrong[number:]])
        return correct(client, issue, **{"sections-0-body": f"<p>{words}</p>"}, **how)

    for number in (2, 4, 6):
        assert "Fixed" in messages_of(fix(number, without_note="on"))
    refused = fix(9, without_note="on")
    assert "needs a note" in refused.content.decode()
    assert "Corrected" in messages_of(fix(9, note="Several words were misspelt."))
    assert "Fixed" in messages_of(fix(11, without_note="on"))


def test_a_note_without_a_change_is_kept_on_the_page() -> None:
    issue = published()
    page = correct(staff_client("Editors"), issue, note=NOTE)

    assert "You changed nothing" in page.content.decode()
    assert NOTE in page.content.decode()
    assert not Correction.objects.exists()


def test_the_page_of_a_published_issue_is_read_only_and_leads_to_its_correction() -> None:
    issue = published()
    client = staff_client("Editors")
    page = client.get(reverse("admin:briefings_issue_change", args=[issue.pk])).content.decode()

    assert correct_url(issue) in page
    assert 'id="issue_form"' not in page


def test_the_plain_save_of_a_published_issue_is_refused() -> None:
    issue = make_scheduled_issue(sections=[(SectionKind.FEATURE, "Beds", BODY)])
    client = staff_client("Editors")
    form = open_issue(client, issue)
    issue.publish(at=timezone.now())  # while the editor writes

    page = save(client, issue, form, **{"sections-0-body": "<p>Changed</p>"})

    text = page.content.decode()
    assert "is published" in text
    assert "Changed" in text
    assert f'formaction="{correct_url(issue)}"' in text
    assert body_of(issue) == BODY
    # The same form, sent on as a correction, asks for the note and then saves.
    again = client.post(correct_url(issue), {**form, "sections-0-body": "<p>Changed</p>"})
    assert "Tell readers" in again.content.decode()
    noted = {**form, "sections-0-body": "<p>Changed</p>", "note": NOTE}
    assert "Corrected" in messages_of(client.post(correct_url(issue), noted, follow=True))


def test_a_revision_of_a_published_issue_is_not_restored() -> None:
    issue = published()
    old = issue.revisions.latest("pk")
    correction = make_correction(issue)

    with pytest.raises(TransitionRefused, match="correction"):
        restore(old, by=None, at=timezone.now())

    client = staff_client("Editors")
    url = reverse("admin:briefings_revision_restore", args=[issue.pk, old.pk])
    assert "correction" in messages_of(client.post(url, follow=True))
    assert issue.revisions.first() == correction.revision
    listed = client.get(reverse("admin:briefings_revisions", args=[issue.pk]))
    assert url not in listed.content.decode()


def test_an_import_does_not_change_a_published_issue(tmp_path: Path) -> None:
    issue = published()
    file = tmp_path / "again.md"
    file.write_text(f"# {issue.title}\n\n## Beds\n\nAnother text for the same number.\n")
    before = (issue.content_hash(), issue.revisions.count())

    with contextlib.suppress(CommandError):
        call_command("import_issue", str(file), briefing=issue.briefing.slug, stdout=StringIO())
    client = staff_client("Editors")
    client.post(
        reverse("admin:briefings_issue_add"),
        {"briefing": issue.briefing_id, "number": issue.number, "title": "Again"},
    )

    issue = Issue.objects.get(pk=issue.pk)
    assert (issue.content_hash(), issue.revisions.count()) == before


def test_nothing_records_an_edit_of_a_published_issue_but_a_correction() -> None:
    issue = published()
    with pytest.raises(TransitionRefused, match="published"):
        record_edit(issue, by=None, at=timezone.now(), fields=[], merges_other=False)
    with pytest.raises(CorrectionRefused):
        make_correction(issue, note="")


def test_a_publisher_corrects_and_an_editor_does_not() -> None:
    issue = published()
    publisher, editor = Client(), Client()
    publisher.force_login(make_member(Role.PUBLISHER, of=issue.briefing))
    editor.force_login(make_member(Role.EDITOR, of=issue.briefing))

    page = correct(publisher, issue, note=NOTE, **{"sections-0-body": "<p>As it is.</p>"})

    assert "Corrected" in messages_of(page)
    assert body_of(issue) == "<p>As it is.</p>"
    assert editor.get(correct_url(issue)).status_code == 403
    other = published()
    assert publisher.get(correct_url(other)).status_code in {403, 404}


def test_who_may_not_correct_sees_no_such_page() -> None:
    issue = published()
    for client in (staff_client("Reporters"), staff_client(may=("view_issue",))):
        assert client.get(correct_url(issue)).status_code == 403
        assert client.post(correct_url(issue), {"note": NOTE}).status_code == 403
        page = client.get(reverse("admin:briefings_issue_change", args=[issue.pk]))
        assert correct_url(issue) not in page.content.decode()


def test_a_draft_is_not_corrected_but_edited() -> None:
    issue = make_issue()
    page = staff_client("Editors").get(correct_url(issue))
    assert page["Location"] == reverse("admin:briefings_issue_change", args=[issue.pk])


def test_an_unsaved_correction_is_kept_and_offered_again() -> None:
    issue = published()
    client = staff_client("Editors", username="rosa")
    rosa = User.objects.get(username="rosa")
    WorkingCopy.objects.create(
        user=rosa, issue=issue, token="a" * 12, sequence=1, content={"fields": {"note": NOTE}}
    )

    page = client.get(reverse("admin:briefings_issue_change", args=[issue.pk]))
    assert "Continue the correction" in page.content.decode()
    assert NOTE in client.get(correct_url(issue)).content.decode()


def test_two_corrections_at_once_do_not_overwrite_each_other() -> None:
    issue = published()
    client = staff_client("Editors")
    form = read_form(client.get(correct_url(issue)))
    make_correction(issue)

    page = client.post(correct_url(issue), {**form, "note": NOTE, "sections-0-body": "<p>Mine</p>"})

    assert "Mine" in page.content.decode()
    assert "Mine" not in body_of(issue)
    assert issue.corrections.count() == 1


def test_the_corrections_of_an_issue_are_shown_newest_first() -> None:
    issue = published(at=datetime(2026, 4, 14, 6, tzinfo=UTC))
    make_correction(issue, note="The first note.", at=datetime(2026, 4, 15, 23, 30, tzinfo=UTC))
    make_correction(issue, note="A <b>second</b> & note.", at=datetime(2026, 4, 20, tzinfo=UTC))

    page = Client().get(issue.get_absolute_url()).content.decode()

    html = page[page.index('id="corrections"') :]
    assert html.index("A &lt;b&gt;second&lt;/b&gt; &amp; note.") < html.index("The first note.")
    assert "16 April 2026" in html  # in the briefing's time zone
    assert reverse("briefings:corrections", args=[issue.briefing.slug]) in html


def linked_data(issue: Issue) -> dict[str, Any]:
    html = Client().get(issue.get_absolute_url()).content.decode()
    [found] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    data: dict[str, Any] = json.loads(found)
    return data


def test_search_engines_read_the_corrections() -> None:
    issue = published(at=datetime(2026, 4, 14, 6, tzinfo=UTC), title="Beds </script><b> & more")
    assert "correction" not in linked_data(issue)
    assert linked_data(issue)["dateModified"] == "2026-04-14T07:00:00+01:00"
    make_correction(issue, note=NOTE, at=datetime(2026, 4, 15, 12, tzinfo=UTC))

    data = linked_data(issue)

    assert data["@type"] == "NewsArticle"
    assert data["headline"] == "Beds </script><b> & more"
    assert data["datePublished"] == "2026-04-14T07:00:00+01:00"
    assert data["dateModified"] == "2026-04-15T13:00:00+01:00"
    assert data["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": NOTE,
            "datePublished": "2026-04-15T13:00:00+01:00",
        }
    ]


def test_a_briefing_lists_its_corrections() -> None:
    issue = published()
    make_correction(issue, note="The first note.")
    make_correction(issue, note="The second note.")
    make_correction(published(), note="Of another briefing.")
    url = reverse("briefings:corrections", args=[issue.briefing.slug])
    assert url == f"/{issue.briefing.slug}/corrections/"

    html = Client().get(url).content.decode()

    assert html.index("The second note.") < html.index("The first note.")
    assert issue.get_absolute_url() in html
    assert "Of another briefing." not in html
    briefing_page = Client().get(issue.briefing.get_absolute_url()).content.decode()
    assert url in briefing_page


def test_a_briefing_without_corrections_says_so() -> None:
    url = reverse("briefings:corrections", args=[make_briefing().slug])
    assert "no corrections yet" in Client().get(url).content.decode()
    assert Client().get("/no-such-briefing/corrections/").status_code == 404


def test_a_long_list_of_corrections_has_pages() -> None:
    issue = published()
    revision = issue.revisions.latest("pk")
    for number in range(60):
        revision.pk = None
        revision.save()
        Correction.objects.create(
            issue=issue,
            revision=revision,
            note=f"Note {number}.",
            at=issue.created_at + timedelta(minutes=number),
        )
    url = reverse("briefings:corrections", args=[issue.briefing.slug])

    first, second = (Client().get(f"{url}?page={page}").content.decode() for page in (1, 2))

    assert "Note 59." in first
    assert "Note 9." not in first
    assert "Note 9." in second


def test_feeds_have_the_corrections() -> None:
    issue = published(title="Beds & wards")
    make_correction(issue, note="Not 2 < 3 but 3 < 4.")
    slug = issue.briefing.slug

    whole = Client().get(reverse("briefings:briefing_feed", args=[slug])).content.decode()
    feed = Client().get(reverse("briefings:corrections_feed", args=[slug]))

    assert "Not 2 &amp;lt; 3 but 3 &amp;lt; 4." in whole
    root = ET.fromstring(feed.content)  # noqa: S314  (our own words)
    atom = "{http://www.w3.org/2005/Atom}"
    [entry] = root.findall(f"{atom}entry")
    assert entry.findtext(f"{atom}title") == "Correction: Beds & wards"
    assert entry.findtext(f"{atom}content") == "<p>Not 2 &lt; 3 but 3 &lt; 4.</p>"
