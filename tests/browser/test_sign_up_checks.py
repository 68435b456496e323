"""Signing up during an attack, with a typing mistake, and from another site, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from newsroom.duration_words import in_words
from newsroom.form_guard import WINDOW
from subscribers.models import SignUp, Subscription
from subscribers.signup.embedded_form import form_html
from tests.browser.page_checks import look
from tests.factories import make_briefing, make_published_issue
from tests.sent_emails import emails_sent, link_to
from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ADA = "ada@example.org"


@pytest.fixture
def ward() -> Any:
    briefing = make_briefing(
        title="The Ward Round",
        slug="ward-round",
        strapline="What is really changing inside hospitals",
    )
    make_published_issue(briefing=briefing)
    return briefing


def send_form(page: Page, address: str) -> None:
    page.get_by_label("Email address").fill(address)
    page.get_by_role("button", name="Sign up").click()


def test_during_an_attack_the_browser_does_the_work_and_sends_the_form(
    page: Page, site: str, ward: Any, settings: Any
) -> None:
    settings.CHALLENGE_ABOVE = 0
    page.goto(f"{site}/subscribe/ward-round/")
    page.get_by_label("Your name").fill("Ada")
    send_form(page, ADA)
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    sign_up = SignUp.objects.get()
    assert (sign_up.address, sign_up.name) == (ADA, "Ada")
    assert sign_up.choices.get().source == "/subscribe/ward-round/"


def test_during_an_attack_a_browser_without_scripts_is_told_what_to_do(
    browser: Browser, site: str, ward: Any, settings: Any
) -> None:
    settings.CHALLENGE_ABOVE = 0
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = context.new_page()
        page.goto(f"{site}/subscribe/ward-round/")
        send_form(page, ADA)
        expect(page.get_by_role("main")).to_contain_text("If nothing happens")
        expect(page.get_by_role("main")).to_contain_text(f"try again in {in_words(WINDOW)}")
    assert not SignUp.objects.exists()


def test_a_browser_that_cannot_do_the_work_is_told_so(
    page: Page, site: str, ward: Any, settings: Any, watch: Watch
) -> None:
    settings.CHALLENGE_ABOVE = 0
    watch.expected.append("pbkdf2.js")
    page.route("**/pbkdf2.js", lambda route: route.abort())
    page.goto(f"{site}/subscribe/ward-round/")
    send_form(page, ADA)
    expect(page.get_by_role("alert")).to_contain_text("could not solve the puzzle")
    look(page, "signup-43-proof-of-work")
    assert not SignUp.objects.exists()


def test_a_typing_mistake_is_asked_about_and_each_answer_is_one_click(
    page: Page, site: str, ward: Any
) -> None:
    for answer, address in (("Yes, use", "ada@gmail.com"), ("No,", "ada@gmial.com")):
        page.goto(f"{site}/subscribe/ward-round/")
        send_form(page, "ada@gmial.com")
        expect(page.get_by_role("heading", level=1)).to_have_text("Did you mean gmail.com?")
        assert not SignUp.objects.filter(address=address).exists()
        look(page, "signup-40-did-you-mean")
        page.get_by_role("button", name=answer).click()
        expect(page.get_by_role("main")).to_contain_text(f"We are sending an email to {address}")
        assert SignUp.objects.filter(address=address).exists()


@pytest.fixture
def other_site(site: str, ward: Any) -> Iterator[str]:
    """Serve the form on a page of another site: 127.0.0.1, where we are `localhost`."""
    served: dict[str, str] = {}

    class OnePage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(served["html"].encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), OnePage)
    address = f"http://127.0.0.1:{server.server_port}/news/"
    served["html"] = (
        '<!doctype html><html lang="en"><title>A library</title><h1>A library</h1>'
        f"{form_html(ward, page=address)}</html>"
    )
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


def test_signing_up_on_another_site(page: Page, site: str, ward: Any, other_site: str) -> None:
    page.goto(f"{site}/subscribe/ward-round/embed/?page={other_site}")
    assert page.get_by_label("HTML of the form").input_value() == form_html(ward, page=other_site)
    look(page, "signup-41-embed")

    page.goto(other_site)
    page.get_by_label("Email address").fill(ADA)
    page.get_by_role("button", name="Sign up for The Ward Round").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your inbox")
    assert page.url == f"{site}/subscribe/ward-round/"
    assert SignUp.objects.get().choices.get().source == other_site

    page.goto(site + link_to("confirm", emails_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text("You signed up on another site")
    look(page, "signup-42-confirm-from-another-site")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome")
    assert Subscription.objects.active().count() == 1
