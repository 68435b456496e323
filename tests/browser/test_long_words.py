"""A long word or address scrolls no page sideways on the narrowest screen (WCAG 2.2, 1.4.10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize

from briefings.comment_submission import NewComment, confirmation_path, submit_comment
from briefings.models import Issue, SectionKind
from newsroom.tokens import sign_id
from subscribers.models import SignUp, Subscription
from subscribers.sending import dispatches, ledger
from tests.browser.issue_editor import log_in
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_published_issue,
    make_reader,
)
from tests.subscribers.subscriber_lives import owner_link

pytestmark = pytest.mark.django_db(transaction=True)

WORD = "Gartenbewässerungsanlagenaufsichtsratssitz"  # 42 characters, without a place to break
LINK = "https://other.example/" + "w" * 38  # 60 characters
ADDRESS = f"{'a' * 40}@{'b' * 40}.example.org"
NARROW: ViewportSize = {"width": 320, "height": 700}


@pytest.fixture
def issue() -> Issue:
    """An issue between two others, with a long word wherever somebody may write one."""
    now = timezone.now()
    author = make_contributor(
        name=f"{WORD} {WORD}", job_title=WORD, contact=ADDRESS, bio=f"{WORD} {LINK}", slug="author"
    )
    briefing = make_briefing(
        title=WORD, slug="ward", strapline=WORD, description=f"{WORD} {LINK}", lead=author
    )
    body = f"<p>{WORD} <a href='{LINK}'>{LINK}</a></p><h3>{WORD}</h3><ul><li>{WORD}</li></ul>"
    quote = f"<blockquote><p>{WORD}</p><p>— {WORD}</p></blockquote>"
    made = [
        make_published_issue(
            briefing=briefing,
            author=author,
            title=WORD,
            strapline=WORD,
            at=now - timedelta(days=days),
            sections=[
                (SectionKind.FEATURE, WORD, body + quote),
                (SectionKind.ROUNDUP, WORD, f"<ul><li><b>{WORD}.</b> <em>{LINK}</em></li></ul>"),
                (SectionKind.FEEDBACK, WORD, quote),
            ],
        )
        for days in (21, 14, 7, 0)
    ]
    thread = make_comment(
        on=made[2], section=made[2].sections.first(), name=WORD, body=f"{WORD} {LINK}"
    )
    make_comment(on=made[2], parent=thread, contributor=author, body=LINK)
    return made[2]


def sign_up_to_confirm(issue: Issue) -> str:
    Client().post(f"/subscribe/{issue.briefing.slug}/", {"address": ADDRESS, "name": WORD})
    return f"/confirm/{SignUp.objects.get().token}/"


def reader_of(issue: Issue) -> Subscription:
    found = Subscription.objects.filter(briefing=issue.briefing).first()
    return found or make_reader(of=issue.briefing, email=ADDRESS)


def comment_to_confirm(issue: Issue) -> str:
    new = NewComment(body=f"{WORD} {LINK}", email=ADDRESS, name=WORD)
    return confirmation_path(submit_comment(new, issue=issue, at=timezone.now()))


def view_in_browser(issue: Issue) -> str:
    reader_of(issue)
    dispatch = dispatches.freeze(issue, at=timezone.now())
    ledger.fill(dispatch)
    return f"/view/{sign_id('view', dispatch.deliveries.get().pk)}/"


ADDRESSES: dict[str, Callable[[Issue], str]] = {
    "home": lambda _: "/",
    "briefing": lambda issue: issue.briefing.get_absolute_url(),
    "issue": lambda issue: issue.get_absolute_url(),
    "reply": lambda issue: f"{issue.get_absolute_url()}?reply_to={issue.comments.all()[0].pk}",
    "contributor": lambda issue: issue.author.get_absolute_url(),
    "confirm comment": comment_to_confirm,
    "confirm sign-up": sign_up_to_confirm,
    "sign-up": lambda _: "/subscribe/",
    "sign-up for one": lambda _: "/subscribe/ward/",
    "embed": lambda _: f"/subscribe/ward/embed/?page={LINK}",
    "preferences by email": lambda issue: f"/preferences/{reader_of(issue).subscriber.token}/",
    "preferences": lambda issue: owner_link(reader_of(issue).subscriber),
    "erase": lambda issue: f"{owner_link(reader_of(issue).subscriber)}erase/",
    "unsubscribe": lambda issue: f"/unsubscribe/{reader_of(issue).token}/",
    "privacy": lambda _: "/privacy/",
    "not found": lambda _: f"/{WORD}/",
    "view in browser": view_in_browser,
}
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(it => it.getBoundingClientRect().right > innerWidth + 1)
    .map(it => `${it.tagName}.${it.className}: ${it.textContent.trim().slice(0, 40)}`)"""


def too_wide(page: Page) -> list[str]:
    """Return what sticks out of the window, if the page scrolls sideways."""
    if page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    ):
        return []
    found: list[str] = page.evaluate(TOO_WIDE)
    return found or ["something"]


def test_a_long_word_scrolls_no_page_sideways(page: Page, site: str, issue: Issue) -> None:
    """Nor does it with text of twice the size, as a browser's settings make it (1.4.4)."""
    page.set_viewport_size(NARROW)
    wide = {}
    for name, address in ADDRESSES.items():
        page.goto(site + address(issue))
        wide[name] = too_wide(page)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide[f"{name}, text of twice the size"] = too_wide(page)
    assert {name: found for name, found in wide.items() if found} == {}


def test_nor_the_preview_in_the_admin(page: Page, site: str, issue: Issue) -> None:
    log_in(page, site)
    page.set_viewport_size(NARROW)
    for part in ("page", "email", "text"):
        for path in (f"preview/?as={part}", f"preview/{part}/"):
            page.goto(f"{site}/admin/briefings/issue/{issue.pk}/{path}")
            assert too_wide(page) == [], path
