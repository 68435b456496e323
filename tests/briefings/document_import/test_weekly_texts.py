"""Weekly issues as plain text, in the manners of ten houses, without a headline of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from briefings.document_import import ImportedDocument, read_document

FOLDER = Path(__file__).parent / "documents" / "weekly"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What a text is: each section as kind, heading, list items and quotations."""

    title: str
    strapline: str
    byline: str
    job: str
    sections: tuple[tuple[str, str, int, int], ...]


ISSUES = {
    "harbour": Issue(
        title="Will the free zones ever pay their way?",
        strapline="What port directors are not telling you, and the other things worth knowing"
        " each week",
        byline="Ines Farrow",
        job="our shipping and freight correspondent",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in ports", 4, 0),
            ("feature", "Will the free zones ever pay their way?", 0, 3),
            ("note", "", 0, 0),
        ),
    ),
    "ledger": Issue(
        title="Reserves are running out faster than anyone admits",
        strapline="The Ledger: the essential weekly read on town hall money",
        byline="Tom Ashby-Reid",
        job="our local government finance editor",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "This week in town hall money", 3, 0),
            ("feature", "Reserves are running out faster than anyone admits", 0, 2),
        ),
    ),
    "classroom": Issue(
        title="Can apprenticeships survive another reform?",
        strapline="Your guide to what matters in colleges this week",
        byline="Maya Okonjo",
        job="senior reporter",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in colleges", 3, 0),
            ("feature", "Can apprenticeships survive another reform?", 0, 3),
            ("feature", "Who is counting the leavers?", 0, 0),
        ),
    ),
    "ward": Issue(
        title="The merger that nobody asked for is going ahead.",
        strapline="Inside the trusts: an insider’s weekly view of hospitals in the north.",
        byline="Dr Rhys Pennant",
        job="our northern bureau chief",
        sections=(
            ("roundup", "The week in hospitals", 4, 0),
            ("feature", "The merger that nobody asked for is going ahead.", 0, 3),
            ("feature", "Is anybody watching the watchdog?", 0, 0),
        ),
    ),
    "grid": Issue(
        title="WHY THE QUEUE FOR THE GRID KEEPS GROWING",
        strapline="The weekly briefing on power and who holds it",
        byline="Lena Voss",
        job="the Courier’s energy and climate correspondent",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "THE WEEK IN ENERGY", 4, 0),
            ("feature", "WHY THE QUEUE FOR THE GRID KEEPS GROWING", 0, 2),
            ("feature", "WHAT TO WATCH NEXT", 0, 0),
        ),
    ),
    "soil": Issue(
        title="How much land can one county give away?",
        strapline="What the farm ministry would rather you did not read",
        byline="Joan de Witt",
        job="our rural affairs and food policy correspondent",
        sections=(
            ("feature", "How much land can one county give away?", 0, 3),
            ("roundup", "The week in farming", 3, 0),
            ("note", "Next week", 0, 0),
        ),
    ),
    "court": Issue(
        title="“We cannot try what we cannot hear”",
        strapline="A weekly look behind the bench",
        byline="Samuel O’Dowd",
        job="our legal affairs editor and former clerk",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in the courts", 3, 0),
            ("feature", "“We cannot try what we cannot hear”", 0, 2),
            ("feature", "What happens to a trial that nobody recorded?", 0, 0),
        ),
    ),
    "rails": Issue(
        title="Nobody knows who will run the trains in spring",
        strapline="Your weekly insight into the railways and those who run them",
        byline="Ada Lane and Ben Oduya",
        job="our transport and infrastructure correspondents",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in rail", 4, 0),
            ("feature", "Nobody knows who will run the trains in spring", 0, 4),
        ),
    ),
    "stage": Issue(
        title="Should a theatre own the car park next door?",
        strapline="Who is paying for the arts and what they want for it",
        byline="Priya Raman",
        job="our arts and culture writer at large",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in theatre", 3, 0),
            ("feature", "Should a theatre own the car park next door?", 0, 3),
            ("note", "Corrections", 0, 0),
        ),
    ),
    "pension": Issue(
        title="What do trustees want from the dashboards, and will they live to see them",
        strapline="The one email a week that trustees need",
        byline="Noor el-Amin",
        job="our head of pensions coverage",
        sections=(
            ("roundup", "The week in pensions", 5, 0),
            (
                "feature",
                "What do trustees want from the dashboards, and will they live to see them",
                0,
                3,
            ),
        ),
    ),
}


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def everything(document: ImportedDocument) -> list[str]:
    parts = [document.title, document.strapline, document.byline, *document.left_out]
    for section in document.sections:
        parts += [section.heading, re.sub(r"<[^>]+>", " ", section.html)]
    return words(" ".join(parts))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ISSUES)
def test_an_issue_without_a_headline_of_its_own(name: str, line_end: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    document = read_document(text.replace("\n", line_end).encode(), name=f"{name}.txt")
    expected = ISSUES[name]

    assert document.title == expected.title
    assert document.strapline == expected.strapline
    assert document.byline == expected.byline
    assert expected.job in document.left_out
    assert (
        tuple(
            (
                section.kind,
                section.heading,
                section.html.count("<li>"),
                section.html.count("<blockquote>"),
            )
            for section in document.sections
        )
        == expected.sections
    )


@pytest.mark.parametrize("name", ISSUES)
def test_nothing_of_it_is_lost(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text()
    found = everything(read_document(text.encode(), name=f"{name}.txt"))

    lost = {word for word in words(text) if word not in found}
    assert {word for word in lost if not word.isdecimal()} <= {"by", "By", "written"}
    assert len(found) >= len(words(text)) - 6


def test_a_question_in_passing_is_not_a_heading() -> None:
    text = (FOLDER / "harbour.txt").read_text()
    for question in ("So who gains?", "Why does this matter?", "What can they do?", "Why?"):
        document = read_document(
            text.replace("Five answered.", f"{question}\n\nFive of the eight answered.").encode(),
            name="a.txt",
        )
        assert len(document.sections) == 4, question
