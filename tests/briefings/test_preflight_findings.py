"""Each finding of preflight: what it finds, its siblings, and what it must leave alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from briefings.accents import ACCENT_COLOURS, Accent, AccentColours
from briefings.link_checks import address_hash
from briefings.models import Comment, LinkCheck, LinkState, QuoteChoice, SectionKind, Topic
from briefings.own_comments import answer_about_quoting, choose_quoting, withdraw
from briefings.preflight import Finding, check_issue
from briefings.preflight.email_support import DATA
from briefings.preflight.languages import foreign_language
from briefings.preflight.placeholders import find_placeholders
from briefings.quote_wording import record_choice
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_issue,
    make_published_issue,
)

if TYPE_CHECKING:
    from briefings.models import Briefing, Issue

pytestmark = pytest.mark.django_db
NOTE, FEEDBACK = SectionKind.NOTE, SectionKind.FEEDBACK
ADVICE = "The harbour office closed on Monday, and the ferries kept their old timetable."


def findings(issue: Issue) -> list[Finding]:
    return check_issue(issue, list(issue.sections.all()), publish_at=None)


def about(body: str, *, kind: SectionKind = NOTE, heading: str = "Ferries") -> list[Finding]:
    """Return what preflight says of one section, without what it says of the head."""
    issue = make_issue(sections=[(kind, heading, body)])
    anchor = f"section-{issue.sections.get().pk}"
    return [finding for finding in findings(issue) if finding.place.anchor == anchor]


def codes(found: list[Finding]) -> set[tuple[str, bool]]:
    return {(finding.code, finding.blocks) for finding in found}


def head(**fields: Any) -> set[tuple[str, bool]]:
    issue = make_issue(sections=[(NOTE, "", f"<p>{ADVICE}</p>")], **fields)
    return codes(findings(issue)) - {("no-send-time", False)}


# --- what every finding has


def test_a_finding_names_its_section_leads_to_its_place_and_says_how_to_fix_it() -> None:
    [found] = about("<p>It cost TK pounds.</p>", heading="The quay")

    assert found.sentence == "Section “The quay”: “TK” is a placeholder."
    assert found.fix == "Replace it with what belongs there."
    assert found.place.anchor.startswith("section-")
    assert found.quote == "TK"


def test_an_ordinary_section_has_no_findings() -> None:
    body = (
        f"<h3>Why</h3><p>{ADVICE} The NHS, BMA, GMC and RCN had had no say.</p><h4>How</h4>"
        '<ul><li>That that mattered was new</li><li>Duran Duran played</li></ul><p>See <a href="'
        'https://example.org/a?b=TK#c">the plan</a>, or <a href="mailto:ada@example.org">write</a>'
        ' or <a href="tel:+44113496000">ring</a>.</p><blockquote><p>Nobody asked.</p></blockquote>'
    )
    assert about(body) == []


# --- placeholders

PLACEHOLDERS = [
    "It cost TK pounds.",
    "TKTK",
    "By XXX",
    "See [link]",
    "[Link to the report]",
    "Ada [surname], of Leeds",
    "[name]",
    "[insert quote]",
    "Insert a picture here.",
    "Please insert quotation from Bo here",
    "Lorem ipsum dolor sit amet",
    "consectetur adipiscing elit",
    "The venue is TBC.",
    "TBA",
    "It takes ??? days",
    "£XX million",
    "XX% of them",
    "X,XXX people",
    "[to come]",
    "[photo credit]",
    "[quote from Maria]",
    "[check the spelling]",
    "[Photo: TK]",
    "Your headline here",
    "Headline goes here",
    "(insert name of ward)",
    "Dear {{ first_name }}",
    "*|FNAME|*",
    "%%name%%",
    "TODO: ask Ada",
    "DD/MM/YYYY",
    "<insert name>",
    "Read it here [link?] or there",
    "It closed on [date ?].",
    "[source?]",
    "[name of councillor]",
    "[full name of the reader]",
    "It cost £xxx.",
    "€xxm",
    "TK Check with Anna.",
    "TK Get the quote from the council.",
    "It fell by TK Number here",
]
NO_PLACEHOLDERS = [
    "TK Maxx opened a shop.",
    "Super Bowl XXX",
    "Chapter XXX of the Act",
    "the XXX Olympiad",
    "an XXL shirt",
    "[sic]",
    "It [the number of beds] fell.",
    "“I [really] do”",
    "[name withheld]",
    "[his name] was read out",
    "Insert your card here and wait.",
    "https://example.org/?q=XXX",
    "Why??",
    "Watch it [video]",
    "It does not [add] up",
    "love, xxx",
    "the text here is long",
    "ATK",
    "[laughs]",
    "[from the council]",
    "5 > 4 < 6",
    "[the name of the ward]",
    "Is there a link? [laughs]",
    "Castlemaine XXXX sold well.",
]
DOUBTFUL = [
    "TK Bloggs voted against.",
    "Why???",
    "the report (link)",
    "XX people",
    "Tk",
    "xxx people came",
]


@pytest.mark.parametrize("words", PLACEHOLDERS)
def test_a_placeholder_blocks(words: str) -> None:
    found = list(find_placeholders(words))
    assert found
    assert not all(one.is_doubtful for one in found)


@pytest.mark.parametrize("words", NO_PLACEHOLDERS)
def test_words_that_only_look_like_a_placeholder_are_left_alone(words: str) -> None:
    assert list(find_placeholders(words)) == []


DOUBTFUL += [
    "TBC Bank in Tbilisi",
    "Write the date as DD/MM/YYYY on the form.",
    "Words here.",
    "“The [council] knew,” she said.",
    '"We asked the [company] twice," he said.',
    "He said: ‘It’s the [story] that it’s about.’",
]


@pytest.mark.parametrize("words", DOUBTFUL)
def test_a_doubtful_placeholder_only_warns(words: str) -> None:
    assert codes(about(f"<p>{words}</p>")) == {("doubtful-placeholder", False)}


@pytest.mark.parametrize(
    "words",
    [
        "“We knew,” the [council] said.",
        "“See [link],” she said.",
        "“I told [name] so.”",
        "The venue is TBC Monday",
        "On DD/MM/YYYY it closed.",
    ],
)
def test_what_nobody_explains_in_a_quotation_blocks(words: str) -> None:
    assert codes(about(f"<p>{words}</p>")) == {("placeholder", True)}


def test_all_of_a_pull_quote_is_a_quotation() -> None:
    body = "<blockquote><p>The [council] knew.</p></blockquote>"
    assert codes(about(body)) == {("doubtful-placeholder", False)}


def test_a_link_to_the_issues_own_page_is_fine() -> None:
    issue = make_issue()
    issue.sections.update(body=f'<p>Read it <a href="{issue.get_absolute_url()}">here</a></p>')
    assert "broken-link" not in {found.code for found in findings(issue)}


@pytest.mark.parametrize("field", ["title", "strapline", "subject", "preheader"])
def test_placeholders_are_found_in_each_line_of_the_head(field: str) -> None:
    assert ("placeholder", True) in head(**{field: "The bridge that TK closed"})


def test_placeholders_are_found_in_headings_alternative_texts_and_addresses() -> None:
    assert codes(about("<p>Words</p>", heading="XXX")) == {("placeholder", True)}
    assert ("placeholder", True) in codes(about("<h3>[heading]</h3><p>Words</p>"))
    image = '<p>Words <img src="https://news.example.com/static/a.png" alt="[caption]"></p>'
    assert ("placeholder", True) in codes(about(image))
    assert codes(about('<p><a href="https://example.org/TK">Plan</a></p>')) == {
        ("broken-link", True)
    }


@pytest.mark.parametrize("title", ["Untitled issue", "Headline", "Untitled"])
def test_a_headline_that_nobody_wrote_blocks(title: str) -> None:
    assert ("placeholder", True) in head(title=title)


# --- subject, preheader, headline


def test_an_issue_without_a_subject_is_blocked() -> None:
    assert ("no-subject", True) in head(title="—")
    assert ("no-subject", True) in head(subject="…")
    assert head(title="The bridge") == set()


def test_a_long_subject_warns_at_the_field_that_it_comes_from() -> None:
    long = "How the county came to close the bridge that no engineer had ever called safe"
    for issue, anchor in (
        (make_issue(title=long), "id_title"),
        (make_issue(subject=long), "id_subject"),
    ):
        [found] = [one for one in findings(issue) if one.code == "long-subject"]
        assert (found.place.anchor, found.blocks) == (anchor, False)
    assert ("long-subject", False) not in head(title=long, subject="The bridge")


def test_an_issue_without_a_preheader_warns_unless_the_strapline_stands_in() -> None:
    assert ("no-preheader", False) in head(strapline="")
    assert ("no-preheader", False) not in head(strapline="", preheader="Four reports")
    assert ("no-preheader", False) not in head(strapline="Four reports")
    assert ("preheader-repeats-subject", False) in head(title="The bridge", preheader="The bridge!")


def test_the_headline_of_an_earlier_issue_warns() -> None:
    briefing = make_briefing()
    make_published_issue(briefing=briefing, number=4, title="Who pays for the bridge?")

    def repeated(**fields: Any) -> bool:
        issue = make_issue(briefing=briefing, **fields)
        found = "repeated-headline" in {finding.code for finding in findings(issue)}
        issue.delete()
        return found

    assert repeated(number=5, title="Who pays for the BRIDGE")
    assert repeated(number=5, title="Another", subject="Who pays for the bridge?")
    assert not repeated(number=5, title="Who paid for the bridge?")
    assert not repeated(number=3, title="Who pays for the bridge?")
    other = make_issue(title="Who pays for the bridge?")
    assert "repeated-headline" not in {finding.code for finding in findings(other)}


# --- links


def page_of_ours(briefing: Briefing) -> str:
    make_published_issue(briefing=briefing, number=7)
    make_issue(briefing=briefing, number=8)
    return f"/{briefing.slug}/"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("{home}7/", ""),
        ("https://news.example.com{home}7/#comments", ""),
        ("http://news.example.com{home}", ""),
        ("{home}8/", "leads to issue 8, which is not published yet"),
        ("{home}9/", "leads to an issue that is not on this site"),
        ("/no-such-briefing/", "leads to a page that is not on this site"),
        ("/a/b/c/d/e/", "leads to a page that is not on this site"),
        ("/contributors/nobody/", "leads to a contributor that is not on this site"),
        ("/contributors/rosa/", ""),
        ("/contributors/nobody/contact/", "leads to a contributor that is not on this site"),
        ("/topics/nothing/", "leads to a topic that is not on this site"),
        ("/topics/nothing/feed/", "leads to a topic that is not on this site"),
        ("/topics/beds/", ""),
        ("/no-such-briefing/corrections/", "leads to a page that is not on this site"),
        ("/no-such-briefing/corrections/feed/", "leads to a page that is not on this site"),
        ("/subscribe/no-such-briefing/embed/", "leads to a page that is not on this site"),
        ("{home}corrections/", ""),
        ("/media/issues/none.png", "leads to a file that is not on this site"),
        ("/admin/briefings/issue/1/change/", "leads to the admin, which readers cannot open"),
        ("http://news.example.com/admin/", "leads to the admin, which readers cannot open"),
        ("/inbox/", "which readers cannot open"),
        ("/preferences/abcdefghij/", "leads to a page of one person only"),
        ("/unsubscribe/abcdefghij/", "leads to a page of one person only"),
        ("/subscribe/", ""),
        ("mailto:?subject=Read%20this", ""),
        ("mailto:?", "has no email address"),
        ("#nowhere", "leads to “nowhere”, which is nowhere in this issue"),
        ("#quay", ""),
        ("#comments", ""),
        ("mailto:", "has no email address"),
        ("mailto:ada@", "has no email address"),
        ("mailto:ada@example.org?subject=Ferries", ""),
        ("tel:ring", "has no telephone number"),
        ("http://10.0.0.7/plan", "leads to 10.0.0.7, which readers cannot reach"),
        ("http://printer.local/", "which exists only on your computer"),
        ("https://example.org/[link]", "has a placeholder as its address"),
    ],
)
def test_a_link_that_is_broken_or_leads_into_the_admin_blocks(address: str, words: str) -> None:
    make_contributor(slug="rosa")
    Topic.objects.create(name="Beds", slug="beds")
    home = page_of_ours(make_briefing())
    body = f'<p id="x"><a id="quay">Read</a> <a href="{address.format(home=home)}">the plan</a></p>'

    found = about(body)

    assert codes(found) == ({("broken-link", True)} if words else set())
    assert all(words in finding.sentence for finding in found)


def test_a_link_that_was_found_dead_warns() -> None:
    LinkCheck.objects.create(
        address_hash=address_hash("https://example.org/gone"),
        address="https://example.org/gone",
        state=LinkState.DEAD,
        answer="answers “404 Not Found”",
    )
    LinkCheck.objects.create(
        address_hash=address_hash("https://example.org/slow"),
        address="https://example.org/slow",
        state=LinkState.UNCERTAIN,
    )
    body = (
        '<p><a href="https://example.org/gone">The plan</a> <a href="https://example.org/slow">'
        'Map</a> <a href="https://example.org/new">New</a></p>'
    )

    [found] = about(body)

    assert (found.code, found.blocks) == ("dead-link", False)
    assert "the link “The plan” leads to https://example.org/gone, which answers" in found.sentence


# --- pictures


def test_a_picture_without_alternative_text_or_without_its_file_blocks() -> None:
    name = default_storage.save("issues/quay.png", ContentFile(b"bytes"))
    there = default_storage.url(name)

    assert about(f'<p>Look <img src="{there}" alt="The quay at low tide"></p>') == []
    for alt in ("", " ", "…"):
        found = about(f'<p>Look <img src="{there}" alt="{alt}"></p>')
        assert codes(found) == {("no-alternative-text", True)}
    found = about('<p>Look <img src="/media/issues/none.png" alt="The quay"></p>')
    assert codes(found) == {("missing-picture", True)}
    found = about(f'<p>Look <img src="{there}" alt="IMG_2041.jpg"></p>')
    assert codes(found) == {("file-name-as-text", False)}
    for alt, blocks in (("A sign (link) at the quay", False), ("The quay, TK", True)):
        found = about(f'<p>Look <img src="{there}" alt="{alt}"></p>')
        assert codes(found) == codes(about(f"<p>{alt}</p>"))
        assert {finding.blocks for finding in found} == {blocks}
    default_storage.delete(name)


# --- quotations

QUOTE = "<p>Nobody told us that the ferry was full.</p>"


@pytest.mark.parametrize(
    "body",
    [
        f"<blockquote>{QUOTE}<p>— Ada Lane, Whitby</p></blockquote>",
        f"<blockquote>{QUOTE}<p>– A teacher</p></blockquote>",
        "<blockquote><p>“Nobody told us.”<br>— Ada Lane</p></blockquote>",
        "<blockquote><p>“Nobody told us.” — Ada Lane</p></blockquote>",
        "<blockquote><p>“Nobody told us,” says Ada Lane, who works there.</p></blockquote>",
        "<blockquote><p>“Nobody told us.” (Ada Lane, Whitby)</p></blockquote>",
        "<blockquote><p>‘It’s full,’ says Ada Lane, who works there.</p></blockquote>",
        "<blockquote><p>‘Nobody told us’, says Ada Lane, who works there.</p></blockquote>",
        "<blockquote><p>„Niemand sagte es“, schreibt Ada Lane aus Husum.</p></blockquote>",
        "<blockquote><p>“Nobody told us,” says Ada Lane. “It’s full again.”</p></blockquote>",
        "<blockquote><p>Ada Lane writes: “Nobody told us.”</p></blockquote>",
        "<blockquote><p>It’s full, and it wasn’t before.’ – Ada Lane</p></blockquote>",
        f"<blockquote>{QUOTE}</blockquote><p>— Ada Lane, Whitby</p>",
        f"<p>Ada Lane of Whitby writes:</p><blockquote>{QUOTE}</blockquote>",
    ],
)
def test_a_quotation_of_a_reader_that_says_who_is_quoted_is_fine(body: str) -> None:
    assert about(body, kind=FEEDBACK) == []


@pytest.mark.parametrize(
    "body",
    [
        f"<blockquote>{QUOTE}</blockquote>",
        "<blockquote><p>“Nobody told us.”</p><p>“Nor us.”</p></blockquote>",
        f"<p>We asked about ferries.</p><blockquote>{QUOTE}</blockquote><p>Thank you.</p>",
        "<blockquote><p>The well-known ferry - full again - left.</p></blockquote>",
        "<blockquote>Nobody told us.</blockquote>",
        "<blockquote><p>It’s been full for weeks and nobody told us.</p></blockquote>",
        "<blockquote><p>‘It’s been full for weeks and nobody told us.’</p></blockquote>",
        "<blockquote><p>The ferries’ crews left again, and nobody told us.</p></blockquote>",
        "<blockquote><p>The ferries’ – all of them – left again.</p></blockquote>",
        '<blockquote><p>"Nobody told us that the ferry was full.</p></blockquote>',
        "<blockquote><p>They call it a “ferry” and nobody told us.</p></blockquote>",
        "<blockquote><p>“They call it a “ferry” and nobody told us.”</p></blockquote>",
        f"<blockquote>{QUOTE}<p>—</p></blockquote>",
        f"<blockquote>{QUOTE}<p>— …</p></blockquote>",
        f"<blockquote>{QUOTE}</blockquote><p>– ?</p>",
        f"<blockquote>{QUOTE}<p>— Name, place</p></blockquote>",
    ],
)
def test_a_quotation_of_a_reader_without_attribution_blocks(body: str) -> None:
    [found] = about(body, kind=FEEDBACK)

    assert (found.code, found.blocks) == ("no-attribution", True)
    assert about(body, kind=NOTE) == []


ADDRESS = "ada@example.org"
SAID = "I’ve asked the harbour office four times why the evening ferry doesn’t sail on Sundays."


def quoted(words: str, *, source: str = "— A reader") -> str:
    return f"<blockquote><p>{words}</p><p>{source}</p></blockquote>"


def about_quotation(
    body: str,
    *,
    choice: QuoteChoice | None,
    said: str = SAID,
    kind: SectionKind = FEEDBACK,
    **fields: Any,
) -> set[tuple[str, bool]]:
    """Return what preflight says of a section if a reader wrote `said` and made that choice."""
    issue = make_issue(sections=[(kind, "Readers", body)])
    fields.setdefault("email", ADDRESS)
    comment = make_comment(on=make_published_issue(briefing=issue.briefing), body=said, **fields)
    if choice is not None:
        now = timezone.now()
        choose_quoting(comment, QuoteChoice.NAMED, at=now, source="/", ip=None)
        choose_quoting(comment, choice, at=now, source="/", ip=None)
    anchor = f"section-{issue.sections.get().pk}"
    return codes([finding for finding in findings(issue) if finding.place.anchor == anchor])


@pytest.mark.parametrize(
    "body",
    [
        quoted(SAID),
        quoted(f"“{SAID}”", source="— Ada Lane, Whitby"),
        quoted(SAID.replace("’", "'").replace("harbour office", "Harbour  Office")),
        quoted("… why the evening ferry doesn’t sail on Sundays."),
        quoted("I’ve asked the harbour office four times [in May] why the evening ferry …"),
        f"<blockquote><p>{SAID} — Ada Lane</p></blockquote>",
        f"<blockquote><p>“{SAID.rstrip('.')},” writes Ada Lane</p></blockquote>",
        f"<blockquote>{SAID}<br>— Ada</blockquote>",
    ],
)
def test_a_quotation_whose_reader_does_not_agree_any_more_blocks(body: str) -> None:
    withdrawn = {("quotation-withdrawn", True)}
    assert about_quotation(body, choice=QuoteChoice.NO) == withdrawn
    assert about_quotation(body, choice=QuoteChoice.NAMED) == set()
    assert about_quotation(body, choice=None) == {("quotation-without-consent", False)}


def test_a_reader_who_has_not_answered_yet_is_not_called_unasked() -> None:
    issue = make_issue(sections=[(FEEDBACK, "Readers", quoted(SAID))])
    make_comment(on=make_published_issue(briefing=issue.briefing), body=SAID, email=ADDRESS)

    [found] = [one for one in findings(issue) if one.code == "quotation-without-consent"]

    assert "has not said whether we may quote them" in found.sentence


def test_the_words_say_what_a_reader_did_about_being_quoted() -> None:
    issue = make_issue(sections=[(FEEDBACK, "Readers", quoted(SAID))])
    other = make_published_issue(briefing=issue.briefing)
    comment = make_comment(on=other, body=SAID, email=ADDRESS)
    record_choice(comment, QuoteChoice.NO, at=comment.created_at, source="/", ip=None)

    def found() -> tuple[str, bool, str]:
        [one] = [one for one in findings(issue) if "the reader who wrote" in one.sentence]
        return one.code, one.blocks, one.sentence.partition("” ")[2]

    assert found() == ("quotation-without-consent", True, "has not agreed to be quoted.")
    at = datetime(2030, 5, 3, 12, tzinfo=UTC)
    Comment.objects.filter(pk=comment.pk).update(quote_asked_at=at)
    assert found() == (
        *("quotation-waits", True),
        "was asked on Friday 3 May 2030 whether we may quote them, and has not answered yet.",
    )
    comment.refresh_from_db()
    answer_about_quoting(
        comment, QuoteChoice.NO, name="", at=at + timedelta(days=1), source="/", ip=None
    )
    assert found() == ("quotation-withdrawn", True, "does not want to be quoted.")
    withdraw(comment, at=at + timedelta(days=2), source="/", ip=None)
    assert found() == ("quotation-withdrawn", True, "has withdrawn the comment.")


def test_a_reader_who_was_erased_is_not_quoted_and_not_asked() -> None:
    issue = make_issue(sections=[(FEEDBACK, "Readers", quoted(SAID))])
    make_comment(on=make_published_issue(briefing=issue.briefing), body=SAID, email="")
    [found] = [one for one in findings(issue) if one.code == "quotation-withdrawn"]
    assert found.blocks
    assert "had their data erased" in found.sentence
    assert "Ask" not in found.fix


@pytest.mark.parametrize(
    "body",
    [
        f"<p>Ada Lane writes: “{SAID}”</p>",
        f"<p>{SAID}</p><p>— Ada Lane</p>",
        f"<ul><li>{SAID} — Ada Lane</li></ul>",
        f"<table><tbody><tr><td>{SAID}</td></tr></tbody></table>",
        quoted("I’ve asked the harbour office … doesn’t sail on Sundays."),
        quoted("[A reader] asked the harbour office [this spring] why the evening ferry …"),
        quoted("I’ve asked the harbour office four times", source="— Ada Lane"),
    ],
)
def test_readers_words_are_known_in_any_paragraph_and_when_they_are_cut(body: str) -> None:
    withdrawn = {("quotation-withdrawn", True)}
    assert about_quotation(body, choice=QuoteChoice.NO, name="Ada Lane") == withdrawn
    assert about_quotation(body, choice=QuoteChoice.NAMED, name="Ada Lane") == set()


def test_words_in_quotation_marks_are_known_in_an_article() -> None:
    body = f"<p>As one reader wrote, “{SAID}” Nobody answered.</p><p>{SAID}</p>"
    found = about_quotation(body, choice=QuoteChoice.NO, kind=SectionKind.FEATURE)
    assert found == {("quotation-withdrawn", True)}
    assert (
        about_quotation(f"<p>{SAID}</p>", choice=QuoteChoice.NO, kind=SectionKind.FEATURE) == set()
    )


@pytest.mark.parametrize(
    "body",
    [
        f"<p>Ada Lane wrote:</p><blockquote><p>{SAID}</p></blockquote>",
        f"<blockquote><p>{SAID}</p></blockquote><p>— Ada Lane</p>",
        quoted(SAID, source="— Ada"),
        quoted(SAID, source="— Ms Lane, Leeds"),
        quoted(SAID, source="— Lane, Ada"),
    ],
)
def test_part_of_a_name_names_a_reader_wherever_it_stands(body: str) -> None:
    blocks = {("quoted-by-name", True)}
    assert about_quotation(body, choice=QuoteChoice.ANONYMOUS, name="Ada Lane") == blocks
    assert about_quotation(body, choice=QuoteChoice.ANONYMOUS, name="Student nurse") == set()


def test_the_second_paragraph_of_a_quotation_may_be_what_a_reader_wrote() -> None:
    asked = (
        "Is it true that the last boat back leaves before the second half of any match is over, so"
        " that whoever lives across the water never sees the end of it?"
    )
    body = f"<blockquote><p>{asked}</p><p>{SAID}</p><p>— A reader</p></blockquote>"
    assert about_quotation(body, choice=QuoteChoice.NO) == {("quotation-withdrawn", True)}


def test_a_quotation_of_a_withdrawn_comment_blocks_in_a_section_of_any_kind() -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "Ferries", quoted(SAID))])
    comment = make_comment(on=make_published_issue(briefing=issue.briefing), body=SAID)
    withdraw(comment, at=timezone.now(), source="/", ip=None)

    [found] = [one for one in findings(issue) if one.code == "quotation-withdrawn"]

    assert found.blocks
    assert "“Ferries”: the reader who wrote" in found.sentence
    assert SAID.startswith(found.quote)


def test_a_reader_who_agreed_without_a_name_is_not_named() -> None:
    by_name = quoted(SAID, source="— Ada Lane, Whitby")
    blocks = {("quoted-by-name", True)}
    assert about_quotation(by_name, choice=QuoteChoice.ANONYMOUS, name="Ada Lane") == blocks
    assert about_quotation(quoted(SAID), choice=QuoteChoice.ANONYMOUS, name="Ada Lane") == set()
    assert about_quotation(by_name, choice=QuoteChoice.NAMED, name="Ada Lane") == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("The ferry doesn’t sail on Sundays.", SAID),
        ("Why?", "Why?"),
        ("I do not know why the ferry does not sail.", "I do not know why they are closed."),
    ],
)
def test_other_words_than_a_readers_are_left_alone(words: str, said: str) -> None:
    assert about_quotation(quoted(words), choice=QuoteChoice.NO, said=said) == set()


def test_of_two_readers_who_wrote_the_same_one_may_agree() -> None:
    issue = make_issue(sections=[(FEEDBACK, "Readers", quoted("Long overdue, thank you!"))])
    other = make_published_issue(briefing=issue.briefing)
    first, second = (make_comment(on=other, body="Long overdue. Thank you") for _ in range(2))
    for comment in (first, second):
        withdraw(comment, at=timezone.now(), source="/", ip=None)
    assert "quotation-withdrawn" in {found.code for found in findings(issue)}
    third = make_comment(on=other, body="Long overdue, thank you.")
    choose_quoting(third, QuoteChoice.ANONYMOUS, at=timezone.now(), source="/", ip=None)
    assert "quotation-withdrawn" not in {found.code for found in findings(issue)}


def test_a_comment_on_another_briefing_is_another_matter() -> None:
    issue = make_issue(sections=[(FEEDBACK, "Readers", quoted(SAID))])
    withdraw(
        make_comment(on=make_published_issue(), body=SAID),
        at=timezone.now(),
        source="/",
        ip=None,
    )
    assert "quotation-withdrawn" not in {found.code for found in findings(issue)}


# --- headings, capitals, repeated words


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<h4>Why</h4><p>Words</p>", "heading-level"),
        ("<h3>Why</h3><p>Words</p><h4>How</h4><p>Words</p>", ""),
        ("<h3> </h3><p>Words</p>", "empty-heading"),
        ("<p><strong>Why it closed</strong></p><p>Words</p>", "bold-heading"),
        ("<p><strong>It closed on Monday.</strong></p><p>Words</p>", ""),
        ("<p><strong>Monday</strong> It closed.</p>", ""),
    ],
)
def test_headings_that_skip_a_level_or_are_none_warn(body: str, code: str) -> None:
    assert codes(about(body)) == ({(code, False)} if code else set())


@pytest.mark.parametrize(
    ("words", "warns"),
    [
        ("THE COUNCIL MUST RESIGN TODAY", True),
        ("She wrote THE FERRY IS ALWAYS LATE in chalk", True),
        ("NHS, BMA, GMC and RCN", False),
        ("The NHS BMA RCN GMC agreed", False),
        ("HMS BELFAST sailed", False),
        ("L’ÉTAT DOIT PAYER SANS DÉLAI", True),
        ("CLICK HERE TO SIGN UP NOW", True),
        ("BREAKING NEWS TODAY", True),
        ("BREAKING NEWS: the ferry left", False),
        ("BBC NEWS", False),
    ],
)
def test_words_in_capitals_warn_and_acronyms_do_not(words: str, warns: bool) -> None:
    assert codes(about(f"<p>{words}</p>")) == ({("all-capitals", False)} if warns else set())


def test_labels_of_a_table_may_be_in_capitals() -> None:
    assert about("<table><tbody><tr><td>LEAVES MONDAY</td></tr></tbody></table>") == []


def test_a_headline_in_capitals_warns() -> None:
    assert ("all-capitals", False) in head(title="BRIDGE CLOSED")
    assert ("all-capitals", False) not in head(title="NHS")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("It was in in the harbour", "in in"),
        ("The the ferry left", "The the"),
        ("Nobody knew <em>the</em> the price", "the the"),
        ("She had had enough", ""),
        ("The problem is is that it closed.", "is is"),
        ("What it is is a scandal.", ""),
        ("That that mattered", ""),
        ("Walla Walla is far", ""),
        ("very very late", ""),
        ("the, the and", ""),
        ("1 1", ""),
        ("over the-the top", ""),
    ],
)
def test_a_word_that_is_written_twice_warns(words: str, found: str) -> None:
    got = about(f"<p>{words}</p>")
    assert codes(got) == ({("repeated-word", False)} if found else set())
    assert all(f"“{found}”" in finding.sentence for finding in got)


def test_words_at_the_end_and_the_start_of_paragraphs_are_not_repeated() -> None:
    assert about("<p>We want in</p><p>In the end</p><ul><li>a b</li><li>b c</li></ul>") == []


# --- sister titles


def test_sister_titles_that_list_nothing_warn() -> None:
    issue = make_issue(sections=[(SectionKind.SISTERS, "More", "")])
    section = issue.sections.get()
    silent, retired = make_briefing(), make_briefing(retired=True)
    make_issue(briefing=silent)
    make_published_issue(briefing=retired)
    make_published_issue(briefing=issue.briefing)

    def found(*briefings: Briefing) -> set[tuple[str, bool]]:
        section.sisters = [briefing.pk for briefing in briefings]
        section.save()
        return {one for one in codes(findings(issue)) if "sister" in one[0]}

    assert found(silent, retired, issue.briefing) == {("empty-sister-titles", False)}
    [warning] = [one for one in findings(issue) if one.code == "empty-sister-titles"]
    assert "are retired or have published nothing" in warning.sentence
    assert found(silent, make_published_issue().briefing) == set()
    assert found() == {("no-sister-titles", True)}


# --- language

FRENCH = (
    "Le conseil municipal a fermé le pont parce que les ingénieurs ont écrit dans quatre rapports"
    " que la structure était en danger, et les habitants du village ne savaient pas que le bac"
    " était plein pour toute la semaine."
)
GERMAN = (
    "Der Rat hat die Brücke geschlossen, weil die Ingenieure in vier Berichten geschrieben haben,"
    " dass sie nicht mehr sicher ist, und die Leute im Dorf wussten nicht, dass die Fähre für die"
    " ganze Woche voll war."
)
ENGLISH = (
    "The council closed the bridge because its engineers had written in four reports that it was"
    " not safe, and people in the village did not know that the ferry was full for the whole of"
    " the week."
)
RUSSIAN = "Совет закрыл мост, потому что инженеры написали об этом в четырёх отчётах подряд."


@pytest.mark.parametrize(
    ("words", "language", "found"),
    [
        (FRENCH, "en", "French"),
        (GERMAN, "en", "German"),
        (ENGLISH, "fr", "English"),
        (RUSSIAN, "en", "Cyrillic script"),
        (FRENCH, "fr", ""),
        (ENGLISH, "en", ""),
        (GERMAN, "de", ""),
        (FRENCH, "", ""),
        (RUSSIAN, "", ""),
        ("Je ne sais pas, dit le maire.", "en", ""),
        ("Tony Blair, John Major, Gordon Brown, " * 8, "en", ""),
    ],
)
def test_a_text_in_another_language_is_noticed_unless_it_is_short(
    words: str, language: str, found: str
) -> None:
    assert foreign_language(words, language) == found


def test_a_paragraph_that_is_not_in_the_briefings_language_warns() -> None:
    assert codes(about(f"<p>{ENGLISH}</p><p>{FRENCH}</p>")) == {("other-language", False)}
    briefing = make_briefing(language="fr")
    issue = make_issue(briefing=briefing, sections=[(NOTE, "", f"<p>{FRENCH}</p>")])
    assert "other-language" not in {finding.code for finding in findings(issue)}


# --- email programs, length, contrast


def test_what_email_programs_drop_warns_and_names_them() -> None:
    [found] = about('<ol reversed=""><li>Two</li><li>One</li></ol>')

    assert (found.code, found.blocks) == ("email-support", False)
    assert "but Outlook" in found.sentence
    assert "Gmail" in found.sentence
    assert "Apple Mail" not in found.sentence


def test_pictures_in_formats_that_outlook_cannot_show_warn() -> None:
    for name, code in (("a.webp", {("email-support", False)}), ("a.png", set()), ("a.jpg", set())):
        stored = default_storage.save(f"issues/{name}", ContentFile(b"bytes"))
        body = f'<p>Look <img src="{default_storage.url(stored)}" alt="The quay"></p>'
        assert codes(about(body)) == code
        default_storage.delete(stored)


def test_the_data_on_email_programs_comes_with_its_licence() -> None:
    assert "MIT License" in (DATA.parent / "LICENSE").read_text()
    assert '"source"' in DATA.read_text()


def test_a_long_read_warns() -> None:
    found = findings(make_issue(sections=[(NOTE, "", f"<p>{ADVICE * 500}</p>")]))
    [long] = [finding for finding in found if finding.code == "long-read"]
    assert not long.blocks
    assert "minutes to read" in long.sentence
    short = findings(make_issue(sections=[(NOTE, "", f"<p>{ADVICE}</p>")]))
    assert "long-read" not in {finding.code for finding in short}


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{ADVICE}</p>" * 1_300,
        # Few characters, but each item becomes a table row with styles of its own.
        f"<ul>{'<li>Ferry</li>' * 2_500}</ul>",
        # Characters of several bytes.
        f"<p>{'Мост закрыт сегодня утром. ' * 2_000}</p>",
    ],
)
def test_an_email_that_gmail_would_cut_off_blocks(body: str) -> None:
    found = findings(make_issue(sections=[(SectionKind.ROUNDUP, "Ferries", body)]))
    assert ("email-too-large", True) in codes(found)


def test_an_accent_without_enough_contrast_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    issue = make_issue(briefing=make_briefing(accent=Accent.GREEN))
    assert "contrast" not in {finding.code for finding in findings(issue)}
    pale = AccentColours(light="#9fd8c3", on_light="#ffffff", dark="#5fc7a0", on_dark="#0c1512")
    monkeypatch.setitem(ACCENT_COLOURS, Accent.GREEN, pale)
    [found] = [finding for finding in findings(issue) if finding.code == "contrast"]
    assert not found.blocks


# --- time


def test_a_long_issue_is_checked_quickly() -> None:
    """46 KB, as the benchmarks send, without the measurement of its email."""
    paragraph = (
        f"<p>{ADVICE} {ENGLISH} <strong>Bo</strong> wrote the"
        ' <a href="https://example.org/plan/{n}">plan</a> in May.</p>'
    )
    body = "".join(paragraph.replace("{n}", str(n)) for n in range(26))
    sections = [(NOTE, f"Part {n}", body) for n in range(5)]
    issue = make_issue(sections=sections, publish_at=timezone.now())
    rows = list(issue.sections.all())
    assert sum(len(row.body) for row in rows) > 45_000
    check_issue(issue, rows, publish_at=issue.publish_at)

    seconds = []
    for _ in range(5):
        start = time.process_time()
        check_issue(issue, rows, publish_at=issue.publish_at)
        seconds.append(time.process_time() - start)

    # 25 ms on a quiet machine, and 90 ms on a busy one.
    assert min(seconds) < 0.5


def test_the_form_of_the_sections_is_where_the_findings_lead() -> None:
    template = Path("templates/admin/briefings/issue/_section.html").read_text()
    assert 'id="section-{{ form.instance.pk }}"' in template
