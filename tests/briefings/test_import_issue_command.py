"""`manage.py import_issue` saves a document as a draft, or says why not and saves nothing."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from briefings.document_import import (
    ImportedDocument,
    ImportedSection,
    find_author,
    read_document,
    save_as_draft,
)
from briefings.local_time import format_local
from briefings.models import Contributor, Issue, IssueState, SectionKind
from newsroom.models import AuditLogEntry
from tests.briefings.document_import.documents.word import docx, paragraph
from tests.factories import make_briefing, make_contributor, make_issue

pytestmark = pytest.mark.django_db

TEXT = Path(__file__).parent / "document_import" / "documents" / "the-school-gate.txt"


def run(*words: str, briefing: str = "school-gate") -> str:
    out = io.StringIO()
    call_command("import_issue", *words, "--briefing", briefing, stdout=out, stderr=out)
    return out.getvalue()


def make_document(**fields: Any) -> ImportedDocument:
    section = ImportedSection(kind=SectionKind.FEATURE, heading="Schools", html="<p>Forty.</p>")
    facts: dict[str, Any] = {
        "title": "Schools share",
        "strapline": "",
        "byline": "",
        "sections": (section,),
        "left_out": (),
    }
    return ImportedDocument(**(facts | fields))


def test_a_document_becomes_the_next_draft_with_its_sections() -> None:
    author = make_contributor(name="Ines Farrow")
    briefing = make_briefing(slug="school-gate", title="The School Gate")
    make_issue(briefing=briefing, number=30)

    said = run(str(TEXT))

    issue = Issue.objects.get(number=31)
    assert issue.briefing == briefing
    assert issue.state == IssueState.DRAFT
    assert issue.title == "Small schools are sharing their staff"
    assert issue.slug == "small-schools-are-sharing-their-staff"
    assert issue.strapline.startswith("What heads are not being told")
    assert issue.author == author
    assert list(issue.sections.values_list("position", "kind", "heading")) == [
        (0, SectionKind.FEATURE, "Small schools are sharing their staff"),
        (1, SectionKind.FEEDBACK, "This week in: The School Gate feedback"),
        (2, SectionKind.NOTE, ""),
    ]
    assert f"http://news.example.com/admin/briefings/issue/{issue.pk}/change/" in said
    assert "Senior schools correspondent" in said
    assert AuditLogEntry.objects.filter(verb="imported", subject_id=str(issue.pk)).exists()


def test_each_imported_draft_gets_the_next_free_slot() -> None:
    briefing = make_briefing(slug="school-gate")
    planned = briefing.slot.nth(2, after=timezone.now())
    make_issue(briefing=briefing, number=30, publish_at=planned)

    said = run(str(TEXT))
    run(str(TEXT))

    first, second = Issue.objects.filter(number__gt=30).order_by("number")
    assert (first.publish_at, second.publish_at) == (
        briefing.slot.nth(1, after=planned),
        briefing.slot.nth(2, after=planned),
    )
    assert first.publish_at
    assert f"Send time: {format_local(first.publish_at, briefing.zone)}" in said


def test_json_has_exactly_what_was_stored() -> None:
    make_contributor(name="Ines Farrow")
    make_briefing(slug="school-gate")

    report = json.loads(run(str(TEXT), "--json"))

    issue = Issue.objects.get()
    document = read_document(TEXT.read_bytes(), name=TEXT.name)
    assert report == {
        "issue": issue.pk,
        "title": issue.title,
        "strapline": issue.strapline,
        "byline": "Ines Farrow",
        "sections": [
            {"kind": section.kind, "heading": section.heading, "html": section.body}
            for section in issue.sections.all()
        ],
        "left_out": list(document.left_out),
    }
    assert [section["html"] for section in report["sections"]] == [
        section.html for section in document.sections
    ]


def test_a_word_document_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    make_briefing(slug="school-gate", title="The School Gate")
    data = docx(paragraph("Schools share", style="H1"), paragraph("Forty of them."))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    run("-", "--name", "issue.docx")

    assert Issue.objects.get().title == "Schools share"


def test_the_briefings_title_at_the_top_is_left_out(tmp_path: Path) -> None:
    make_briefing(slug="school-gate", title="The School Gate")
    file = tmp_path / "issue.md"
    file.write_text("# The School Gate\n\n## Schools share\n\nForty of them.\n")

    run(str(file))

    assert Issue.objects.get().title == "Schools share"


@pytest.mark.parametrize(
    ("byline", "author", "notice"),
    [
        ("ines FARROW", "Ines Farrow", ""),
        (
            "Bo Lund and Ines Farrow",
            "Ines Farrow",
            "An issue has one author. From the byline “Bo Lund and",
        ),
        (
            "Bo Lund",
            "Rosa Meyer",
            "No contributor is called “Bo Lund”, so the author is the lead contributor, Rosa",
        ),
        (
            "",
            "Rosa Meyer",
            "The document names no author, so the author is the lead contributor, Rosa Meyer.",
        ),
    ],
)
def test_the_author_is_found_and_never_invented(byline: str, author: str, notice: str) -> None:
    make_contributor(name="Ines Farrow")
    briefing = make_briefing(lead=make_contributor(name="Rosa Meyer"))
    document = make_document(byline=byline)

    found = find_author(document, briefing=briefing)

    assert found.contributor.name == author
    assert found.notice.startswith(notice)
    assert bool(found.notice) == bool(notice)
    assert save_as_draft(document, briefing=briefing, at=timezone.now()).author.name == author
    assert Contributor.objects.count() == 2


def test_of_two_contributors_with_one_name_the_lead_is_chosen() -> None:
    make_contributor(name="Ines Farrow")
    lead = make_contributor(name="Ines Farrow")
    briefing = make_briefing(lead=lead)

    found = find_author(make_document(byline="Ines Farrow"), briefing=briefing)

    assert found.contributor == lead


def test_the_output_says_that_the_lead_is_the_author() -> None:
    make_briefing(slug="school-gate", lead=make_contributor(name="Rosa Meyer"))

    assert (
        "No contributor is called “Ines Farrow”, so the author is the lead contributor, Rosa"
        in run(str(TEXT))
    )


def test_a_title_that_is_too_long_saves_nothing() -> None:
    briefing = make_briefing()

    with pytest.raises(ValidationError):
        save_as_draft(make_document(title="long " * 60), briefing=briefing, at=timezone.now())

    assert not Issue.objects.exists()


def test_a_draft_is_saved_whole_or_not_at_all() -> None:
    briefing = make_briefing()
    refused = ImportedSection(
        kind=cast("SectionKind", None), heading="What the database refuses", html=""
    )

    with pytest.raises(IntegrityError), transaction.atomic():
        save_as_draft(make_document(sections=(refused,)), briefing=briefing, at=timezone.now())

    assert not Issue.objects.exists()
    assert not AuditLogEntry.objects.exists()


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("issue.docx", b"\x89PNG\r\n\x1a\n", "“issue.docx” is a picture."),
        ("issue.txt", b"", "“issue.txt” is empty."),
        ("issue.txt", b"a" * 11_000_000, "“issue.txt” is larger than 10 MB"),
    ],
)
def test_what_cannot_be_read_saves_nothing(
    tmp_path: Path, file: str, content: bytes, sentence: str
) -> None:
    make_briefing(slug="school-gate")
    path = tmp_path / file
    path.write_bytes(content)

    with pytest.raises(CommandError, match=sentence) as refusal:
        run(str(path))

    assert refusal.value.returncode == 1
    assert not Issue.objects.exists()


def test_a_missing_file_or_a_folder_is_an_error(tmp_path: Path) -> None:
    make_briefing(slug="school-gate")

    for path in (tmp_path / "none.txt", tmp_path, "a\0b"):
        with pytest.raises(CommandError, match=r"Cannot read .+: .+\."):
            run(str(path))


def test_an_unknown_briefing_is_an_error_that_lists_the_briefings() -> None:
    make_briefing(slug="school-gate")

    with pytest.raises(CommandError, match=r"no briefing 'gate'\. Choose one of: school-gate\."):
        run(str(TEXT), briefing="gate")
