"""What an editor reads about the previous issue on the page of its response."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from briefings.admin.response_pages import BESIDE_DRAFT, PER_PAGE, STILL_READING
from briefings.models import (
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    Issue,
    MarkKind,
    QuoteChoice,
    ResponseMark,
)
from briefings.response.response_figures import compare_responses
from tests.briefings.admin_client import staff_client
from tests.briefings.response.response_in_tests import (
    ask_about_quoting,
    bodies,
    make_draft_after,
    make_private,
    open_response,
    response_url,
)
from tests.factories import make_comment, make_contributor, make_issue, make_published_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def editor() -> Client:
    return staff_client("Editors")


@pytest.fixture
def issue() -> Issue:
    return make_published_issue()


def test_it_shows_everything_that_readers_said_about_the_previous_issue(
    editor: Client, issue: Issue
) -> None:
    make_comment(on=issue, body="On the page.")
    make_comment(on=issue, body="By email.", channel=CommentChannel.MAIL)
    make_comment(on=issue, body="Still in the queue.", state=CommentState.PENDING)
    make_private(on=issue, body="An answer.", channel=CommentChannel.ANSWER)
    make_private(on=issue, body="To the author.", channel=CommentChannel.MESSAGE)
    for state in (CommentState.UNCONFIRMED, CommentState.REJECTED, CommentState.WITHDRAWN):
        make_comment(on=issue, body=f"It is {state}.", state=state)
    make_comment(on=issue, body="The author's.", contributor=make_contributor())
    make_comment(on=issue, body="The staff's.", by_staff=True)
    make_comment(on=make_published_issue(), body="Of another briefing.")
    assert set(bodies(open_response(editor, make_draft_after(issue)))) == {
        *("On the page.", "By email.", "Still in the queue.", "An answer.", "To the author.")
    }


def test_the_page_of_a_draft_leads_to_it(editor: Client) -> None:
    draft = make_issue()
    page = editor.get(reverse("admin:briefings_issue_change", args=[draft.pk]))
    assert response_url(draft) in page.content.decode()


def test_before_the_first_issue_there_is_nothing_to_read(editor: Client) -> None:
    page = open_response(editor, make_issue())
    assert "has appeared yet" in page.content.decode()


def test_a_piece_says_who_said_it_where_and_what_we_may_do_with_it(
    editor: Client, issue: Issue
) -> None:
    section = issue.sections.all()[0]
    asked = make_comment(on=issue, body="There was never a ward.", name="Ada Byron", featured=True)
    Comment.objects.filter(pk=asked.pk).update(
        recommendation_count=12, section=section, passage="The county has 214 beds."
    )
    ask_about_quoting(asked, QuoteChoice.NAMED)
    make_comment(on=issue, body="Why?", channel=CommentChannel.MAIL, parent=asked)
    page = open_response(editor, make_draft_after(issue)).content.decode()
    for words in (
        *("Ada Byron", "on the website", "Closed, but still counted", "The county has 214 beds."),
        *("May be quoted by name", "Featured", "Recommended by 12", "5 words"),
        *("by email", "In reply to <bdi>Ada Byron</bdi>", "Has not agreed to be quoted"),
    ):
        assert words in page, words


LONG = "Long " + "words " * 300


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"channel": "mail"}, ["By email"]),
        ({"quoting": "yes"}, ["Named", "Nameless"]),
        ({"quoting": "named"}, ["Named"]),
        ({"quoting": "anonymous"}, ["Nameless"]),
        ({"quoting": "no"}, ["Refused"]),
        ({"quoting": "not_agreed"}, ["By email", "No by default", "About a section", LONG]),
        ({"mark": "use"}, ["Named"]),
        ({"mark": "answer"}, []),
        ({"mark": "none", "channel": "mail"}, ["By email"]),
        ({"length": "long"}, [LONG]),
        ({"length": "long", "quoting": "not_agreed"}, [LONG]),
        ({"other": "featured"}, ["Nameless"]),
        ({"q": "nameless"}, ["Nameless"]),
        ({"q": "ada byron"}, ["Named"]),
        ({"q": "nobody said this"}, []),
        (
            {"channel": "pigeon", "mark": "'", "section": "9" * 30, "length": "\0", "order": "?"},
            ["By email", "Named", "Nameless", "Refused", "No by default", "About a section", LONG],
        ),
    ],
    ids=lambda value: "-and-".join(value) if isinstance(value, dict) else f"{len(value)}-found",
)
def test_an_editor_chooses_what_to_read(
    editor: Client, issue: Issue, query: dict[str, str], found: list[str]
) -> None:
    make_comment(on=issue, body="By email", channel=CommentChannel.MAIL)
    named = make_comment(on=issue, body="Named", name="Ada Byron")
    ask_about_quoting(named, QuoteChoice.NAMED)
    ResponseMark.objects.create(comment=named, kind=MarkKind.USE)
    nameless = make_comment(on=issue, body="Nameless", featured=True)
    ask_about_quoting(nameless, QuoteChoice.ANONYMOUS)
    ask_about_quoting(make_comment(on=issue, body="Refused"), QuoteChoice.NO, later=DAY)
    ask_about_quoting(make_comment(on=issue, body="No by default"), QuoteChoice.NO)
    make_comment(on=issue, body="About a section", section=issue.sections.all()[0])
    make_comment(on=issue, body=LONG)
    page = open_response(editor, make_draft_after(issue), **query)
    assert sorted(bodies(page)) == sorted(found)


@pytest.mark.parametrize(
    ("choices", "asked", "consent", "may_be_asked"),
    [
        ([], False, "not_agreed", True),
        ([(QuoteChoice.NO, 0)], False, "not_agreed", True),
        ([(QuoteChoice.NO, 0)], True, "not_agreed", False),
        ([(QuoteChoice.NO, 0), (QuoteChoice.NO, 2)], True, "no", False),
        ([(QuoteChoice.NAMED, 0), (QuoteChoice.NO, 1)], False, "no", False),
        ([(QuoteChoice.NAMED, 2), (QuoteChoice.NO, 3)], True, "no", False),
        ([(QuoteChoice.NO, 0), (QuoteChoice.ANONYMOUS, 2)], True, "anonymous", False),
    ],
    ids=[
        *("never asked", "no by default", "asked, no answer", "no to the email"),
        *("consent withdrawn", "yes to the email, then withdrawn", "yes to the email"),
    ],
)
def test_who_has_not_chosen_may_be_asked_once(
    editor: Client,
    issue: Issue,
    choices: list[tuple[QuoteChoice, int]],
    *,
    asked: bool,
    consent: str,
    may_be_asked: bool,
) -> None:
    comment = make_comment(on=issue, email="ada@reader.example.com")
    if asked:
        Comment.objects.update(quote_asked_at=comment.created_at + DAY)
    for choice, days in choices:
        ask_about_quoting(comment, choice, later=days * DAY)
    page = open_response(editor, make_draft_after(issue), quoting=consent)
    assert [piece.consent for piece in page.context["pieces"]] == [consent]
    assert ("Ask for it" in page.content.decode()) == may_be_asked


def test_choices_are_those_that_show_something_with_their_numbers(
    editor: Client, issue: Issue
) -> None:
    """Except marks: the page gives them without being loaded again."""
    draft = make_draft_after(issue)
    assert "<select" not in open_response(editor, draft).content.decode().partition("id_order")[0]
    for _ in range(2):
        make_comment(on=issue, channel=CommentChannel.MAIL)
    page = open_response(editor, draft).content.decode()
    assert "By email (2)" in page
    assert "On the website" not in page
    for words in ("To use", "To answer", "To follow up", "For me to follow up", "Without a mark"):
        assert f"{words}</option>" in page


def test_a_section_or_the_whole_issue_can_be_chosen(editor: Client, issue: Issue) -> None:
    section = issue.sections.all()[1]
    make_comment(on=issue, body="About a section", section=section)
    make_comment(on=issue, body="About all of it")
    draft = make_draft_after(issue)
    assert bodies(open_response(editor, draft, section=str(section.pk))) == ["About a section"]
    assert bodies(open_response(editor, draft, section="whole")) == ["About all of it"]


def test_the_order_can_be_chosen(editor: Client, issue: Issue) -> None:
    now = timezone.now()
    make_comment(on=issue, body="one", created_at=now - timedelta(hours=3))
    two = make_comment(on=issue, body="two is long", created_at=now - timedelta(hours=2))
    make_comment(on=issue, body="three", created_at=now - timedelta(hours=1))
    Comment.objects.filter(body="one").update(recommendation_count=2)
    draft = make_draft_after(issue)
    assert bodies(open_response(editor, draft)) == ["three", "two is long", "one"]
    assert bodies(open_response(editor, draft, order="oldest")) == ["one", "two is long", "three"]
    assert bodies(open_response(editor, draft, order="recommended"))[0] == "one"
    assert bodies(open_response(editor, draft, order="longest"))[0] == two.body


def test_what_came_since_the_last_visit_is_new(editor: Client, issue: Issue) -> None:
    draft = make_draft_after(issue)
    old = make_comment(on=issue, body="Old")
    before = timezone.now() - STILL_READING - timedelta(hours=1)
    Comment.objects.filter(pk=old.pk).update(confirmed_at=before - timedelta(hours=1))
    assert not any(piece.is_new for piece in open_response(editor, draft).context["pieces"])
    session = editor.session
    session["response_read"] = {str(issue.pk): ["", before.isoformat()]}
    session.save()
    make_comment(on=issue, body="New")
    page = open_response(editor, draft)
    assert {piece.comment.body for piece in page.context["pieces"] if piece.is_new} == {"New"}
    # Who reloads the page is still reading.
    assert bodies(open_response(editor, draft, other="new")) == ["New"]


def test_the_figures_count_people_once_and_compare_with_eight_issues(
    editor: Client, issue: Issue
) -> None:
    now, briefing = timezone.now(), issue.briefing
    for weeks in range(1, 11):
        earlier = make_published_issue(briefing=briefing, at=now - timedelta(weeks=weeks))
        make_comment(on=earlier, email="ada@example.org")
        make_comment(on=earlier, email="bo@example.org")
    for address in ("ada@example.org", "Ada@Example.org", "bo@example.org", "", ""):
        make_comment(on=issue, email=address)
    comparison = open_response(editor, make_draft_after(issue)).context["comparison"]
    assert (comparison.this.pieces, comparison.this.people) == (5, 4)
    assert [each.pieces for each in comparison.before] == [2] * 8
    assert (comparison.usual_pieces, comparison.usual_people) == (2, 2)
    assert comparison.before[-1].issue.published_at > comparison.before[0].issue.published_at


def test_the_database_counts_for_the_figures_however_much_was_said(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for weeks in range(1, 3):
        at = timezone.now() - timedelta(weeks=weeks)
        fill(make_published_issue(briefing=issue.briefing, at=at), 20)
    ada = Commenter.objects.confirmed("ada@example.org")
    issue.comments.bulk_create(
        Comment(
            issue=issue,
            commenter=ada,
            body=f"Ada says this for the {number}th time.",
            email="ada@example.org",
            state=CommentState.APPROVED,
            confirmed_at=timezone.now(),
        )
        for number in range(20)
    )

    def refuse(*_: object) -> None:
        raise AssertionError("a response was read to be counted")

    monkeypatch.setattr(Comment, "from_db", refuse)
    with CaptureQueriesContext(connection) as queries:
        comparison = compare_responses(issue)
    assert len(queries) == 3
    assert (comparison.this.pieces, comparison.this.people) == (20, 1)
    assert [(each.pieces, each.people) for each in comparison.before] == [(21, 21)] * 2


def test_the_chart_has_its_numbers_as_text(editor: Client, issue: Issue) -> None:
    earlier = make_published_issue(briefing=issue.briefing, at=timezone.now() - timedelta(weeks=1))
    for number in range(3):
        make_comment(on=issue, email=f"reader{number}@example.org")
    make_comment(on=earlier)
    page = open_response(editor, make_draft_after(issue)).content.decode()
    assert 'role="img"' in page
    row = f'<th scope="row">{issue.number}</th><td>3</td><td>3</td>'
    assert row in page


def fill(issue: Issue, count: int) -> None:
    first = make_comment(on=issue, name="Ada Byron")
    ask_about_quoting(first, QuoteChoice.NAMED)
    ResponseMark.objects.create(comment=first, kind=MarkKind.USE)
    Comment.objects.bulk_create(
        Comment(
            issue=issue,
            parent=first if number % 3 == 0 else None,
            section=issue.sections.all()[0] if number % 4 == 0 else None,
            body=f"Reader number {number} says this about the beds.",
            email=f"reader{number}@example.org",
            state=CommentState.APPROVED,
            confirmed_at=timezone.now(),
        )
        for number in range(count)
    )


def test_the_page_costs_the_same_queries_for_any_number_of_pieces(
    editor: Client, issue: Issue
) -> None:
    draft = make_draft_after(issue)
    fill(issue, 4)
    open_response(editor, draft)  # what is asked once, such as content types
    with CaptureQueriesContext(connection) as few:
        open_response(editor, draft)
    fill(issue, 2 * PER_PAGE)
    with CaptureQueriesContext(connection) as many:
        page = open_response(editor, draft)
    assert len(page.context["pieces"]) == PER_PAGE
    assert len(many) == len(few)
    assert len(many) <= 32


def test_a_long_response_has_pages_that_keep_the_filter(editor: Client, issue: Issue) -> None:
    fill(issue, PER_PAGE + 5)
    draft = make_draft_after(issue)
    page = open_response(editor, draft, q="beds", page="2")
    assert len(page.context["pieces"]) == 5
    assert "?q=beds&amp;page=1" in page.content.decode()


def test_an_email_leads_to_the_page_with_its_piece(editor: Client, issue: Issue) -> None:
    fill(issue, PER_PAGE + 5)
    first = issue.comments.earliest("created_at", "pk")
    page = open_response(editor, make_draft_after(issue), piece=str(first.pk))
    assert first.body in bodies(page)
    assert page.context["page"].number == 2
    assert 'href="?page=1" rel="prev"' in page.content.decode()


def test_another_issue_can_be_chosen(editor: Client, issue: Issue) -> None:
    earlier = make_published_issue(briefing=issue.briefing, at=timezone.now() - timedelta(weeks=1))
    make_comment(on=earlier, body="Earlier")
    draft = make_draft_after(issue)
    assert bodies(open_response(editor, draft, about=str(earlier.number))) == ["Earlier"]


def open_panel(client: Client, draft: Issue, **query: str) -> Page:
    page = client.get(reverse("admin:briefings_response_panel", args=[draft.pk]), query)
    assert page.status_code == 200
    return page


def test_the_panel_beside_a_draft_has_the_figures_and_what_is_to_be_used(
    editor: Client, issue: Issue
) -> None:
    for number in range(3):
        make_comment(on=issue, body=f"Piece {number}", email=f"reader{number}@example.org")
    ResponseMark.objects.create(comment=issue.comments.get(body="Piece 1"), kind=MarkKind.USE)
    ResponseMark.objects.create(comment=issue.comments.get(body="Piece 2"), kind=MarkKind.ANSWER)
    draft = make_draft_after(issue)
    page = open_panel(editor, draft)
    assert bodies(page) == ["Piece 1"]
    panel = page.content.decode()
    assert "<strong>3</strong> people said something" in panel
    assert response_url(draft) in panel
    assert "Read all" not in panel
    assert bodies(open_panel(editor, draft, show="answer")) == ["Piece 2"]
    assert len(bodies(open_panel(editor, draft, show="all"))) == 3
    assert bodies(open_panel(editor, draft, show="all", q="0 piece")) == ["Piece 0"]
    assert "No piece is like that" in open_panel(editor, draft, q="quokka").content.decode()


def test_before_anything_is_marked_the_panel_has_the_most_recommended(
    editor: Client, issue: Issue
) -> None:
    fill(issue, BESIDE_DRAFT)
    ResponseMark.objects.all().delete()
    best = issue.comments.earliest("created_at", "pk")
    Comment.objects.filter(pk=best.pk).update(recommendation_count=3)
    draft = make_draft_after(issue)
    page = open_panel(editor, draft, show="use", q="\0")
    assert bodies(page)[0] == best.body
    assert len(bodies(page)) == BESIDE_DRAFT
    assert f"Read all {BESIDE_DRAFT + 1}" in page.content.decode()
    assert bodies(open_panel(editor, draft, show="quotable")) == [best.body]


def test_before_the_first_issue_the_panel_says_so(editor: Client) -> None:
    assert "No issue has appeared yet" in open_panel(editor, make_issue()).content.decode()
