"""One turn of the feedback loop: what readers say about an issue becomes part of the next one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from briefings import own_comments
from briefings.comment_decisions import decide, version_of
from briefings.models import (
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    Issue,
    Point,
    QuoteChoice,
    SectionKind,
)
from briefings.preflight import blocking_findings
from briefings.questions.closing_emails import send_closing_emails
from briefings.quotations.quoted_emails import tell_quoted_readers
from newsroom.models import OutgoingEmail
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from subscribers.privacy.tasks import withdraw_quotations
from tests.briefings.points.points_in_tests import LATE, OTHERS, check, make_point
from tests.briefings.questions.asked import OPTIONS, answer, ask, close
from tests.briefings.quotations.quoted_in_tests import make_response
from tests.browser.issue_editor import log_in
from tests.factories import make_comment, make_dispatch, make_issue, make_reader
from tests.subscribers.subscriber_lives import every_value

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NAMED = "Philomena Quarrie"
SPOKEN = "The heron on the weir has more patience than the council."
NAMELESS = "Our lift has been out of order since the spring fair."
ASKED = "Somebody should count the benches that nobody replaced."
CUT = ("I walked there in the rain,", " past the mill and the bakery,", " and nobody was in.")


def respond_to(issue: Issue, chief: User) -> dict[str, Comment]:
    """Have readers say 30 things on the page, 5 by email and 8 as answers, and moderate them."""
    waiting: dict[str, Any] = {"state": CommentState.PENDING}
    said = {
        "named": make_response(
            on=issue, body=SPOKEN, name=NAMED, email="philomena@reader.example.com", **waiting
        ),
        "nameless": make_response(
            on=issue,
            body=NAMELESS,
            name="",
            email="lift@reader.example.com",
            quoting=QuoteChoice.ANONYMOUS,
            **waiting,
        ),
        "cut": make_response(
            on=issue,
            body="".join(CUT),
            name="Osric Vale",
            email="osric@reader.example.com",
            **waiting,
        ),
    }
    texts = [*LATE, *OTHERS] * 4
    for number, text in enumerate(texts[:27]):
        make_comment(
            on=issue, body=f"{text} {number}", email=f"page{number}@reader.example.com", **waiting
        )
    for number in range(5):
        address = f"mail{number}@reader.example.com"
        comment = make_comment(
            on=issue,
            body=ASKED if number == 0 else f"By email: {OTHERS[number % 4]}",
            email=address,
            channel=CommentChannel.MAIL,
            commenter=Commenter.objects.confirmed(address),
            **waiting,
        )
        said.setdefault("asked", comment)
    for comment in issue.comments.filter(state=CommentState.PENDING):
        decide("approve", comment, by=chief, at=timezone.now(), read=version_of(comment))
    question = issue.sections.get(kind=SectionKind.QUESTION)
    for number in range(8):
        answer(question, option=OPTIONS[number % 2], body=f"It is my answer number {number}.")
    return said


@pytest.mark.takes(seconds=25)
def test_what_readers_say_about_an_issue_becomes_part_of_the_next(
    page: Page, site: str, admin_user: User
) -> None:
    first = make_issue(title="Who counts the ferries?")
    question = ask(first)
    make_reader(of=first.briefing)
    publish(first)
    said = respond_to(first, admin_user)
    draft = make_issue(
        briefing=first.briefing,
        title="The ferry, once more",
        sections=[(SectionKind.FEEDBACK, "What you told us", "<p>You wrote about the ferry.</p>")],
    )

    # The editor reads it, and opens three points: one by its sentence and keys.
    log_in(page, site, username=admin_user.username)
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/response/")
    figures = page.get_by_role("heading", name=re.compile("said something, in 43 pieces"))
    expect(figures).to_be_visible()
    page.get_by_role("region", name="Points").get_by_role("link", name="Points").click()
    page.get_by_label("A sentence that says what several readers say").fill("The ferry is late.")
    page.get_by_role("button", name="Open it").click()
    cards = page.locator("[data-card]")
    expect(cards.first).to_be_visible()
    page.wait_for_load_state()  # with its scripts, which the keys need
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.locator(".point-people").first).to_have_text("1 reader")
    point = Point.objects.get()
    check_rest(first, point)
    page.reload()
    expect(page.locator(".point-people").first).to_have_text("3 readers")  # copies count once

    # Four are quoted: by name, without one, cut, and after asking.
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/response/?order=oldest")
    quote(page, said["named"])
    quote(page, said["nameless"])
    piece_of(page, said["cut"]).locator("[data-response-words] p").first.evaluate(
        "(words, [from, to]) => getSelection().setBaseAndExtent(words.firstChild, from,"
        " words.firstChild, to)",
        [len(CUT[0] + CUT[1]) + 1, len("".join(CUT))],
    )
    quote(page, said["cut"], button="Quote the selected words")
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/response/?q=benches")
    piece_of(page, said["asked"]).get_by_role("button", name="Ask for it").click()
    expect(page.locator(".messagelist")).to_be_visible()
    question_email = OutgoingEmail.objects.get(name="may_we_quote")
    [link] = re.findall(r"\S+/comments/quoting/\S+", question_email.text)
    page.goto(link)
    page.get_by_label("May we quote you").select_option("anonymous")
    page.get_by_role("button", name="Save my answer").click()
    expect(page.get_by_role("heading", name="Thank you for your answer")).to_be_visible()
    page.goto(f"{site}/admin/briefings/issue/{draft.pk}/response/?q=benches")
    quote(page, said["asked"])
    assert draft.quotations.count() == 4
    assert blocking_findings(draft, publish_at=timezone.now() + timedelta(days=7)) == []

    # The issue is sent; readers see the words, and who was quoted or answered is told, once.
    publish(draft)
    close(question)
    for _ in range(2):
        tell_quoted_readers(at=timezone.now())
        send_closing_emails(at=timezone.now())
    assert set(told("quoted")) == {comment.email for comment in said.values()}
    assert len(told("question_closed")) == 8
    page.goto(site + draft.get_absolute_url())
    main = page.get_by_role("main")
    for words in (SPOKEN, NAMED, NAMELESS, ASKED, f"… {CUT[2].strip()}"):
        expect(main).to_contain_text(words)
    expect(main).not_to_contain_text(CUT[1].strip())
    expect(page.locator("body")).to_contain_text("Who counts the ferries?")

    # One withdraws, and another is erased.
    own_comments.withdraw(said["nameless"], at=timezone.now(), source="/", ip=None)
    withdraw_quotations()
    page.reload()
    expect(main).to_contain_text("Withdrawn at the reader’s wish")
    expect(main).not_to_contain_text(NAMELESS)
    erase(person_at(said["named"].email), keep_words=False)
    withdraw_quotations()
    left = {
        column
        for column, values in every_value().items()
        for value in values
        if NAMED in value or "philomena@" in value or "more patience than" in value
    }
    assert left == set()


def publish(issue: Issue) -> None:
    """Approve an issue and publish it as a worker does."""
    now = timezone.now()
    issue.submit(by=None)
    issue.approve(by=None)
    issue.schedule(publish_at=now - timedelta(minutes=1), by=None, at=now - timedelta(minutes=1))
    make_dispatch(issue=issue)


def check_rest(issue: Issue, point: Point) -> None:
    """Answer for the other pieces about the ferry, and open and check two more points."""
    for words in LATE:
        if not point.checks.filter(comment__body__startswith=words).exists():
            check(point, issue.comments.filter(body__startswith=words)[0])
    for words in OTHERS[:2]:
        other = make_point(issue, sentence=f"Readers say: {words[:40]}")
        check(other, issue.comments.filter(body__startswith=words)[0])


def piece_of(page: Page, comment: Comment) -> Locator:
    return page.locator(f"#piece-{comment.pk}")


def quote(page: Page, comment: Comment, *, button: str = "Quote") -> None:
    """Quote a piece, and wait until the page is back."""
    piece_of(page, comment).get_by_role("button", name=button, exact=True).click()
    expect(piece_of(page, comment)).to_contain_text("Quoted in")
    page.wait_for_load_state()  # with its scripts, which follow what is selected


def told(name: str) -> list[str]:
    return list(OutgoingEmail.objects.filter(name=name).values_list("to", flat=True))
