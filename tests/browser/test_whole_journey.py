"""The main job in a browser: read, sign up, comment, draft, approve, send, unsubscribe."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.page_checks import wait_until_ready
from tests.servers.browser import Watch
from tests.servers.demo import Demo

# As a correspondent sends it, copied out of an email client.
DOCUMENT = Path(__file__).parent / "the-vans.txt"


@pytest.fixture(scope="module")
def newsroom(
    demo_folder: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    demo = Demo(demo_folder(tmp_path_factory.mktemp("newsroom")))
    try:
        demo.wait_until_ready()
        yield demo
    finally:
        demo.stop()


@pytest.fixture
def staff(browser: Browser, watch: Watch) -> Iterator[BrowserContext]:
    """A browser context for staff, apart from the reader's."""
    with browser.new_context(locale="en-GB", timezone_id="Europe/London") as context:
        context.set_default_timeout(15_000)
        watch.over(context)
        yield context


@pytest.fixture
def document() -> Path:
    """The document to import; NEWSROOM_SAMPLE names another one."""
    return Path(os.environ.get("NEWSROOM_SAMPLE") or DOCUMENT)


def log_in(context: BrowserContext, newsroom: Demo, user: str) -> Page:
    for left in context.pages:  # or it would go on asking the server, as nobody
        left.close()
    context.clear_cookies()
    page = context.new_page()
    page.goto(f"{newsroom.url}/admin/")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    return page


def open_email(page: Page, newsroom: Demo, *, to: str, subject: str) -> None:
    """Open an email from the inbox page, which shows new ones by itself."""
    page.goto(f"{newsroom.url}/inbox/?to={to}")
    email = page.get_by_role("link", name=subject)
    # It takes seconds, more on a busy computer.
    newsroom.wait_until(email.is_visible, seconds=60, what=f"{subject!r} in {to}'s inbox")
    email.click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()


def follow(page: Page, link: Locator) -> Page:
    """Follow a link of an email: it opens beside the inbox."""
    # Once the frame with the email is loaded: its links move until then, and a click would miss.
    page.wait_for_load_state("load")
    wait_until_ready(page)
    expect(link).to_be_visible()
    with page.expect_popup(timeout=30_000) as opened:
        link.press("Enter")  # a click misses a link that moves when the frame gets its height
    opened.value.wait_for_load_state()
    return opened.value


def sign_up(page: Page, newsroom: Demo, *, address: str, briefing: str) -> Page:
    """Sign up on the form and confirm through the inbox; return the welcome page."""
    page.goto(newsroom.url)
    page.get_by_role("navigation", name="Site").get_by_role("link", name="Sign up").click()
    page.get_by_label("Email address").fill(address)
    page.get_by_role("checkbox", name=briefing).check()
    page.get_by_role("main").get_by_role("button").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()

    open_email(page, newsroom, to=address, subject=briefing)
    email = page.frame_locator("iframe")
    confirming = follow(page, email.get_by_role("link", name="Confirm my subscription"))
    confirming.get_by_role("button", name="Confirm").click()
    expect(confirming.get_by_role("heading", name="Welcome")).to_be_visible()
    return confirming


def test_a_reader_goes_from_the_home_page_to_an_issue(page: Page, newsroom: Demo) -> None:
    page.goto(newsroom.url)
    page.get_by_role("link", name="The Ward Round", exact=True).first.click()
    expect(page).to_have_url(f"{newsroom.url}/the-ward-round/")
    page.get_by_role("link", name="Who pays for the empty beds?").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Who pays for the empty beds?")
    expect(page.get_by_role("table")).to_contain_text("Dunmarsh")
    expect(
        page.get_by_role("article", name="Reply by \u2068Rosa Meyer\u2069").first
    ).to_contain_text("Author")
    page.get_by_role("link", name="have done since the tender").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A tender that nobody wanted to win")


def test_a_reader_signs_up_and_confirms_by_email(page: Page, newsroom: Demo) -> None:
    welcome = sign_up(page, newsroom, address="grace@example.org", briefing="The Committee Room")

    welcome.get_by_role("link", name="Who owns the pound?").click()
    expect(welcome.get_by_role("heading", level=1)).to_have_text("Who owns the pound?")
    open_email(page, newsroom, to="grace@example.org", subject="Welcome")
    email = page.frame_locator("iframe")
    to_preferences = email.get_by_role("link", name=re.compile("preferences", re.IGNORECASE))
    preferences = follow(page, to_preferences)
    expect(preferences.get_by_role("main")).to_contain_text("The Committee Room")


def test_a_comment_is_confirmed_approved_and_shown(
    page: Page, staff: BrowserContext, newsroom: Demo
) -> None:
    words = "The fourth van is mine. I learned to drive in it."
    issue = f"{newsroom.url}/the-ward-round/57/"
    page.goto(issue)
    page.get_by_label("Your comment").fill(words)
    page.get_by_label("Your name").last.fill("Hedy")
    page.get_by_label("Your email address").fill("hedy@example.org")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Check your inbox")).to_be_visible()

    open_email(page, newsroom, to="hedy@example.org", subject="Who pays for the empty beds?")
    confirming = follow(page, page.frame_locator("iframe").get_by_role("link", name="comment"))
    confirming.get_by_role("button", name="Confirm comment").click()
    expect(confirming.get_by_role("heading", name="Thank you for confirming")).to_be_visible()
    page.goto(issue)
    expect(page.get_by_text(words)).to_have_count(0)

    queue = log_in(staff, newsroom, "editor")
    queue.goto(f"{newsroom.url}/admin/briefings/comment/")
    expect(queue.get_by_role("main")).to_contain_text(words)
    queue.get_by_role("button", name="Approve the comment by \u2068Hedy").click()
    expect(queue.get_by_text("Approved: comment by Hedy")).to_be_visible()

    page.goto(issue)
    expect(page.get_by_role("article", name="Comment by \u2068Hedy")).to_contain_text(words)


def test_a_document_becomes_an_issue_and_an_email_with_a_way_to_unsubscribe(
    page: Page, staff: BrowserContext, newsroom: Demo, document: Path
) -> None:
    sign_up(page, newsroom, address="ada@example.org", briefing="The Ward Round")

    # The reporter's evening: a document, a draft, into review.
    reporter = log_in(staff, newsroom, "reporter")
    reporter.goto(f"{newsroom.url}/admin/briefings/issue/")
    reporter.get_by_role("link", name="New issue from a document").click()
    reporter.get_by_label("Briefing").select_option("The Ward Round")
    reporter.get_by_label("Document").set_input_files(document)
    reporter.get_by_role("button", name="Preview").click()
    title = reporter.locator(".read-only-title").inner_text().strip()
    assert len(reporter.locator(".read-only section").all()) >= 2
    assert reporter.get_by_role("main").get_by_role("listitem").count() >= 3
    reporter.get_by_role("button", name="Save as draft").click()
    expect(reporter.get_by_text("Saved as a draft")).to_be_visible()
    reporter.get_by_label("Headline").fill(f"{title}, and back")
    reporter.get_by_role("button", name="Submit for review").click()
    expect(reporter.get_by_text("Submitted for review.")).to_be_visible()
    expect(reporter.get_by_role("button", name="Approve")).to_have_count(0)
    title = f"{title}, and back"
    address = reporter.url

    # The editor's morning: read and approve. The publisher sends.
    editor = log_in(staff, newsroom, "editor")
    editor.goto(address)
    editor.get_by_role("button", name="Approve").click()
    expect(editor.get_by_text("Approved. If anybody edits the issue")).to_be_visible()
    publisher = log_in(staff, newsroom, "publisher")
    publisher.goto(address)
    publisher.get_by_role("link", name="Send now").click()
    expect(publisher.get_by_role("main")).to_contain_text("subscribers")
    publisher.get_by_role("button", name=re.compile(r"Send to \d+ subscribers now")).click()
    expect(publisher.get_by_role("status").first).to_contain_text("Sent", timeout=60_000)
    expect(publisher.locator("[data-count=sent]")).not_to_have_text("0")

    # The reader: the email, the same issue in the browser, and unsubscribing.
    open_email(page, newsroom, to="ada@example.org", subject=title)
    page.get_by_text("Headers", exact=True).click()
    headers = page.locator(".inbox-headers")
    for expected in ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click", "List-Id"):
        expect(headers).to_contain_text(expected)
    email = page.frame_locator("iframe")
    expect(email.get_by_role("heading", level=1)).to_have_text(title)
    shown = follow(page, email.get_by_role("link", name="View in browser").first)
    expect(shown.get_by_role("heading", level=1)).to_have_text(title)
    unsubscribing = follow(page, email.get_by_role("link", name="Unsubscribe"))
    unsubscribing.get_by_role("button", name="Unsubscribe from The Ward Round").click()
    expect(
        unsubscribing.get_by_role("heading", name="You have unsubscribed from The Ward Round")
    ).to_be_visible()

    page.goto(newsroom.url)
    expect(page.get_by_role("link", name=title).first).to_be_visible()
