"""Signing up and leaving in a browser, on a phone and a desk, by day and by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from subscribers.models import SignUp, Subscriber, Subscription, SubscriptionState
from tests.factories import make_briefing, make_contributor, make_published_issue
from tests.letterbox import letters_sent, link_to

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
VIEWS = {
    "1280-light": (1280, 900, "light"),
    "1280-dark": (1280, 900, "dark"),
    "390-light": (390, 844, "light"),
    "390-dark": (390, 844, "dark"),
    "320-light": (320, 700, "light"),
}
# One reading of the rules for each width and each scheme; colours do not depend on width.
JUDGED = {"1280-light", "390-dark"}
ADA = "ada@example.org"


def look(page: Page, name: str) -> None:
    """Keep pictures; fail on what axe finds, on sideways scrolling, on targets too small."""
    for view, (width, height, scheme) in VIEWS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.screenshot(path=SHOTS / f"signup-{name}-{view}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} {view}"
        if view in JUDGED:
            found = Axe().run(page).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], f"{name} {view}"
    small = page.evaluate(
        """() => [...document.querySelectorAll("main button, main .small a, main .ways a, input")]
            .filter(one => one.offsetParent && one.getBoundingClientRect().height < 24)
            .map(one => one.outerHTML)"""
    )
    assert small == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.fixture
def briefings() -> list[Any]:
    lead = make_contributor(name="Rosa Meyer", job_title="Acute care correspondent")
    ward = make_briefing(
        title="The Ward Round",
        slug="ward-round",
        strapline="What is really changing inside hospitals",
        description="Rosa Meyer reads the board papers, so that you need not.",
        lead=lead,
    )
    make_published_issue(briefing=ward, title="Who pays for the empty beds?")
    council = make_briefing(
        title="The Committee Room",
        slug="committee-room",
        strapline="What they decide at the town hall, and what they put off",
        accent="plum",
        slot_weekday=1,
        lead=lead,
    )
    return [ward, council, make_briefing(title="Night Bus", slug="night-bus", accent="blue")]


def test_a_reader_signs_up_on_the_page_of_all_briefings(
    page: Page, site: str, briefings: list[Any]
) -> None:
    page.goto(f"{site}/subscribe/")
    assert page.get_by_role("checkbox").count() == 3
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    look(page, "1-form")

    page.get_by_label("E-mail address").fill("ada at example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Tick at least one briefing.")).to_be_visible()
    look(page, "2-form-refused")

    page.get_by_label("The Ward Round").check()
    page.get_by_label("The Committee Room").check()
    page.get_by_label("E-mail address").fill(ADA)
    page.get_by_label("Your name").fill("Ada Łovelace")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your inbox")
    look(page, "3-look-in-your-inbox")

    page.goto(site + link_to("confirm", letters_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text("The Committee Room")
    look(page, "4-confirm")
    assert not Subscriber.objects.exists()
    page.get_by_role("button", name="Yes, send them to me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome, Ada Łovelace")
    look(page, "5-welcome")

    page.goto(f"{site}/confirm/{SignUp.objects.get().token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is confirmed already")
    look(page, "6-confirmed-already")

    page.goto(site + link_to("preferences", letters_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text("a•••@example.org")
    look(page, "7-preferences-from-a-letter")
    page.get_by_role("button", name="Leave The Committee Room").click()
    expect(page.get_by_role("status")).to_contain_text("You have left The Committee Room")
    look(page, "8-preferences-left")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are back on the list")
    look(page, "9-undone")

    page.goto(f"{site}/preferences/")
    look(page, "10-send-me-my-link")
    page.get_by_label("E-mail address").fill(ADA)
    page.get_by_role("button", name="Send me my link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your inbox")
    page.goto(site + link_to("preferences", letters_sent()[-1]))
    expect(page.get_by_role("main")).to_contain_text(ADA)
    look(page, "11-preferences-of-the-owner")
    page.get_by_label("Night Bus").check()
    page.get_by_label("The Ward Round").uncheck()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("You have left The Ward Round")
    look(page, "12-preferences-saved")
    active = Subscription.objects.active().values_list("briefing__slug", flat=True)
    assert set(active) == {"committee-room", "night-bus"}


def test_a_reader_signs_up_beside_an_issue_and_leaves_by_a_letter(
    page: Page, site: str, briefings: list[Any]
) -> None:
    page.goto(f"{site}/ward-round/1/")
    box = page.locator("form.signup")
    expect(box).to_contain_text("Did someone forward this to you?")
    look(page, "20-box")
    box.get_by_label("E-mail address").fill(ADA)
    box.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your inbox")
    assert SignUp.objects.get().choices.get().source == "/ward-round/1/"
    page.goto(f"{site}/subscribe/ward-round/")
    look(page, "21-form-for-one")

    page.goto(site + link_to("confirm", letters_sent()[-1]))
    look(page, "22-confirm-one")
    page.get_by_role("button", name="Yes, send it to me").click()
    page.goto(site + link_to("unsubscribe", letters_sent()[-1]))
    look(page, "23-unsubscribe")
    page.get_by_role("button", name="Leave The Ward Round").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left The Ward Round")
    look(page, "24-left")
    assert Subscription.objects.get().state == SubscriptionState.LEFT
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are back on the list")
    assert Subscription.objects.get().state == SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/confirm/nonsense/", "30-confirm-unknown"),
        ("/unsubscribe/nonsense/", "31-unsubscribe-unknown"),
        ("/preferences/nonsense/", "32-preferences-ended"),
        ("/subscribe/old-gazette/", "33-retired"),
    ],
)
def test_pages_for_links_that_lead_nowhere_lead_on(
    page: Page, site: str, path: str, name: str
) -> None:
    make_briefing(title="The Old Gazette", slug="old-gazette", retired=True)
    page.goto(site + path)
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("main a, main form").count() >= 1
    look(page, name)
