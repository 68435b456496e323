"""The head and foot of a document are recognised and kept out of the article."""

from __future__ import annotations

import pytest

from briefings.document_import import ImportedDocument, read_document
from briefings.models import SectionKind
from tests.briefings.document_import.documents.word import docx, paragraph

BODY = "The county has closed forty schools, and it has not told anybody which of them come next."


def read(*paragraphs: str, name: str = "issue.txt", briefing_title: str = "") -> ImportedDocument:
    return read_document("\n\n".join(paragraphs).encode(), name=name, briefing_title=briefing_title)


def body_of(document: ImportedDocument) -> str:
    return "\n".join(section.html for section in document.sections)


# --- the head


@pytest.mark.parametrize(
    ("top", "title", "strapline", "byline"),
    [
        (
            ["What heads are not told, by Ines Farrow", "Schools share"],
            "Schools share",
            "What heads are not told",
            "Ines Farrow",
        ),
        (
            ["Schools share", "What heads are not told, each week.", "By Ines Farrow"],
            "Schools share",
            "What heads are not told, each week.",
            "Ines Farrow",
        ),
        (
            ["A weekly letter to governors", "Schools share", "by Ines de la Cruz-O’Hara"],
            "Schools share",
            "A weekly letter to governors",
            "Ines de la Cruz-O’Hara",
        ),
        (
            ["Schools share", "A weekly letter to governors", "Words: Ines Farrow and Bo Lund"],
            "Schools share",
            "A weekly letter to governors",
            "Ines Farrow and Bo Lund",
        ),
        (["Who will teach them?", "By Ines Farrow"], "Who will teach them?", "", "Ines Farrow"),
        (["Schools run by Northern Trust"], "Schools run by Northern Trust", "", ""),
        (["Schools share"], "Schools share", "", ""),
        (["The weekly letter by Ines Farrow", "Schools share"], "Schools share", *[
            "The weekly letter", "Ines Farrow"
        ]),
    ],
)  # fmt: skip
def test_title_strapline_and_byline_are_recognised_in_any_order(
    top: list[str], title: str, strapline: str, byline: str
) -> None:
    document = read(*top, BODY)

    assert (document.title, document.strapline, document.byline) == (title, strapline, byline)
    assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"]


def test_the_article_under_the_headline_is_a_feature_of_the_same_name() -> None:
    [section] = read("Schools share", BODY).sections

    assert (section.kind, section.heading) == (SectionKind.FEATURE, "Schools share")


def test_a_headline_directly_above_a_heading_gets_no_empty_section() -> None:
    document = read("# Schools share", "## Who pays", BODY, name="issue.md")

    assert document.title == "Schools share"
    assert [section.heading for section in document.sections] == ["Who pays"]


def test_the_briefings_title_above_the_headline_is_not_the_headline() -> None:
    document = read("THE SCHOOL GATE", "Schools share", BODY, briefing_title="The School Gate")

    assert document.title == "Schools share"
    assert document.left_out == ("THE SCHOOL GATE",)


def test_date_and_number_are_left_out() -> None:
    document = read("Issue 31 | Friday 8 May 2026", "Schools share", "8/5/2026", BODY)

    assert document.title == "Schools share"
    assert document.left_out == ("Issue 31 | Friday 8 May 2026", "8/5/2026")


def test_the_job_title_after_a_byline_is_left_out() -> None:
    document = read("Schools share", "By Ines Farrow, schools correspondent", BODY)

    assert document.byline == "Ines Farrow"
    assert document.left_out == ("schools correspondent",)


def test_the_name_of_a_file_is_never_a_headline() -> None:
    name = "notes/week-19_schools.txt"

    assert read(BODY, name=name, briefing_title="School Gate").title == "School Gate"
    assert read(BODY, name=name).title == "Untitled issue"
    assert read(BODY, "Who will teach in June?", BODY, name=name).title == "Who will teach in June?"


@pytest.mark.parametrize(
    ("byline", "name", "job"),
    [
        ("by our chief reporter Ines Farrow", "Ines Farrow", "our chief reporter"),
        ("by our schools and colleges editor, Ines Farrow.", "Ines Farrow", None),
        ("by the Courier’s senior schools correspondent Ines Farrow", "Ines Farrow", None),
        ("by our editor at large Ines de la Cruz-O’Hara", "Ines de la Cruz-O’Hara", None),
        ("by our Head of Policy Ines Farrow", "Ines Farrow", "our Head of Policy"),
        ("by our correspondent in Leeds, Ines Farrow", "Ines Farrow", None),
        ("by Chief Reporter Ines Farrow", "Ines Farrow", "Chief Reporter"),
        ("by Ines Farrow, our chief reporter", "Ines Farrow", "our chief reporter"),
        ("by our reporters Ines Farrow and Bo Lund", "Ines Farrow and Bo Lund", "our reporters"),
        ("written by our schools editor Ines Farrow", "Ines Farrow", "our schools editor"),
        ("from our schools editor Ines Farrow", "Ines Farrow", "our schools editor"),
        ("by our resident sceptic Ines Farrow", "Ines Farrow", "our resident sceptic"),
        ("by our school meals addict, Ines Farrow", "Ines Farrow", "our school meals addict"),
        ("this week by the Courier’s editor Ines Farrow", "Ines Farrow", "the Courier’s editor"),
        (
            "by our schools editor Ines Farrow and correspondent Bo Lund",
            "Ines Farrow and Bo Lund",
            "our schools editor; correspondent",
        ),
    ],
)
def test_a_job_title_is_kept_apart_from_the_name(byline: str, name: str, job: str | None) -> None:
    document = read(f"What heads are not told, {byline}", "Schools share", BODY)

    assert (document.title, document.strapline) == ("Schools share", "What heads are not told")
    assert document.byline == name
    if job:
        assert document.left_out == (job,)


def test_work_by_an_organisation_is_not_a_byline() -> None:
    document = read("What was said of schools, by our friends at Northern Trust", "Schools", BODY)

    assert document.byline == ""


@pytest.mark.parametrize(
    ("lines", "strapline", "byline"),
    [
        (["What heads", "are not told"], "What heads are not told", ""),
        (["What heads", "are not", "told yet"], "What heads are not told yet", ""),
        (["What heads are not told", "By Ines Farrow"], "What heads are not told", "Ines Farrow"),
        (["What heads are not told", "7 May 2026"], "What heads are not told", ""),
    ],
)
def test_a_marked_strapline_may_have_line_breaks(
    lines: list[str], strapline: str, byline: str
) -> None:
    subtitle = paragraph("\n".join(lines), style="Subtitle").replace("\n", "</w:t><w:br/><w:t>")
    word = docx(paragraph("Schools share", style="Title"), subtitle, paragraph(BODY))
    page = f"<h1>Schools share</h1><p class=subtitle>{'<br>'.join(lines)}</p><p>{BODY}</p>"

    for data, name in ((word, "a.docx"), (page.encode(), "a.html")):
        document = read_document(data, name=name)
        assert (document.strapline, document.byline) == (strapline, byline), name
        assert [section.html for section in document.sections] == [f"<p>{BODY}</p>"], name


def test_a_first_paragraph_that_ends_as_a_sentence_is_not_a_strapline() -> None:
    question = "Is there anybody left who remembers why the county has three kinds of school?"

    for top in (["Schools share", question], [question, "Next week"]):
        assert read(*top, BODY).strapline == ""


def test_a_paragraph_of_short_lines_stays_one_paragraph() -> None:
    document = read("Schools share", "Forty gates,\nforty bells,\none head for them all.", BODY)

    assert "<p>Forty gates,<br>forty bells,<br>one head for them all.</p>" in body_of(document)


# --- the foot


def test_a_line_about_the_authors_absence_becomes_a_note() -> None:
    document = read("Schools share", BODY, "I’m away until June.", "Ines Farrow", "Correspondent")

    assert [(section.kind, section.html) for section in document.sections[1:]] == [
        (SectionKind.NOTE, "<p>I’m away until June.</p>")
    ]
    assert document.left_out == ("Ines Farrow", "Correspondent")
    assert document.byline == "Ines Farrow"


@pytest.mark.parametrize(("heading", "name"), [("Next week", "a.txt"), ("## Next week", "a.md")])
def test_a_heading_stays_with_its_note_about_absence(heading: str, name: str) -> None:
    document = read("# Schools share", BODY, heading, "I am away until June.", name=name)

    assert [(section.kind, section.heading, section.html) for section in document.sections[1:]] == [
        (SectionKind.NOTE, "Next week", "<p>I am away until June.</p>")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "I am on holiday next week.",
        "Next week I'll be taking a break, so see you on 12 June.",
        "There will be no briefing next week.",
        "The next issue comes on 28 May.",
        "We will be back in two weeks.",
    ],
)
def test_absence_is_announced_in_many_ways(line: str) -> None:
    assert read("Schools share", BODY, line).sections[-1].kind == SectionKind.NOTE


@pytest.mark.parametrize(
    "line",
    [
        "I am told that pupils are turned away every week.",
        "The county is back in the black this month.",
        "We are in for a long winter, and no school is ready for it.",
    ],
)
def test_an_article_may_end_with_somebody_else_being_away(line: str) -> None:
    [section] = read("Schools share", BODY, line).sections

    assert section.html.endswith(f"<p>{line}</p>")


@pytest.mark.parametrize(
    "foot",
    [
        ["Best wishes,", "Ines Farrow", "ines@news.example.com"],
        ["Ines Farrow\nSchools correspondent\n@ifarrow"],
        ["Ines"],
        ["– Ines Farrow, schools correspondent"],
        ["Ines Farrow is the schools correspondent of the Gate Press."],
        ["Ines Farrow is schools and colleges editor. Write to her at ines@news.example.com."],
    ],
)
def test_the_sign_off_is_left_out(foot: list[str]) -> None:
    document = read("Schools share", "By Ines Farrow", BODY, *foot)

    assert body_of(document) == f"<p>{BODY}</p>"
    assert list(document.left_out) == [line for lines in foot for line in lines.split("\n")]


@pytest.mark.parametrize(
    ("byline", "signature"),
    [
        ("Dr Ines Farrow", "Ines"),
        ("Rt Hon. Dame Ines Farrow", "Ines"),
        ("Inesita “Ines” Farrow", "Ines"),
        ('Inesita "Ines" Farrow', "Inesita"),
    ],
)
def test_a_title_is_no_first_name_to_sign_with_and_a_nickname_is(
    byline: str, signature: str
) -> None:
    document = read(
        f"What heads are not told, by our editor {byline}.", "Schools share", BODY, signature
    )

    assert document.byline == byline
    assert body_of(document) == f"<p>{BODY}</p>"
    assert document.left_out == ("our editor", signature)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Ines Farrow is away next week; our deputy editor Bo Lund will write.", SectionKind.NOTE),
        ("Ines is on holiday until June.", SectionKind.NOTE),
        ("Ines Farrow will be back on the ninth.", SectionKind.NOTE),
        ("The bulletin is taking a break until the first of June.", SectionKind.NOTE),
        ("Ines Farrow is speaking to heads in Leeds on Monday; come along.", SectionKind.FEATURE),
    ],
)
def test_a_sentence_about_the_author_is_no_signature(line: str, kind: SectionKind) -> None:
    document = read("Schools share", "By Ines Farrow", BODY, line)

    assert f"<p>{line}</p>" in document.sections[-1].html
    assert document.sections[-1].kind == kind
    assert document.left_out == ()


@pytest.mark.parametrize("rule", ["--", "–", "—", "**"])
def test_two_dashes_under_the_strapline_are_a_rule(rule: str) -> None:
    strapline = "What heads are not told, by our schools editor Ines Farrow."
    document = read(strapline, rule, BODY, "Who will teach in June?", BODY)

    assert body_of(document) == f"<p>{BODY}</p>\n<p>{BODY}</p>"


def test_a_byline_may_stand_above_the_strapline_that_repeats_it() -> None:
    strapline = "What heads are not told, by our schools editor Ines Farrow."
    document = read("By Ines Farrow", strapline, "Schools share", BODY)

    assert (document.byline, document.strapline) == ("Ines Farrow", "What heads are not told")
    assert document.left_out == ("our schools editor",)


@pytest.mark.parametrize(
    "line",
    [
        "Sign up to have this briefing in your inbox each Friday",
        "Subscribe here",
        "Share this article on Mastodon",
        "Share on Bluesky | Share on LinkedIn",
        "Follow me on Mastodon",
        "Was this forwarded to you? Subscribe for a copy of your own.",
        "Unsubscribe",
        "View this in your browser",
        "You are receiving this because you asked for it.",
        "You receive this email because you signed up at example.com. Unsubscribe",
        "You’ve received this newsletter because you joined us.",
        "Why did I get this?",
        "This email was sent to ada@example.com.",
        "If you no longer wish to receive these emails, write to us.",
        "Want to change how you receive these emails?",
        "Update your email preferences",
        "Our mailing address is: 1 High Street, Hull",
        "Please add news@example.com to your address book.",
        "Archive | Preferences | Unsubscribe",
        "You’re on this list because you filled in a form.",
        "You are subscribed as ada@example.com.",
        "To stop getting this, write to stop@example.com",
        "Sie erhalten diese E-Mail, weil Sie sich angemeldet haben. Abmelden",
        "Vous recevez ce courriel parce que vous êtes abonné. Se désabonner",
        "Newsletter abbestellen",
        "© 2026 Gate Press",
    ],
)
def test_boilerplate_is_left_out(line: str) -> None:
    for paragraphs in (
        [line, "Schools share", BODY],
        ["Schools share", line, BODY],
        ["Schools share", BODY, line, BODY],
        ["Schools share", BODY, line],
    ):
        document = read(*paragraphs)
        assert line not in body_of(document)
        assert document.title == "Schools share"
        assert document.left_out == (line,)


@pytest.mark.parametrize(
    "sentence",
    [
        "Share this burden fairly, say the unions, or the schools will close one by one.",
        "Signing up for a place in another school takes five forms and a visit.",
        "If the plan is forwarded to the council, it will be voted on in June.",
        "Subscribers to the pension scheme have been told to wait.",
        "This email was sent to every head in the county on the day before the vote.",
        "You get this answer in every school: we do not know.",
        "To stop the emails, the county has changed its address.",
        "You are on the list because your school is, and it will be the last to hear.",
        "To stop this, the county would have to talk to its own schools.",
        "Sie erhalten diese Schule nur, wenn der Kreis sie bezahlt.",
        "Parents who no longer want to hear of it may unsubscribe from the list of the school.",
    ],
)
def test_an_article_may_be_about_sharing_and_signing_up(sentence: str) -> None:
    document = read("Schools share", BODY, sentence, BODY)

    assert f"<p>{sentence}</p>" in body_of(document)
    assert document.left_out == ()


@pytest.mark.parametrize("headline", ["**Trams return**", "# Trams return"])
def test_a_bare_name_between_a_strapline_and_the_article_is_the_author(headline: str) -> None:
    text = f"{headline}\n\n*What they will cost*\n\nAda Lane\n\n{BODY}\n\n**Why now**\n\n{BODY}\n"
    document = read_document(text.encode(), name="a.md")

    assert (document.title, document.strapline, document.byline) == (
        "Trams return",
        "What they will cost",
        "Ada Lane",
    )
    assert [section.heading for section in document.sections] == ["Trams return", "Why now"]


def test_a_line_in_capitals_is_no_author_where_no_heading_is_marked() -> None:
    strapline = "What they will cost, by our tram correspondent Bo Ek."
    document = read("Trams return", strapline, "Who Pays", BODY)

    assert document.byline == "Bo Ek"
    assert "Who Pays" in {section.heading for section in document.sections}


@pytest.mark.parametrize("words", ["Before. After.", "One. Two. Three."])
def test_words_that_are_sentences_are_no_author(words: str) -> None:
    document = read("# Trams return", words, name="a.md")

    assert document.byline == ""
    assert words in body_of(document)


@pytest.mark.parametrize("rule", ["--", "-- ", "***", "______"])
def test_small_print_below_a_rule_is_left_out_whole(rule: str) -> None:
    footer = ["Gate Press, 1 High Street, Hull", "Archive | Preferences | Unsubscribe"]
    document = read("Schools share", BODY, BODY, "\n".join([rule, *footer]))

    assert body_of(document) == f"<p>{BODY}</p>\n<p>{BODY}</p>"
    assert set(footer) == set(document.left_out)


@pytest.mark.parametrize(
    "words",
    [
        "P.S. The gate at Wem is for sale.",
        "Correction: the gate at Wem was never for sale.",
        "The county has said nothing since, and the heads have stopped asking what it wants.",
    ],
)
def test_what_an_author_adds_below_a_rule_stays(words: str) -> None:
    document = read("Schools share", BODY, "***", words, "Unsubscribe")

    assert words in body_of(document)
    assert document.left_out == ("Unsubscribe",)
