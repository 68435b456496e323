"""'New issue from a document': a preview first, then a draft of exactly what was shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from briefings.models import Issue, IssueState
from tests.briefings.admin_client import messages_of, staff_client
from tests.factories import make_briefing, make_contributor

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/briefings/issue/from-document/"
DOCUMENT = b"""# The ferry that nobody ordered

*Two boats, one crossing, and a council that has not met.*

By Ada Byron

## What was promised

The council promised a boat every hour. It bought none.

## In brief

- The harbour master left.
- The tide tables are right again.
"""


@pytest.fixture
def client() -> Client:
    return staff_client("Reporters")


def send(client: Client, content: bytes = DOCUMENT, name: str = "ferry.md") -> Page:
    briefing = make_briefing(lead=make_contributor(name="Ada Byron"))
    return client.post(
        ADDRESS, {"briefing": briefing.pk, "document": SimpleUploadedFile(name, content)}
    )


def signed_document(page: Page) -> str:
    found = re.search(r'name="signed_document" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_the_preview_shows_the_sections_and_saves_nothing(client: Client) -> None:
    page = send(client)

    for words in (
        "The ferry that nobody ordered",
        "What was promised",
        "Ada Byron",
        "It is not saved yet",
    ):
        assert words in page.content.decode()
    assert not Issue.objects.exists()


def test_the_preview_becomes_a_draft_without_a_second_upload(client: Client) -> None:
    page = client.post(ADDRESS, {"signed_document": signed_document(send(client))}, follow=True)

    issue = Issue.objects.get()
    assert issue.state == IssueState.DRAFT
    assert issue.title == "The ferry that nobody ordered"
    assert "It bought none." in "".join(section.body for section in issue.sections.all())
    assert page.redirect_chain == [(f"/admin/briefings/issue/{issue.pk}/change/", 302)]


@pytest.mark.parametrize(
    ("content", "name", "answer"),
    [
        (b"", "empty.txt", "empty"),
        (b"%PDF-1.7 nothing", "issue.pdf", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "issue.docx", "is a picture"),
        (b"PK\x03\x04" + b"\0" * 50, "issue.docx", "issue.docx"),
    ],
)
def test_other_files_are_refused_with_the_reason(
    client: Client, content: bytes, name: str, answer: str
) -> None:
    page = send(client, content, name)

    assert page.status_code == 422
    assert answer in page.content.decode()
    assert not Issue.objects.exists()


def test_a_missing_document_is_asked_for(client: Client) -> None:
    page = client.post(ADDRESS, {"briefing": make_briefing().pk})

    assert page.status_code == 422
    assert "Choose a document." in page.content.decode()


@pytest.mark.parametrize("forged", ["", "x", "a:b:c", "\x00"])
def test_a_forged_preview_saves_nothing(client: Client, forged: str) -> None:
    page = client.post(ADDRESS, {"signed_document": forged}, follow=True)

    assert "Nothing was saved" in messages_of(page)
    assert not Issue.objects.exists()


def test_a_preview_is_valid_only_for_the_person_who_made_it(client: Client) -> None:
    signed = signed_document(send(client))

    page = staff_client("Reporters").post(ADDRESS, {"signed_document": signed}, follow=True)

    assert "Nothing was saved" in messages_of(page)


def test_only_those_who_may_add_issues_can_upload_documents() -> None:
    reader = staff_client(may=("view_issue",))

    assert reader.get(ADDRESS).status_code == 403
    assert reader.post(ADDRESS, {}).status_code == 403
