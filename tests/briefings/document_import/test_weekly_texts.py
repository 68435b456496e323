"""Weekly issues as plain text, in fifteen manners, without a headline of their own."""

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
    "quay": Issue(
        title="Who will pay for the quay?",
        strapline="What the harbour did this week, and what it costs you",
        byline="Wanda Ó Briain",
        job="our maritime affairs correspondent",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in harbours", 3, 0),
            ("feature", "Who will pay for the quay?", 0, 2),
        ),
    ),
    "timetable": Issue(
        title="IS THE NEW TIMETABLE WORKING?",
        strapline="Everything that happened in schools since Monday",
        byline="Dr Piet van den Berg",
        job="our education and skills editor",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "THE WEEK IN SCHOOLS", 3, 0),
            ("feature", "IS THE NEW TIMETABLE WORKING?", 0, 2),
        ),
    ),
    "bins": Issue(
        title="The bins will be emptied after all",
        strapline="Your Friday guide to who is spending what in the town halls of the county",
        byline="Mina Achterberg",
        job="our local government reporter",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "This week in the town halls", 3, 0),
            ("feature", "The bins will be emptied after all", 0, 3),
            ("note", "Next week", 0, 0),
        ),
    ),
    "maternity": Issue(
        title="“We knew in June,” the regulator says",
        strapline="Beds, bills and who is to blame: a week on the wards in ten minutes",
        byline="Aoife Nic Dhonnchadha",
        job="our senior hospitals and social care writer",
        sections=(
            ("note", "", 0, 0),
            ("roundup", "The week in hospitals", 3, 0),
            ("feature", "“We knew in June,” the regulator says", 0, 2),
        ),
    ),
    "lifts": Issue(
        title="Why does nobody mend the lifts at Cross Street?",
        strapline="Rails, roads and the people who wait for them",
        byline="Sir Ben Okonkwo-Hale",
        job="our transport editor-at-large",
        sections=(
            ("roundup", "The week in transport", 3, 0),
            ("feature", "Why does nobody mend the lifts at Cross Street?", 0, 2),
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
    assert {word for word in lost if not word.isdecimal()} <= {"by", "By", "from", "written"}
    assert len(found) >= len(words(text)) - 6


def test_a_question_in_passing_is_not_a_heading() -> None:
    text = (FOLDER / "harbour.txt").read_text()
    for question in ("So who gains?", "Why does this matter?", "What can they do?", "Why?"):
        document = read_document(
            text.replace("Five answered.", f"{question}\n\nFive of the eight answered.").encode(),
            name="a.txt",
        )
        assert len(document.sections) == 4, question
