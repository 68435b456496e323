"""While somebody types, the findings are about what autosave has kept of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from briefings.models import Issue, Role, SectionKind
from briefings.working_copies import keep_words
from tests.briefings.admin_client import change_url, make_member, make_staff, staff_client
from tests.factories import make_briefing, make_issue

pytestmark = pytest.mark.django_db
TOKEN = "page00000001"


def type_words(user: User, issue: Issue, body: str) -> None:
    section = issue.sections.get()
    known = {"id": str(section.pk), "kind": "note", "heading": "", "body": body, "removed": False}
    added = {**known, "id": "", "body": "<p>By XXX</p>"}
    fields = {"title": "The bridge that TK closed", "author": str(issue.author_id)}
    content = {"version": "1", "seen": "", "fields": fields, "sections": [known, added]}
    keep_words(user=user, token=TOKEN, sequence=1, issue=issue, content=content)


def findings(client: Client, issue: Issue, token: str = TOKEN) -> tuple[int, str]:
    url = reverse("admin:briefings_findings", args=[issue.pk])
    answer = client.get(url, {"draft": token})
    return answer.status_code, answer.content.decode()


def test_findings_are_about_the_words_that_are_not_saved_yet() -> None:
    rosa = make_staff("Editors")
    client = Client()
    client.force_login(rosa)
    issue = make_issue(sections=[(SectionKind.NOTE, "", "<p>It cost TBC.</p>")])
    url = reverse("admin:briefings_findings", args=[issue.pk])
    assert f'data-findings="{url}"' in client.get(change_url(issue)).content.decode()
    type_words(rosa, issue, "<p>It was in in the harbour.</p>")

    status, html = findings(client, issue)

    assert status == 200
    assert "The headline: “TK” is a placeholder." in html
    assert "“in in” is written twice in a row." in html
    assert 'href="#section--2"' in html  # the section that was added
    assert "TBC" not in html
    assert "<html" not in html


def test_nobody_sees_the_unsaved_words_of_another() -> None:
    rosa = make_staff("Editors")
    issue = make_issue(sections=[(SectionKind.NOTE, "", "<p>Words</p>")])
    type_words(rosa, issue, "<p>Words</p>")

    assert findings(staff_client("Editors"), issue)[0] == 404
    assert findings(staff_client(), issue)[0] in {403, 404}
    assert findings(Client(), issue)[0] == 302
    client = Client()
    client.force_login(rosa)
    assert findings(client, issue, "page00000002")[0] == 404
    assert findings(client, issue, "'; --")[0] == 404


def test_a_new_issue_is_checked_before_it_is_saved() -> None:
    briefing = make_briefing()
    rosa = make_member(Role.REPORTER, of=briefing)
    client = Client()
    client.force_login(rosa)
    page = client.get(reverse("admin:briefings_issue_add")).content.decode()
    url = reverse("admin:briefings_findings", args=[0])
    assert f'data-findings="{url}"' in page
    section = {"id": "", "kind": "note", "heading": "", "body": "<p>By XXX</p>", "removed": False}
    fields = {"title": "The bridge", "briefing": str(briefing.pk), "number": "7"}
    content = {"version": "", "seen": "", "fields": fields, "sections": [section]}
    keep_words(user=rosa, token=TOKEN, sequence=1, issue=None, content=content)

    answer = client.get(url, {"draft": TOKEN})

    assert answer.status_code == 200
    assert "“XXX” is a placeholder." in answer.content.decode()
    assert "Leave it as it is" not in answer.content.decode()
    assert client.get(url).status_code == 404
    for other in (staff_client("Editors"), staff_client()):
        assert other.get(url, {"draft": TOKEN}).status_code == 404


def test_the_page_of_a_new_issue_says_who_sees_it() -> None:
    page = staff_client("Reporters").get(reverse("admin:briefings_issue_add")).content.decode()
    assert "Editors see the saved draft, too." in page
    assert "Only you see it" not in page
