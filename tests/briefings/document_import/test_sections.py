"""A document's headings, bullets and quotations become sections, lists and quotations."""

from __future__ import annotations

import textwrap

import pytest

from briefings.document_import import ImportedDocument, read_document
from briefings.models import SectionKind

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(*paragraphs: str, name: str = "issue.txt") -> ImportedDocument:
    return read_document("\n\n".join(paragraphs).encode(), name=name)


def body_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


# --- sections


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Who pays for it", SectionKind.FEATURE),
        ("The week in schools", SectionKind.ROUNDUP),
        ("The week in brief:", SectionKind.ROUNDUP),
        ("In other news", SectionKind.ROUNDUP),
        ("What readers said", SectionKind.FEEDBACK),
        ("This week in: School Gate feedback", SectionKind.FEEDBACK),
        ("Your comments", SectionKind.FEEDBACK),
        ("What you told us about trips", SectionKind.FEEDBACK),
        ("A note on numbers", SectionKind.NOTE),
        ("Programming note", SectionKind.NOTE),
        ("A quick scheduling note", SectionKind.NOTE),
        ("Notes from a small school", SectionKind.FEATURE),
        ("Letters", SectionKind.FEEDBACK),
        ("Letters to the editor", SectionKind.FEEDBACK),
        ("From the postbag", SectionKind.FEEDBACK),
        ("Readers respond", SectionKind.FEEDBACK),
        ("Letters of complaint cost a million", SectionKind.FEATURE),
        ("What if the school never answers its letters?", SectionKind.FEATURE),
        ("Why feedback makes heads nervous", SectionKind.FEATURE),
        ("Did you have your say on uniforms?", SectionKind.FEATURE),
        ("Your views count for less than you hope", SectionKind.FEATURE),
        ("You said the gym would never open again", SectionKind.FEATURE),
        ("The week in which the head resigned", SectionKind.FEATURE),
        ("Why the round-up of truants failed", SectionKind.FEATURE),
        ("Links golf comes to the playing field", SectionKind.FEATURE),
        ("Corrections officers are short of teachers", SectionKind.FEATURE),
        ("Away days cost schools a million", SectionKind.FEATURE),
        ("Housekeeping staff walk out", SectionKind.FEATURE),
        ("A word about next week", SectionKind.NOTE),
        ("Thank you", SectionKind.NOTE),
        ("Thanks to all who wrote", SectionKind.NOTE),
        ("About me", SectionKind.NOTE),
        ("How to get in touch", SectionKind.NOTE),
        ("That's all", SectionKind.NOTE),
        ("What I am reading", SectionKind.FEATURE),
        ("Errata", SectionKind.NOTE),
        ("Correction", SectionKind.NOTE),
        ("Clarification", SectionKind.NOTE),
    ],
)
def test_a_heading_decides_the_kind_of_its_section(heading: str, kind: SectionKind) -> None:
    sections = read("Schools share", BODY, heading, BODY).sections

    assert [(section.kind, section.heading) for section in sections] == [
        (SectionKind.FEATURE, "Schools share"),
        (kind, heading.rstrip(":")),
    ]


@pytest.mark.parametrize(
    "heading", ["Easter break", "A short break", "On holiday", "No issue in May"]
)
def test_a_break_is_a_note_where_little_stands_under_it(heading: str) -> None:
    line = "The gate stays shut until the first of June."
    document = read("Schools share", BODY, heading, line, "Who pays for it", BODY)
    assert document.sections[1].kind == SectionKind.NOTE
    document = read("Schools share", BODY, heading, *[BODY] * 12, "Who pays for it", BODY)
    assert document.sections[1].kind == SectionKind.FEATURE


@pytest.mark.parametrize(
    "heading", ["Letters of complaint and of love", "Your views of heads were many and warm"]
)
def test_a_headline_with_such_a_word_is_feedback_above_nothing_but_quotations(heading: str) -> None:
    said = "• “Nobody asked the children.”\n• “Not before time, I’d say.”"
    week = ("The week in schools", "• One has gone.\n• Two have come.")
    document = read(*week, heading, said)
    assert document.sections[1].kind == SectionKind.FEEDBACK
    document = read(*week, heading, BODY, said, BODY)
    assert [section.kind for section in document.sections] == ["roundup", "feature"]
    assert document.title == heading


def test_what_is_much_shorter_than_the_article_above_it_is_a_note() -> None:
    short = "Ada Lane writes from Hove."
    document = read("# Schools share", *[BODY] * 12, "# From the hut", short, name="issue.md")
    assert [section.kind for section in document.sections] == ["feature", "note"]
    document = read("# Schools share", *[BODY] * 12, "# From the hut", *[BODY] * 4, name="issue.md")
    assert [section.kind for section in document.sections] == ["feature", "feature"]
    document = read("# Schools share", BODY, "# From the hut", short, name="issue.md")
    assert [section.kind for section in document.sections] == ["feature", "feature"]


AWAY = "We are away next week. Back on the ninth."


@pytest.mark.parametrize(
    "heading", ["Programming note", "Programming note:", "Next week", "A quick scheduling note"]
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_note_and_its_heading_stay_together(heading: str, between: str) -> None:
    note = f"{heading}{between}{AWAY}"

    below = read("Schools share", BODY, BODY, note)
    above = read(note, "Schools share", BODY, BODY)

    for document in (below, above):
        assert document.title == "Schools share"
        [found] = [section for section in document.sections if section.kind == SectionKind.NOTE]
        assert (found.heading, found.html) == (heading.rstrip(":"), f"<p>{AWAY}</p>")


@pytest.mark.parametrize("wrap", [False, True])
def test_headings_may_stand_tight_above_their_text(wrap: bool) -> None:
    text = f"{BODY} {BODY}"
    typed = textwrap.fill(text, 72) if wrap else text
    document = read("Schools share", f"Who pays\n{typed}", f"Who asked\n{typed}")

    assert [(section.heading, section.html) for section in document.sections] == [
        ("Who pays", f"<p>{text}</p>"),
        ("Who asked", f"<p>{text}</p>"),
    ]


def test_short_lines_in_a_paragraph_are_no_headings() -> None:
    hall = "Town hall\nOpen on Sundays."
    document = read("Schools share", BODY, hall, hall, BODY)

    assert [section.heading for section in document.sections] == ["Schools share"]


def test_a_section_that_is_mainly_bullets_is_a_roundup() -> None:
    sections = read("Schools share", BODY, "Elsewhere", "- one bell\n- two bells").sections

    assert sections[1].kind == SectionKind.ROUNDUP
    assert sections[1].html == "<ul><li>one bell</li><li>two bells</li></ul>"


def test_a_few_bullets_in_an_article_leave_it_an_article() -> None:
    [section] = read("Schools share", BODY, "• one bell\n• two bells", BODY).sections

    assert section.kind == SectionKind.FEATURE
    assert "<ul><li>one bell</li><li>two bells</li></ul>" in section.html


@pytest.mark.parametrize("bullet", ["•", "-", "*", "–", "  •", "\t-", "▪"])
def test_typed_bullets_become_a_list(bullet: str) -> None:
    document = read("Schools share", BODY, f"{bullet} one bell\n{bullet} two bells", BODY)

    assert "<ul><li>one bell</li><li>two bells</li></ul>" in body_of(document)


def test_wrapped_bullets_and_nested_bullets_stay_together() -> None:
    document = read(
        "Schools share",
        BODY,
        "- one bell that rings for rather a long time in the\n  morning\n"
        "    - its rope\n    - its wheel\n- two bells",
    )

    assert (
        "<ul><li>one bell that rings for rather a long time in the morning"
        "<ul><li>its rope</li><li>its wheel</li></ul></li><li>two bells</li></ul>"
    ) in body_of(document)


def test_consecutive_numbers_become_a_list_and_years_do_not() -> None:
    document = read("Schools share", BODY, "3. three\n4. four", "26. May was the day. It rained.")

    assert '<ol start="3"><li>three</li><li>four</li></ol>' in body_of(document)
    assert "<p>26. May was the day. It rained.</p>" in body_of(document)


def test_a_single_dash_is_not_a_list() -> None:
    assert "<p>– Or so it seemed.</p>" in body_of(read("Schools share", BODY, "– Or so it seemed."))


def test_a_column_of_short_lines_is_an_address_and_not_headings() -> None:
    document = read("Schools share", BODY, "Gate House", "High Street", "Leeds", BODY)

    assert len(document.sections) == 1
    assert "<p>High Street</p>" in body_of(document)


def test_lines_in_bold_are_headings_where_none_are_marked() -> None:
    document = read("# Schools share", BODY, "**Who pays**", BODY, "Not a heading", name="a.md")

    assert [section.heading for section in document.sections] == ["Schools share", "Who pays"]
    assert "<p>Not a heading</p>" in body_of(document)


# --- quotations


@pytest.mark.parametrize(
    "item",
    [
        "“Nobody asked the children.”",
        "“Nobody asked us at all,” said one.",
        "Bo: “Nobody asked us at all.”",
        "“Ask us,” says one. “Ask us before you close it.”",
    ],
)
def test_quoted_bullets_of_an_article_are_quotations(item: str) -> None:
    [section] = read("Schools share", "Readers wrote.", f"• {item}\n• {item}").sections

    assert section.kind == SectionKind.FEATURE
    assert section.html.count(f"<blockquote><p>{item}</p></blockquote>") == 2


@pytest.mark.parametrize(
    "line",
    ["Readers have views on this, few of them fit to print. Among those that are:",
     "Some readers said:", "One of our readers, who has seen three mergers, wrote to me:"],
)  # fmt: skip
def test_a_line_that_leads_to_quotations_is_no_heading(line: str) -> None:
    quotations = (
        "• “Not before time, if you ask me.”\n• We were never told. – a retired ward sister"
    )
    document = read("The merger is off", BODY, line, quotations, BODY)

    [section] = document.sections
    assert section.kind == SectionKind.FEATURE
    assert section.html.count("<blockquote>") == 2
    assert "retired ward sister" in section.html


@pytest.mark.parametrize(
    "line",
    [
        "Readers had plenty of views on the piece about gates:",
        "What readers said:",
        "You wrote in:",
        "What you told us:",
        "Feedback on the last issue was quick:",
        "Your replies were many:",
        "I asked for your views and got forty:",
        "Readers’ reactions ranged from cold to warm:",
        "Reader reactions to the piece about gates:",
        "Your thoughts, in short:",
        "More of your letters:",
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_sentence_above_quoted_bullets_stays_in_its_article(line: str, between: str) -> None:
    said = ["“Nobody asked the children.”", "“Ask us,” said one.", "“Not before time, I’d say.”"]
    bullets = between.join(f"• {words}" for words in said)
    week = "• One has gone.\n• Two have come."
    article = ("Who shuts the gate", BODY, line, bullets, BODY)
    document = read("The week in schools", week, *article, "Who pays for it", BODY)

    assert [section.heading for section in document.sections] == [
        "The week in schools", "Who shuts the gate", "Who pays for it"
    ]  # fmt: skip
    section = document.sections[1]
    assert section.kind == SectionKind.FEATURE
    assert section.html.count("<blockquote>") == 3
    assert section.html.count(BODY) == 2
    assert f"<p>{line}</p>" in section.html


def test_a_feedback_section_below_an_article_stays_one() -> None:
    bullets = "• “Nobody asked the children.”\n• “Not before time, I’d say.”"
    for heading in ("Your comments:", "What readers said:", "Feedback"):
        document = read("The merger is off", BODY, heading, bullets)
        assert document.sections[-1].kind == SectionKind.FEEDBACK, heading
        document = read("The merger is off", BODY, heading, bullets, "Thank you for all of them.")
        assert document.sections[-1].kind == SectionKind.FEEDBACK, heading


@pytest.mark.parametrize("heading", ["What you told us:", "Reader feedback:", "Your comments:"])
def test_a_heading_may_end_in_a_colon(heading: str) -> None:
    document = read("The merger is off", BODY, heading, "“Not before time.”", BODY)
    assert [section.heading for section in document.sections][1:] == [heading.rstrip(":")]


def test_a_question_below_the_weeks_bullets_is_a_heading_whoever_it_speaks_of() -> None:
    question = "Do people want homes that nobody built for them at all, and does any minister know?"
    document = read("The week in planning", "• One has gone.\n• Two have come.", question, BODY)
    assert [section.heading for section in document.sections] == ["The week in planning", question]


@pytest.mark.parametrize(
    "question",
    [
        "So, will the school open on time?",
        "And now, who will pay for it?",
        "But can they build it?",
        "Still, is anybody counting?",
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_question_below_the_weeks_bullets_may_start_as_one_that_goes_on(
    question: str, between: str
) -> None:
    week = between.join(["• One has gone.", "• Two have come.", "• Three are left."])
    said = between.join(["• “Nobody asked the children.”", "• “Not before time, I’d say.”"])
    document = read("The week in schools", week, question, BODY, said, BODY, "Who pays", BODY)

    assert [(section.kind, section.heading) for section in document.sections] == [
        (SectionKind.ROUNDUP, "The week in schools"),
        (SectionKind.FEATURE, question),
        (SectionKind.FEATURE, "Who pays"),
    ]
    assert document.sections[0].html.count("<li>") == 3
    assert document.sections[1].html.count("<blockquote>") == 2


def test_bullets_that_explain_a_term_stay_bullets() -> None:
    terms = "• “Cluster” means eight schools.\n• “Gate” means one."

    assert "<ul><li>“Cluster” means" in body_of(read("Schools share", BODY, terms, BODY))


def test_a_quotation_after_a_colon_is_set_apart_over_all_its_paragraphs() -> None:
    document = read(
        "Schools share",
        BODY,
        "One governor puts it bluntly:“Nobody asked the children, and nobody will.",
        "“They will find out in September.”",
        BODY,
    )

    assert (
        "<p>One governor puts it bluntly:</p>\n"
        "<blockquote><p>“Nobody asked the children, and nobody will.</p>"
        "<p>“They will find out in September.”</p></blockquote>\n"
        f"<p>{BODY}</p>"
    ) in body_of(document)


@pytest.mark.parametrize("quoted", ["“%s”", '"%s"', "‘%s’", "«%s»"])
def test_readers_are_quoted_with_any_marks(quoted: str) -> None:
    words = quoted % "The heads’ view was never asked for, was it?"
    document = read("Schools share", BODY, "Feedback", f"A reader says: {words}")

    assert f"<p>A reader says:</p>\n<blockquote><p>{words}</p></blockquote>" in body_of(document)


def test_a_sentence_after_a_quotation_is_the_authors() -> None:
    document = read(
        "Schools share",
        BODY,
        "Feedback",
        "Ada: “It was never free to begin with.” I agree. Bo: “It could be, if we wanted it.”",
    )

    assert (
        "<p>Ada:</p>\n<blockquote><p>“It was never free to begin with.”</p></blockquote>\n"
        "<p>I agree. Bo:</p>\n<blockquote><p>“It could be, if we wanted it.”</p></blockquote>"
    ) in body_of(document)


def test_a_name_under_a_quotation_belongs_to_it() -> None:
    document = read(
        "Schools share", BODY, "Feedback", "“We noticed nothing.”", "– a governor, Leeds"
    )

    assert (
        "<blockquote><p>“We noticed nothing.”</p><p>– a governor, Leeds</p></blockquote>"
    ) in body_of(document)


@pytest.mark.parametrize(
    "paragraph",
    [
        "The money, called “transition” money, may run out.",
        "The minister was clear: “No more schools will close on my watch.”",
        "“We are ready for this,” said the head, “and we have been for years.”",
        "She called it: “sharing”, which it is not.",
    ],
)
def test_an_author_who_quotes_in_passing_keeps_the_paragraph(paragraph: str) -> None:
    assert f"<p>{paragraph}</p>" in body_of(read("Schools share", BODY, paragraph, BODY))
