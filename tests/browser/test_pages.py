"""The public pages in a real browser: accessible at every width, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from briefings.comment_submission import NewComment, confirmation_path, submit_comment
from briefings.models import Comment, CommentState, Issue, SectionKind
from newsroom.models import OutgoingEmail
from tests.browser.page_checks import faults
from tests.factories import make_briefing, make_comment, make_contributor, make_published_issue
from tests.servers import browser as chromium

pytestmark = pytest.mark.django_db(transaction=True)

# Each width and each colour scheme once; colours do not depend on the width.
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "light"), (1280, "dark"))
ROUNDUP = (
    "<ul><li><strong>A tender was scrapped.</strong> Both will plan. <em>Paper 14</em></li></ul>"
)
VOICES = (
    "<p>Forty of you answered.</p><blockquote><p>Too fast.</p><p>— A director</p></blockquote>"
    "<blockquote><p>Too slow.</p></blockquote><p>I am away next week.</p>"
)
FIGURES = "".join(f"<th>Column {number}</th>" for number in range(12))
LONG_READ = (
    "<p>The county has 214 beds, and <a href='https://other.example/'>nobody</a> to staff them. "
    "Each is paid for twice. Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunternehmen "
    "owns none.</p><h3>Why nobody signs</h3><blockquote><p>We are heating a ward.</p></blockquote>"
    f"<table><caption>Beds</caption><thead><tr>{FIGURES}</tr></thead></table>"
    "<pre>a line of figures that is too long for any telephone to show as it stands, 1 2 3</pre>"
)


@pytest.fixture
def issue() -> Issue:
    """An issue with everything on it, between two others."""
    author = make_contributor(name="Zofia Łukasiewicz", job_title="Acute care correspondent")
    briefing = make_briefing(
        title="The Ward Round & other institutional nomenclature",
        slug="ward",
        lead=author,
        description="One long read about what hospitals do, and the week in a few lines each.",
    )
    now = timezone.now()
    make_published_issue(briefing=briefing, title="Before", at=now - timedelta(days=400))
    issue = make_published_issue(
        briefing=briefing,
        title="Who pays for the empty beds?",
        at=now - timedelta(days=7),
        sections=[
            (SectionKind.FEATURE, "Closed, but still counted", LONG_READ),
            (SectionKind.ROUNDUP, "The week in hospitals", ROUNDUP),
            (SectionKind.FEEDBACK, "What you said about last week", VOICES),
            (SectionKind.NOTE, "", "<p>The next issue comes on 28 April.</p>"),
        ],
    )
    make_published_issue(briefing=briefing, title="After", at=now)
    thread = make_comment(on=issue, section=issue.sections.first(), featured=True)
    make_comment(on=issue, parent=thread, contributor=author, body="Thank you.")
    make_comment(on=issue, name="N" * 80, body="W" * 400)
    return issue


def unconfirmed(issue: Issue) -> Comment:
    new = NewComment(body="Closed and cold.", email="ada@example.org", name="Ada")
    return submit_comment(new, issue=issue, at=timezone.now())


ADDRESSES: dict[str, Callable[[Issue], str]] = {
    "home": lambda _: "/",
    "briefing": lambda issue: issue.briefing.get_absolute_url(),
    "issue": lambda issue: issue.get_absolute_url(),
    "reply": lambda issue: f"{issue.get_absolute_url()}?reply_to={issue.comments.all()[0].pk}",
    "sent": lambda issue: f"{issue.get_absolute_url()}?comment=sent",
    "closed": lambda issue: "/ward/1/",
    "contributor": lambda issue: issue.author.get_absolute_url(),
    "confirm": lambda issue: confirmation_path(unconfirmed(issue)),
    "invalid link": lambda _: "/comments/confirm/nothing/",
    "not found": lambda _: "/ward/999/",
}


def problems(page: Page) -> list[str]:
    return faults(page, rules={"target-size": {"enabled": True}})


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_page_is_accessible(page: Page, site: str, issue: Issue, name: str) -> None:
    page.goto(site + ADDRESSES[name](issue))
    for width, scheme in VIEWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert problems(page) == [], (width, scheme)
        assert overflow(page) <= 0, (width, scheme)
    for width in (768, 320):
        page.set_viewport_size({"width": width, "height": 640})
        assert overflow(page) <= 0, width


def test_errors_are_accessible(page: Page, site: str, issue: Issue) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(site + issue.get_absolute_url())
    page.get_by_label("Your comment").fill("Our ward is one of the 214.")
    page.get_by_label("Your email address").fill("nobody")
    page.get_by_role("button", name="Send comment").click()
    alert = page.locator("#comment-form").get_by_role("alert")
    expect(alert).to_contain_text("Your comment is not sent yet")
    expect(page.get_by_label("Your comment")).to_have_value("Our ward is one of the 214.")
    field = page.get_by_label("Your email address")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("This is not an email address"))
    assert problems(page) == []
    page.emulate_media(color_scheme="dark")
    assert problems(page) == []


@pytest.mark.parametrize("name", ["home", "briefing", "issue", "contributor"])
def test_wider_or_larger_text_hides_nothing(page: Page, site: str, issue: Issue, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(site + ADDRESSES[name](issue))
    if name == "issue":
        page.get_by_label("Your comment").focus()  # which unfolds the form
    # The spacing of WCAG 2.2, 1.4.12, set as a reader's own style sheet would.
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
            word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert overflow(page) <= 0
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main *, header *")].filter(it =>
          getComputedStyle(it).overflow !== "visible"
          && !it.matches(".away, .away *, textarea, input, .scroll, pre")
          && (it.scrollHeight > it.clientHeight + 1)).map(it => it.outerHTML.slice(0, 80))"""
    )
    assert cut == []
    # Text of twice the size, as the browser's settings make it (1.4.4).
    page.evaluate(
        "document.adoptedStyleSheets = []; document.documentElement.style.fontSize = '200%'"
    )
    assert overflow(page) <= 0


def test_a_comment_can_be_written_with_the_keyboard_alone(
    page: Page, site: str, issue: Issue
) -> None:
    page.goto(site + issue.get_absolute_url())
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").get_by_role("link", name="Zofia").first).to_be_focused()
    page.get_by_label("Your comment").focus()
    page.keyboard.type("Written by hand.")
    for words in ("", "Ada", "ada@example.org"):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    for field in ("May we quote you in a later issue?", "Email me when somebody replies"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(field)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send comment")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Check your inbox")).to_be_in_viewport()
    comment = Comment.objects.get(state=CommentState.UNCONFIRMED)
    assert (comment.body, comment.name) == ("Written by hand.", "Ada")


def test_everything_works_without_scripts(browser: Browser, site: str, issue: Issue) -> None:
    with browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = context.new_page()
        page.goto(site + issue.get_absolute_url())
        expect(page.get_by_role("link", name="Copy link")).to_have_attribute(
            "href", site + issue.get_absolute_url()
        )
        comment = page.get_by_label("Your comment")
        expect(page.get_by_role("button", name="Send comment")).to_be_hidden()
        comment.click()
        page.get_by_label("Your email address").fill("ada@example.org")
        page.get_by_role("heading", name="Write a comment").click()  # which leaves the form
        expect(page.get_by_label("Your email address")).to_have_value("ada@example.org")
        expect(page.get_by_role("button", name="Send comment")).to_be_visible()
        page.get_by_role("link", name="Reply to \u2068Anonymous").first.click()
        expect(page.get_by_role("heading", name="Reply to Anonymous")).to_be_in_viewport()
        page.get_by_label("Your comment").fill("A reply.")
        page.get_by_label("Your email address").fill("ada@example.org")
        page.get_by_role("button", name="Send comment").click()
        expect(page.get_by_text("Check your inbox")).to_be_in_viewport()
        page.goto(OutgoingEmail.objects.get().text.split("there:")[1].split()[0])
        page.get_by_role("button", name="Confirm comment").click()
        expect(
            page.get_by_role("heading", name="Thank you for confirming your comment")
        ).to_be_visible()
    assert Comment.objects.waiting().get().body == "A reply."


def test_the_link_of_an_issue_can_be_copied(page: Page, site: str, issue: Issue) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site + issue.get_absolute_url())
    page.get_by_role("link", name="Copy link").click()
    expect(page.get_by_text("Link copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == site + issue.get_absolute_url()


FONT_FOLDERS = ("liberation", "dejavu")  # what machines without our fonts have


@pytest.fixture(params=FONT_FOLDERS)
def browser_with_fonts(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> Iterator[Browser]:
    """Start a browser on a machine that has the fonts of one package only."""
    folder = Path("/usr/share/fonts/truetype") / request.param
    assert any(folder.glob("*.ttf")), f"no fonts in {folder}; tools/test-packages.sh installs them"
    settings = tmp_path / "fonts.conf"
    settings.write_text(
        f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path / 'cache'}</cachedir></fontconfig>"
    )
    other = chromium.launch(browser.browser_type, env={"FONTCONFIG_FILE": str(settings)})
    yield other
    other.close()


def test_nothing_moves_when_the_fonts_load(
    browser_with_fonts: Browser, site: str, issue: Issue
) -> None:
    def heights(*, fonts: bool) -> dict[str, float]:
        with browser_with_fonts.new_context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            if not fonts:
                page.route("**/*.woff2", lambda route: route.abort())
            page.goto(site + issue.get_absolute_url())
            page.evaluate("document.fonts.ready")
            measured: dict[str, Any] = page.evaluate(
                """() => Object.fromEntries(["header", "h1", ".prose", ".comments"].map(
                  it => [it, document.querySelector(it).getBoundingClientRect().height]))"""
            )
            return measured

    with_them, without = heights(fonts=True), heights(fonts=False)
    for part, height in with_them.items():
        assert without[part] == pytest.approx(height, rel=0.03), part


def test_a_long_list_of_contents_is_folded_above_the_text_only(page: Page, site: str) -> None:
    sections = [(SectionKind.FEATURE, f"Part {number}", "<p>Words.</p>") for number in range(6)]
    page.goto(site + make_published_issue(sections=sections).get_absolute_url())
    contents = page.get_by_role("navigation", name="In this issue")
    last, summary = contents.get_by_role("link", name="Part 5"), contents.locator("summary")
    expect(last).to_be_visible()
    expect(summary).to_be_hidden()
    for width in (768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(last).to_be_hidden()
    assert problems(page) == []
    summary.press("Enter")
    last.click()
    expect(page.get_by_role("heading", name="Part 5")).to_be_in_viewport()


def test_print_shows_the_text_and_the_addresses_of_links(
    page: Page, site: str, issue: Issue
) -> None:
    page.goto(site + issue.get_absolute_url())
    expect(page.locator(".actions").first).to_be_visible()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("heading", name="Who pays for the empty beds?")).to_be_visible()
    for hidden in (".signup", ".contents", ".share", "#comment-form", ".title-bar nav"):
        expect(page.locator(hidden)).to_be_hidden()
    for hidden in (".comment-orders", ".actions"):  # what only a screen can do
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_text(site + issue.get_absolute_url(), exact=True)).to_be_visible()
    colours = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    shown = page.evaluate("getComputedStyle(document.querySelector('.prose a'), '::after').content")
    assert "https://other.example/" in shown
