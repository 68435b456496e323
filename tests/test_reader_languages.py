"""Readers are addressed in the language of a briefing, or of the site; staff always in English."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone, translation

from briefings.models import Comment, Topic
from newsroom.models import OutgoingEmail
from newsroom.reader_language import answer_in, in_language, shared_language, words_language
from subscribers.models import ConsentRecord, SignUp
from tests.briefings.admin_client import staff_client
from tests.english_words import english_in_html, english_in_text
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_correction,
    make_dispatch,
    make_published_issue,
    make_reader,
)
from tests.subscribers.subscriber_lives import live

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
# Pages of the site as a whole, and those behind links that do not work.
SITE_PAGES = (
    "/",
    "/search/",
    "/search/?q=betten",
    "/subscribe/",
    "/privacy/",
    "/preferences/",
    "/comments/sign-in/",
    "/no-such-page/",
    "/unsubscribe/no-such-link/",
    "/confirm/no-such-link/",
    "/preferences/no-such-link/",
    "/comments/confirm/no-such-link/",
    "/preview/no-such-link/",
)
FRIDAY = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


def html_of(client: Client, path: str, data: dict[str, str] | None = None) -> str:
    """Return the page that a request gets, with its data by POST."""
    page = client.get(path) if data is None else client.post(path, data)
    return str(page.content.decode())


# --- a German briefing on an English site


def test_every_email_of_a_german_life_and_every_page_behind_it_is_german(client: Client) -> None:
    life = live(client, language="de")
    assert len(life.emails) > 12
    for name, (subject, text, html) in life.emails.items():
        assert english_in_text(subject) == [], name
        assert english_in_text(text) == [], name
        assert english_in_html(html) == [], name
        assert 'lang="de" dir="ltr"' in html, name
    of_the_site = ("/subscribe/", "/privacy/", "/preferences/", "/search/", "/")
    pages = {path for paths in life.links.values() for path in paths} - {*of_the_site}
    read = [path for path in pages if client.get(path).status_code == 200]
    assert len(read) > 12
    for path in read:
        assert english_in_html(html_of(client, path)) == [], path


def test_each_page_of_a_german_briefing_is_german(client: Client) -> None:
    briefing = make_briefing(title="Die Visite", language="de", strapline="Jeden Donnerstag")
    slug = briefing.slug
    make_published_issue(briefing=briefing, title="Wer zahlt für leere Betten?")
    issue = make_published_issue(briefing=briefing, title="Warten", strapline="", sections=[])
    issue.topics.add(Topic.objects.create(name="Kliniken", slug="kliniken"))
    corrected = make_published_issue(briefing=briefing, title="Korrigiert")
    make_correction(corrected, note="Es sind 241 Betten.")
    comment = make_comment(on=issue, body="Gut zu wissen.")
    make_comment(on=issue, body="Danke.", parent=comment)
    forms = {"subscribe": f"/subscribe/{slug}/", "comment": f"{issue.get_absolute_url()}comments/"}
    pages = [
        *(f"/{slug}/", f"/{slug}/?year={issue.dateline.year}", issue.get_absolute_url()),
        *(corrected.get_absolute_url(), f"/{slug}/corrections/"),
        *(f"/{slug}/feed/", f"/{slug}/corrections/feed/", f"/subscribe/{slug}/embed/"),
        *(f"{issue.get_absolute_url()}?reply_to={comment.pk}", forms["subscribe"]),
        *(f"/comments/{comment.pk}/report/", f"/comments/{comment.pk}/recommend/"),
    ]
    for path in pages:
        page = client.get(path)
        assert page.status_code == 200, path
        assert english_in_html(page.content.decode()) == [], path
    posts = [
        (forms["subscribe"], {"address": "nobody", "name": "Kauf bei www.shop.example"}),
        (forms["subscribe"], {"address": "ada@gmial.com"}),
        (forms["subscribe"], {"address": "ada@example.org"}),
        (forms["comment"], {"body": "", "email": "nobody", "name": "Die Redaktion"}),
        (forms["comment"], {"body": "x" * 6000, "email": "a@example.org"}),
        (f"/comments/{comment.pk}/report/", {}),
        (f"/comments/{comment.pk}/report/", {"reason": "spam"}),
    ]
    for path, data in posts:
        assert english_in_html(html_of(client, path, data)) == [], f"{path} {data}"


def test_a_page_says_its_language_and_one_with_another_text_says_that_too(client: Client) -> None:
    german = make_published_issue(briefing=make_briefing(language="de"))
    french = make_published_issue(briefing=make_briefing(language="fr"))
    english = make_published_issue(briefing=make_briefing(language="en"))
    said = {
        issue: re.findall(r'<(?:html|article|div)[^>]* lang="([\w-]+)"', html_of(client, path))
        for issue in (german, french, english)
        for path in [issue.get_absolute_url()]
    }
    assert said == {german: ["de"], french: ["en-GB", "fr"], english: ["en-GB"]}
    for issue, tag in ((german, "de"), (french, "fr"), (english, "en-GB")):
        feed = html_of(client, f"/{issue.briefing.slug}/feed/")
        assert f'xml:lang="{tag}"' in feed
        assert f'"inLanguage": "{tag}"' in html_of(client, issue.get_absolute_url())


def test_dates_times_and_numbers_are_as_germans_write_them(client: Client) -> None:
    briefing = make_briefing(title="Die Visite", language="de", slot_weekday=4)
    issue = make_published_issue(briefing=briefing, at=FRIDAY)
    make_comment(on=issue, created_at=FRIDAY + timedelta(hours=1))
    page = html_of(client, issue.get_absolute_url())
    assert "27. November 2026" in page
    assert "27. November 2026, 07:00 Uhr" in page
    assert "höchstens 5.000 Zeichen" in page
    about = html_of(client, f"/{briefing.slug}/")
    assert "Jeden Freitag um 07:00 Uhr (Ortszeit London)" in about
    reader = make_reader(of=briefing).subscriber
    reader.pause(until=(timezone.now() + timedelta(days=3)).date(), at=timezone.now())
    paused = html_of(client, f"/preferences/{reader.token}/")
    assert re.search(
        r"ab (Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag), \d+\. \w+ \d{4}", paused
    )


def test_a_dispatch_keeps_its_words_in_the_language_of_its_briefing() -> None:
    briefing = make_briefing(title="Die Visite", language="de")
    dispatch = make_dispatch(briefing=briefing)
    assert "Im Browser ansehen" in dispatch.html
    assert "Die nächste Ausgabe kommt am " in dispatch.text
    for issue in ("en", "fr"):  # there are no French words
        dispatch = make_dispatch(briefing=make_briefing(language=issue))
        assert "View in browser" in dispatch.html


def test_consent_is_recorded_in_the_words_that_were_read(client: Client) -> None:
    briefing = make_briefing(title="Die Visite", language="de", slot_weekday=3)
    client.post(f"/subscribe/{briefing.slug}/", {"address": "ada@example.org"})
    [email] = OutgoingEmail.objects.all()
    assert email.subject == "Bestätigen Sie Ihr Abo von Die Visite"
    client.post(f"/confirm/{SignUp.objects.get().token}/")
    wording = ConsentRecord.objects.get().wording
    assert wording.startswith("Senden Sie mir Die Visite, jeden Donnerstag um 07:00 Uhr,")
    issue = make_published_issue(briefing=briefing)
    client.post(
        f"{issue.get_absolute_url()}comments/",
        {"body": "Gut zu wissen.", "email": "bo@example.org", "quoting": "anonymous"},
    )
    consent = Comment.objects.get().quote_consents.get()
    assert consent.wording.endswith("\nAntwort: Ja, ohne meinen Namen")


def test_somebody_with_briefings_in_two_languages_is_addressed_in_that_of_the_site(
    client: Client,
) -> None:
    german = make_reader(of=make_briefing(language="de"), email="ada@example.org")
    assert 'html lang="de"' in html_of(client, f"/preferences/{german.subscriber.token}/")
    make_reader(of=make_briefing(language="en"), email="ada@example.org")
    assert 'html lang="en-GB"' in html_of(client, f"/preferences/{german.subscriber.token}/")
    german.subscriber.subscriptions.exclude(pk=german.pk).get().end(at=timezone.now())
    assert 'html lang="de"' in html_of(client, f"/preferences/{german.subscriber.token}/")


# --- whose language it is


def test_a_language_ends_with_its_page_and_with_its_email(client: Client) -> None:
    german, english = make_briefing(language="de"), make_briefing(language="en")
    before = translation.get_language()
    for briefing, words in ((german, "Alle Briefings"), (english, "All briefings")) * 2:
        assert words in html_of(client, f"/{briefing.slug}/")
        assert translation.get_language() == before
        make_dispatch(briefing=briefing)
        assert translation.get_language() == before
    html_of(client, f"/{german.slug}/")
    assert "All briefings" in html_of(client, "/no-such-page/")


def test_no_browser_chooses_the_language(client: Client) -> None:
    path = f"/{make_briefing(language='de').slug}/"
    pages = {
        (where, client.get(where, headers={"accept-language": wanted}).content)
        for where in (path, "/privacy/")
        for wanted in ("de", "en-GB", "fr;q=0.9, *")
    }
    assert len(pages) == 2


def test_pages_about_several_briefings_are_in_the_language_of_the_site(
    client: Client, settings: LazySettings
) -> None:
    settings.LANGUAGE_CODE = "de"
    contributor = make_contributor(name="Rosa Meyer")
    issue = make_published_issue(briefing=make_briefing(language="de", lead=contributor))
    issue.topics.add(Topic.objects.create(name="Kliniken", slug="kliniken"))
    for path in (*SITE_PAGES, contributor.get_absolute_url(), "/topics/kliniken/"):
        html = html_of(client, path)
        assert english_in_html(html) == [], path
        assert '<html lang="de" dir="ltr">' in html, path
    english = make_briefing(language="en")
    assert '<html lang="en-GB" dir="ltr">' in html_of(client, f"/{english.slug}/")


def test_the_admin_and_emails_to_staff_are_in_english_on_a_german_site(
    client: Client, settings: LazySettings
) -> None:
    settings.LANGUAGE_CODE = "de"
    login = html_of(client, "/admin/login/")
    assert "Log in" in login
    assert "Anmelden" not in login
    issue = make_published_issue(briefing=make_briefing(language="de"))
    staff = staff_client("Editors")
    changes = html_of(staff, "/admin/briefings/issue/")
    assert "Ausgabe" not in changes
    assert issue.title in changes


def test_words_are_in_the_language_of_a_text_or_in_that_of_the_site() -> None:
    assert [words_language(code) for code in ("en", "de", "fr")] == ["en-gb", "de", "en-gb"]
    assert shared_language(["de", "de"]) == "de"
    assert shared_language(["de", "fr"]) == "en-gb"
    assert shared_language([]) == "en-gb"
    with in_language("de"):
        answer_in("en")
    assert translation.get_language() == "en-gb"


# --- the check itself


@pytest.mark.parametrize(
    "html",
    [
        "<p>Sign up</p>",
        '<a aria-label="Next page">2</a>',
        "<p>Heute: There are no comments on this issue.</p>",
        "<b>12 comments</b>",
        '<p>Under “<a href="/x/"><bdi>Betten</bdi></a>”.</p>',
        "<p>Issue 12 · heute</p>",
    ],
)
def test_the_check_sees_english_words(html: str) -> None:
    assert english_in_html(html)


def test_the_check_sees_no_english_in_german_words_and_in_what_people_wrote() -> None:
    assert english_in_html("<p>Ausgabe 12</p><p>The write-off helps the accounts.</p>") == []
    assert english_in_text("Ihre Einstellungen:\n\nGute Nachrichten aus den Kliniken\n") == []
