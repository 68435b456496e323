"""An issue as an email: what the email program of each subscriber gets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from briefings.models import SectionKind
from briefings.rendering.issue_email import GMAIL_CLIP_BYTES, measure_issue_email
from tests.briefings.rendering.sample_emails import (
    LINKS,
    SITE,
    email_of,
    page_of,
    read_page,
    render,
)
from tests.factories import make_briefing, make_contributor, make_issue

pytestmark = pytest.mark.django_db

# --- the whole


def test_the_email_says_what_the_issue_says() -> None:
    rosa = make_contributor(name="Rosa Meyer", job_title="Acute care correspondent")
    briefing = make_briefing(title="The Ward Round", strapline="Every Thursday", lead=rosa)
    issue = make_issue(
        briefing=briefing, number=57, created_at=datetime(2026, 4, 14, 6, tzinfo=UTC)
    )

    email = render(issue)

    assert email.subject == "Who pays for the empty beds?"
    for words in (
        "The Ward Round",
        "Every Thursday",
        "14 April 2026",
        "Who pays for the empty beds?",
        "Three trusts closed wards they say were never commissioned.",
        "Rosa Meyer",
        "Acute care correspondent",
        "Closed, but still counted",
        "The county has 214 beds.",
        "A tender was scrapped",
        "Leave a comment",
        "Reply to this email to write to the author.",
        "Was this email forwarded to you? Sign up to get your own",
        "You are getting this email because you signed up for The Ward Round at news.example.com.",
    ):
        assert words in read_page(email.html).words, words
        assert words in " ".join(email.text.split()), words


def test_the_html_is_balanced_and_says_its_language_and_title() -> None:
    page = read_page(render(make_issue()).html)

    assert page.unbalanced == []
    assert page.first("html")["lang"] == "en-GB"
    assert page.title == "Who pays for the empty beds?"
    assert all(table.get("role") == "presentation" for table in page.all("table"))


def test_each_link_comes_through_byte_for_byte() -> None:
    issue = make_issue()
    email = render(issue)

    for marker in (LINKS.unsubscribe, LINKS.preferences, LINKS.view):
        assert f'href="{marker}"' in email.html
        assert marker in email.text.split("\n"), "an address has a line to itself"
    sign_up = f"{LINKS.subscribe}{issue.briefing.slug}/?issue={issue.number}"
    assert read_page(email.html).links["Sign up to get your own"] == sign_up
    assert sign_up in email.text.split("\n")


def test_headline_and_comments_lead_to_the_issues_page() -> None:
    issue = make_issue()

    page = read_page(render(issue).html)

    assert page.links["Who pays for the empty beds?"] == SITE + issue.get_absolute_url()
    assert page.links["Leave a comment"] == f"{SITE}{issue.get_absolute_url()}#comments"


def test_a_briefing_without_comments_asks_for_none() -> None:
    email = render(make_issue(briefing=make_briefing(comments_close_after=0)))

    for words in (email.text, read_page(email.html).words):
        assert "Leave a comment" not in words
        assert "Reply to this email" in words


def test_a_reply_is_asked_for_only_where_it_reaches_somebody() -> None:
    silent = make_briefing(lead=make_contributor(contact=""))

    assert "Reply to this email" not in render(make_issue(briefing=silent)).text


def test_the_postal_address_stands_in_both_parts(settings: Any) -> None:
    settings.POSTAL_ADDRESS = "Paper Lane 7\nYork <YO1>"

    email = render(make_issue())

    assert re.search(r"Paper\sLane\s7<br>York\s&lt;YO1&gt;", email.html)
    assert "\nPaper Lane 7\nYork <YO1>\n" in email.text


def test_the_inbox_shows_the_strapline_beside_the_subject() -> None:
    with_strapline = read_page(render(make_issue(strapline="The bill & its <b>owner</b>")).html)
    without = read_page(render(make_issue(strapline="")).html)

    assert with_strapline.preheader.startswith("The bill & its <b>owner</b>")
    assert without.preheader.startswith("The county has 214 beds.")


def test_the_day_is_the_briefings_own() -> None:
    briefing = make_briefing(time_zone="Pacific/Auckland")
    issue = make_issue(briefing=briefing, created_at=datetime(2026, 4, 14, 20, tzinfo=UTC))

    assert "15 April 2026" in render(issue).text


def test_a_first_heading_that_repeats_the_headline_is_shown_once() -> None:
    title = "Who pays for the empty beds?"
    twice = [
        (SectionKind.FEATURE, title.upper(), "<p>a</p>"),
        (SectionKind.NOTE, title, "<p>b</p>"),
    ]

    email = render(make_issue(title=title, sections=twice))

    assert [words for tag, words in read_page(email.html).headings if tag == "h2"] == [
        title,
        "Leave a comment",
    ]
    assert title.upper() not in email.text


def test_an_empty_section_leaves_no_hole() -> None:
    issue = make_issue(
        sections=[(SectionKind.NOTE, "", "<p> </p>"), (SectionKind.FEATURE, "H", "")]
    )

    assert "\n\n\n\n" not in render(issue).text


def test_each_briefing_wears_its_accent_in_light_and_in_dark() -> None:
    email = render(make_issue(briefing=make_briefing(accent="plum")))

    assert "#75356f" in email.html
    assert "#d9a1d3" in email.html
    assert "#0b6b4f" not in email.html


# --- how mail programs draw it


def test_the_rules_for_dark_and_for_phones_outlive_the_inliner() -> None:
    styles = read_page(render(make_issue()).html).styles

    assert any("@media (prefers-color-scheme:dark)" in style for style in styles)
    assert any("@media (max-width:480px)" in style for style in styles)
    assert any("[data-ogsc]" in style for style in styles)
    # One kind of client a block: Gmail drops a block whole over a rule that it does not know.
    assert not any("@media" in style and "[data-ogsc]" in style for style in styles)
    assert sum(map(len, styles)) < 8192, "Gmail reads no further"


def test_whatever_dark_mode_recolours_has_its_light_colour_inline() -> None:
    page = read_page(render(make_issue()).html)

    for element in page.elements:
        if "ink" in element.get("class", "").split():
            assert "#16191d" in element["style"]


def test_only_css_that_every_large_client_knows() -> None:
    email = email_of(SectionKind.FEEDBACK, "<blockquote>a</blockquote><pre>b</pre>")

    assert not re.search(
        r"flex|grid|var\(|calc\(|position:|url\(|@import|@font-face|<link|<script|\brem\b",
        email.html,
    )


def test_outlook_gets_a_table_of_six_hundred_pixels() -> None:
    html = render(make_issue()).html

    assert re.search(r"<!--\[if mso\]><table[^>]* width=\"600\"", html)
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 3


def test_nothing_is_fetched_but_the_pictures_of_the_issue() -> None:
    page = page_of('<p><img src="/media/ward.png" alt="A ward"></p>')

    assert [image["src"] for image in page.all("img")] == [f"{SITE}/media/ward.png"]
    assert page.all("link") == page.all("script") == []


# --- the kinds of section


def test_a_round_up_is_ruled_and_still_a_list() -> None:
    page = page_of("<ul><li>One</li><li></li><li>Two</li></ul>", kind=SectionKind.ROUNDUP)

    items = [element for element in page.elements if element.get("role") == "listitem"]
    assert ["2px solid" in item["style"] for item in items] == [True, False]
    assert all("border-top" in item["style"] for item in items)
    assert [it for it in page.elements if it.get("role") == "list"]
    assert page.all("ul") == []


def test_a_numbered_list_in_a_round_up_keeps_its_numbers() -> None:
    page = page_of('<ol start="3" type="I"><li>One</li><li>Two</li></ol>', kind=SectionKind.ROUNDUP)

    (numbered,) = page.all("ol")
    assert (numbered["start"], numbered["type"]) == ("3", "I")


def test_readers_words_stand_on_a_ground_and_others_beside_a_rule() -> None:
    quote = "<blockquote><p>Not so.</p><p>— A reader</p></blockquote>"

    voice = email_of(SectionKind.FEEDBACK, quote).html
    pull = email_of(SectionKind.FEATURE, quote).html

    assert re.search(r'<td class="voice[^>]*background-color: #f5f6f4[^>]*>\s*<blockquote', voice)
    assert re.search(r'<td class="pull[^>]*border-left: 4px solid[^>]*>\s*<blockquote', pull)
    assert 'class="source sans quiet"' in voice


def test_a_note_stands_under_a_rule() -> None:
    sections = [(SectionKind.FEATURE, "A", "<p>a</p>"), (SectionKind.NOTE, "", "<p>Away.</p>")]

    email = render(make_issue(sections=sections))

    assert 'class="pad note-rule"' in email.html
    assert "* * *\n\nAway." in email.text


# --- how heavy


def test_an_ordinary_email_is_small() -> None:
    size = measure_issue_email(make_issue())

    assert size.bytes < 30_000
    assert size.warning == ""


def test_a_very_long_issue_is_warned_of() -> None:
    body = "<p>" + "A sentence of some length. " * 20 + "</p>"

    size = measure_issue_email(make_issue(sections=[(SectionKind.FEATURE, "Long", body * 250)]))

    assert size.bytes > GMAIL_CLIP_BYTES
    assert f"{size.bytes // 1000} KB" in size.warning
