"""The form on other sites: accepted without a CSRF token, its page recorded as the source."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from briefings.models import Briefing
from newsroom import form_guard
from subscribers.consent_wording import sign_up_wording
from subscribers.models import ConsentRecord, SignUp
from subscribers.signup.embedded_form import is_our_page, source_on
from tests.briefings.admin_client import staff_client
from tests.factories import make_briefing
from tests.sent_emails import emails_sent, link_to

pytestmark = pytest.mark.django_db
LIBRARY = "https://library.example"


@pytest.fixture
def ward() -> Briefing:
    return make_briefing(title="Council & mayor", slug="council")


def post(path: str = "/subscribe/council/", **fields: Any) -> Any:
    headers = {"Origin": fields.pop("origin", LIBRARY), "Referer": fields.pop("referer", "")}
    data = {"address": "ada@example.org", "source": f"{LIBRARY}/news/", **fields}
    strict = Client(enforce_csrf_checks=True, headers={k: v for k, v in headers.items() if v})
    return strict.post(path, data)


def source() -> str:
    return SignUp.objects.get().choices.get().source


def test_the_form_is_plain_html_with_the_recorded_wording(client: Client, ward: Briefing) -> None:
    page = client.get("/subscribe/council/embed/", {"page": f"{LIBRARY}/news/"})
    snippet = page.context["form_html"]
    assert 'action="http://news.example.com/subscribe/council/"' in snippet
    assert f'name="source" value="{LIBRARY}/news/"' in snippet
    assert sign_up_wording(ward).replace("&", "&amp;") in snippet
    assert 'name="subject"' in snippet
    for unwanted in ("<script", "style", "csrf", "http-equiv"):
        assert unwanted not in snippet
    live = page.content.decode().partition("inert>")[2].partition("</div>")[0]
    assert 'action="http://news.example.com/subscribe/council/"' in live
    assert 'name="source"' not in live
    assert "noindex" in page.content.decode()


@pytest.mark.parametrize(
    "page", ["library.example", "javascript:alert(1)", "/news/", "https://", "http://[::1", "\0"]
)
def test_an_invalid_page_address_is_refused(client: Client, ward: Briefing, page: str) -> None:
    answer = client.get("/subscribe/council/embed/", {"page": page})
    assert answer.status_code == 422
    assert "full address of a page" in answer.content.decode()
    assert page not in answer.context["form_html"]


def test_a_hostile_page_address_is_escaped(client: Client, ward: Briefing) -> None:
    answer = client.get("/subscribe/council/embed/", {"page": 'https://x.example/"><script>'})
    assert "<script>" not in answer.context["form_html"]
    assert '"><script>' not in answer.content.decode()


def test_a_retired_briefing_has_no_form_for_other_sites(client: Client) -> None:
    make_briefing(slug="old", retired=True)
    assert client.get("/subscribe/old/embed/").status_code == 404


def test_the_admin_links_to_the_form_for_other_sites(ward: Briefing) -> None:
    page = staff_client("Editors").get(f"/admin/briefings/briefing/{ward.pk}/change/")
    assert "/subscribe/council/embed/" in page.content.decode()


@pytest.mark.parametrize(
    ("origin", "referer", "said", "kept"),
    [
        (LIBRARY, "", f"{LIBRARY}/news/", f"{LIBRARY}/news/"),
        (LIBRARY, "", f"{LIBRARY}/news/?token=secret#top", f"{LIBRARY}/news/"),
        (LIBRARY, "", "https://elsewhere.example/", f"{LIBRARY}/"),
        (LIBRARY, "", "/subscribe/", f"{LIBRARY}/"),
        (LIBRARY, "", "", f"{LIBRARY}/"),
        (LIBRARY, "", f"{LIBRARY}@evil.example/", f"{LIBRARY}/"),
        (LIBRARY, "", f"{LIBRARY}/a\r\nb", f"{LIBRARY}/"),
        (LIBRARY, "", f"{LIBRARY}/" + "a" * 400, f"{LIBRARY}/" + "a" * 276),
        ("", f"{LIBRARY}/news/?q=1", f"{LIBRARY}/news/", f"{LIBRARY}/news/"),
        ("null", "", f"{LIBRARY}/news/", "another site"),
        ("http://[", "", f"{LIBRARY}/news/", "another site"),
        ("http://news.example.com", "", "/council/3/", "/council/3/"),
        ("http://testserver", "", "/council/3/", "/council/3/"),
        ("", "http://testserver/council/3/", "/council/3/", "/council/3/"),
    ],
)
def test_the_source_is_recorded_as_far_as_the_origin_confirms_it(
    ward: Briefing, origin: str, referer: str, said: str, kept: str
) -> None:
    assert post(origin=origin, referer=referer, source=said).status_code == 200
    assert source() == kept


@given(st.text(), st.sampled_from([LIBRARY, "null", "http://a.example:81"]))
def test_no_source_on_another_site_looks_like_our_page(said: str, origin: str) -> None:
    kept = source_on(origin, stated=said)
    assert not is_our_page(kept)
    assert kept.isprintable()
    assert len(kept) <= 300


def test_the_source_survives_the_pages_that_ask_one_more_question(ward: Briefing) -> None:
    asked = post(address="ada@gmial.com")
    entered = dict(asked.context["entered_values"])
    done = Client(headers={"Origin": "http://testserver"}).post(
        "/subscribe/council/", {**entered, "chosen_domain": "no"}
    )
    assert done.status_code == 200
    assert source() == f"{LIBRARY}/news/"


def test_an_unsigned_source_is_ignored(ward: Briefing) -> None:
    post(origin="", source="/council/3/", elsewhere="https://evil.example/")
    assert source() == "/council/3/"


def test_the_confirmation_page_shows_the_recorded_wording(client: Client, ward: Briefing) -> None:
    post()
    link = link_to("confirm", emails_sent()[-1])
    page = client.get(link).content.decode()
    assert sign_up_wording(ward).replace("&", "&amp;") in page
    client.post(link)
    record = ConsentRecord.objects.get()
    assert (record.source, record.wording) == (f"{LIBRARY}/news/", sign_up_wording(ward))


def test_forms_from_other_sites_need_a_proof_of_work_sooner(ward: Briefing) -> None:
    for number in range(form_guard.FREE_PER_NETWORK_IF_SUSPICIOUS):
        assert post(address=f"a{number}@example.org").status_code == 200
    assert "altcha-widget" in post(address="b@example.org").content.decode()


def test_the_hidden_field_stops_bots_here_too(ward: Briefing) -> None:
    assert post(subject="cheap pills").status_code == 200
    assert not SignUp.objects.exists()
