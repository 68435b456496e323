"""Below a round-up's bullets an article opens, whatever its heading looks like."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document

BULLETS = ["- The ferry at Wem is to stop.", "- A bridge in Hale was sold for a pound."]
ARTICLE = [
    "The last toll was taken in May, by a man who had taken it for forty years and a day.",
    "Nobody in the county could say what it had paid for, or to whom the money had gone.",
]
READERS = [
    "Those who pay it every day told me:",
    "- “I keep a jar of coins for it by the door.”\n- “They waved me through at Christmas.”",
]
STRAPLINE = "Bridges and those who cross them, by our roads correspondent Ada Lane."


def read(*parts: str, name: str = "a.txt") -> ImportedDocument:
    return read_document("\n\n".join(parts).encode(), name=name)


def kinds(document: ImportedDocument) -> list[tuple[str, str]]:
    return [(section.kind, section.heading) for section in document.sections]


@pytest.mark.parametrize(
    "roundup",
    ["The week in bridges", "The week on the water", "News", "The week at sea:", "Briefly:",
     "News from the quay:"],
)  # fmt: skip
@pytest.mark.parametrize(
    "heading",
    [
        "Who is the toll for?",
        "They have closed the tollhouse",
        "There is no toll. I have paid it.",
        "The toll is going. Or is it?",
    ],
)
def test_it_opens_with_a_short_answer(heading: str, roundup: str) -> None:
    bullets = "\n".join(BULLETS)
    document = read(STRAPLINE, roundup, bullets, heading, "Nobody knows.", *ARTICLE, *READERS)

    assert (document.title, document.byline) == (heading, "Ada Lane")
    assert kinds(document) == [("roundup", roundup.rstrip(":")), ("feature", heading)]
    assert document.sections[0].html.count("<li>") == 2
    assert document.sections[1].html.count("<blockquote>") == 2


@pytest.mark.parametrize("heading", ["Why are there still tolls?", "They have closed the house"])
def test_lines_without_blank_ones_between_them_are_paragraphs(heading: str) -> None:
    lines = [*BULLETS, heading, *ARTICLE, "Next week", "I am at sea, and so is this column."]
    document = read(STRAPLINE, "\n".join(["The week in bridges", *lines]))

    assert kinds(document) == [
        ("roundup", "The week in bridges"),
        ("feature", heading),
        ("note", "Next week"),
    ]
    assert document.sections[1].html.count("<p>") == 2


@pytest.mark.parametrize("lines", ["12 Mill Lane\nWem\nSY4 5DA", "I crossed the bridge\nat night."])
def test_an_address_and_a_verse_stay_whole(lines: str) -> None:
    document = read("Tolls", *ARTICLE, lines, *ARTICLE)
    assert lines.replace("\n", "<br>") in document.sections[0].html


@pytest.mark.parametrize("name", ["a.md", "a.html"])
@pytest.mark.parametrize("heading", ["Who pays?", "They have closed it.", "What, again!"])
def test_a_heading_in_bold_may_end_as_a_sentence(heading: str, name: str) -> None:
    if name == "a.md":
        parts = [f"**{title}**" for title in ("Tolls", "The week in bridges", heading)]
        parts[2:2] = ["\n".join(BULLETS)]
    else:
        parts = [f"<p><b>{title}</b></p>" for title in ("Tolls", "The week in bridges", heading)]
        parts[2:2] = ["<ul><li>The ferry.</li><li>A bridge.</li></ul>"]
    article = ARTICLE if name == "a.md" else [f"<p>{text}</p>" for text in ARTICLE]
    document = read(parts[0], article[0], *parts[1:], *article, name=name)

    assert kinds(document)[1:] == [("roundup", "The week in bridges"), ("feature", heading)]


def test_what_closes_a_roundup_stays_in_it() -> None:
    document = read(STRAPLINE, "The week in bridges", "\n".join(BULLETS), "That is all for now.")
    assert kinds(document) == [("roundup", "The week in bridges")]


@pytest.mark.parametrize("nameplate", ["THE CROSSING", "The Toll", "BRIDGES FOR THOSE IN A HURRY"])
def test_the_title_of_a_publication_is_no_headline(nameplate: str) -> None:
    heading = "Who is the toll for?"
    bullets = "\n".join(BULLETS)
    document = read(
        nameplate, STRAPLINE, "A short one.", "The week in bridges", bullets, heading, *ARTICLE
    )

    assert document.title == heading
    assert nameplate in document.left_out
    assert [kind for kind, _ in kinds(document)] == ["note", "roundup", "feature"]


def test_a_headline_above_its_own_article_stays_one() -> None:
    document = read("The last toll", STRAPLINE, *ARTICLE, "What it paid for", *ARTICLE)

    assert document.title == "The last toll"
    assert kinds(document) == [("feature", "The last toll"), ("feature", "What it paid for")]


@pytest.mark.parametrize(
    "line",
    [
        "Bridges, seen from below: by our roads correspondent Ada Lane.",
        "Bridges, seen from below, by our roads correspondent, Ada Lane:",
        "Bridges, seen from below; by our roads correspondent Ada Lane,",
    ],
)
def test_marks_around_a_byline_belong_to_neither(line: str) -> None:
    document = read(line, "The last toll is taken", *ARTICLE)
    assert (document.strapline, document.byline) == ("Bridges, seen from below", "Ada Lane")


def test_the_lines_of_a_mail_program_are_named() -> None:
    headers = "From: Ada\nSent: Friday\nTo: production\nSubject: this week"
    document = read(headers, STRAPLINE, "The last toll is taken", *ARTICLE)

    assert document.title == "The last toll is taken"
    assert set(headers.split("\n")) < set(document.left_out)


def test_questions_in_capitals_are_headings_where_others_are() -> None:
    document = read(
        STRAPLINE, "THE LAST TOLL", ARTICLE[0], "WHAT IT PAID", *ARTICLE, "WHY?", *ARTICLE
    )
    assert [heading for _, heading in kinds(document)] == ["THE LAST TOLL", "WHAT IT PAID", "WHY?"]


@pytest.mark.parametrize(
    "items",
    [
        "1. “I keep a jar of coins for it.”\n2. “They waved me through at Christmas.”",
        "* 'I keep a jar of coins for it.'\n* 'They waved me through, didn't they?'",
    ],
)
def test_numbered_and_plainly_quoted_words_of_readers_are_quotations(items: str) -> None:
    document = read("The last toll", *ARTICLE, "Those who pay it told me:", items, *ARTICLE)
    assert document.sections[0].html.count("<blockquote>") == 2


QUESTION = "Who is the toll for?"


@pytest.mark.parametrize("question", ["What would save it?", "Who decides?", "Is it too late?"])
def test_a_short_question_opens_another_part_of_an_article_that_a_question_opened(
    question: str,
) -> None:
    document = read(
        STRAPLINE, "The week in bridges", "\n".join(BULLETS), QUESTION, *ARTICLE, *ARTICLE,
        question, *ARTICLE, *ARTICLE,
    )  # fmt: skip
    assert kinds(document)[1:] == [("feature", QUESTION), ("feature", question)]


@pytest.mark.parametrize("first", ["They have closed the house", "Nobody sold the toll-house"])
def test_a_short_question_opens_another_part_whatever_opened_the_first(first: str) -> None:
    document = read(
        STRAPLINE, "The week in bridges", "\n".join(BULLETS), first, *ARTICLE, *ARTICLE,
        "Who decides?", *ARTICLE, *ARTICLE,
    )  # fmt: skip
    assert kinds(document)[1:] == [("feature", first), ("feature", "Who decides?")]


@pytest.mark.parametrize(
    ("question", "below"),
    [
        ("Why?", ARTICLE),
        ("So who pays?", ARTICLE),
        ("What can they do?", ARTICLE),
        ("Why does this matter?", ARTICLE),
        ("Who decides?", ["Nobody.", ARTICLE[0]]),
        ("Who decides?", [ARTICLE[0]]),
    ],
)
def test_a_question_in_passing_opens_nothing(question: str, below: list[str]) -> None:
    document = read(
        STRAPLINE, "The week in bridges", "\n".join(BULLETS), QUESTION, *ARTICLE, *ARTICLE,
        question, *below,
    )  # fmt: skip
    assert kinds(document)[1:] == [("feature", QUESTION)]


@pytest.mark.parametrize(
    "items",
    [
        ["“I keep a jar of coins for it by the door.”", "“They waved me through at Christmas.”",
         "And one who only sent a picture of the tollhouse, and of the cat that lives in it now."],
        ["The county buys the house, and it had better do so before the roof comes down on it.",
         "The man is paid for May, and thanked, which nobody has done in all the forty years.",
         "The road is repaired with what is left, and the sign that says it is a road comes down."],
    ],
)  # fmt: skip
def test_an_article_that_ends_in_bullets_is_no_roundup(items: list[str]) -> None:
    document = read(
        STRAPLINE, "The week in bridges", "\n".join(BULLETS), QUESTION, *ARTICLE,
        "This is what comes next:", "\n".join(f"- {item}" for item in items),
    )  # fmt: skip
    assert document.title == QUESTION
    assert kinds(document) == [("roundup", "The week in bridges"), ("feature", QUESTION)]
    assert document.sections[1].html.count("<li>") + document.sections[1].html.count("<bl") == 3


@pytest.mark.parametrize(
    "name",
    [
        "A WORD FIRST",
        "A word first",
        "First, a note",
        "Before we go on",
        "A note before you read on",
    ],
)
@pytest.mark.parametrize("is_above", [True, False])
def test_the_heading_of_an_opening_note_is_no_headline(name: str, *, is_above: bool) -> None:
    note = [name, "I was wrong about the toll last week: it is nine pounds."]
    top = [*note, STRAPLINE] if is_above else [STRAPLINE, *note]
    document = read(*top, "The week in bridges", "\n".join(BULLETS), QUESTION, *ARTICLE)

    assert (document.title, document.byline) == (QUESTION, "Ada Lane")
    assert kinds(document) == [
        ("note", name),
        ("roundup", "The week in bridges"),
        ("feature", QUESTION),
    ]


def test_bullets_far_longer_than_the_prose_that_introduces_them_are_a_roundup() -> None:
    items = "\n".join(f"- {words}" for words in 8 * ARTICLE)
    document = read(
        "# Bridges", "## Who pays", *ARTICLE, "## What caught our eye", *ARTICLE, ARTICLE[0], items,
        name="a.md",
    )  # fmt: skip
    assert kinds(document) == [("feature", "Who pays"), ("roundup", "What caught our eye")]


def test_a_greeting_above_a_note_is_no_headline() -> None:
    note = "I was wrong about the toll last week: it is nine pounds."
    document = read("Hello", note, STRAPLINE, "The week in bridges", "\n".join(BULLETS), *ARTICLE)
    assert document.byline == "Ada Lane"
    assert kinds(document)[0] == ("note", "")


def test_lines_with_numbers_of_several_levels_are_no_headings() -> None:
    document = read("Rules", *ARTICLE, "1. Ask", "1.1 Ask again", *ARTICLE, "2.1. Go", *ARTICLE)
    assert kinds(document) == [("feature", "Rules")]
