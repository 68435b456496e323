"""A reader's own comments: edited, withdrawn, and what they agreed to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Comment, CommentState, EarlierWords, Issue, QuoteChoice, QuoteConsent
from briefings.models.comment import EDIT_WITHIN
from briefings.my_comments import PER_PAGE
from briefings.quote_wording import ANSWERS, QUESTION, WORDING_VERSION
from tests.briefings.test_comment_identity import ADA, send, sign_in
from tests.factories import make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue() -> Issue:
    return make_published_issue()


@pytest.fixture
def comment(client: Client, issue: Issue) -> Comment:
    """Return a comment of the reader who is signed in, on the page."""
    sign_in(client)
    send(client, issue, name="Ada", body="Our ward is shut.", quoting="named")
    comment = Comment.objects.get()
    comment.feature(by=None, at=timezone.now())
    return comment


def do(client: Client, comment: Comment, what: str, **fields: str) -> int:
    status: int = client.post(f"/comments/mine/{comment.pk}/", {"do": what, **fields}).status_code
    comment.refresh_from_db()
    return status


def test_an_edited_comment_is_read_again_and_marked_and_its_earlier_words_are_kept(
    client: Client, issue: Issue, comment: Comment
) -> None:
    assert do(client, comment, "edit", body="Our ward is shut.\r\nSince May.") == 302
    assert (comment.body, comment.state, comment.featured) == (
        "Our ward is shut.\nSince May.",
        CommentState.PENDING,
        False,
    )
    assert EarlierWords.objects.get().body == "Our ward is shut."
    assert "Our ward" not in Client().get(issue.get_absolute_url()).content.decode()
    comment.approve(by=None, at=timezone.now())
    page = Client().get(issue.get_absolute_url()).content.decode()
    assert "· edited" in page
    assert "Since May." in page


def test_an_edit_that_changes_nothing_leaves_the_comment_on_the_page(
    client: Client, comment: Comment
) -> None:
    assert do(client, comment, "edit", body="Our ward is shut.") == 302
    assert (comment.state, comment.edited_at) == (CommentState.APPROVED, None)


def test_a_comment_cannot_be_edited_after_fifteen_minutes(client: Client, comment: Comment) -> None:
    late = timezone.now() - EDIT_WITHIN - timedelta(seconds=1)
    Comment.objects.update(confirmed_at=late, created_at=late)
    assert "Change the words" not in client.get("/comments/mine/").content.decode()
    response = client.post(f"/comments/mine/{comment.pk}/", {"do": "edit", "body": "Since May."})
    assert response.status_code == 409
    assert "Since May.</textarea>" in response.content.decode()  # they can copy it
    comment.refresh_from_db()
    assert comment.body == "Our ward is shut."


@pytest.mark.parametrize("body", ["", " \n", "x" * 5_001])
def test_words_that_no_comment_can_have_are_refused_and_kept_in_the_form(
    client: Client, comment: Comment, body: str
) -> None:
    assert do(client, comment, "edit", body=body) == 422
    assert comment.body == "Our ward is shut."


def test_a_withdrawn_comment_without_replies_leaves_nothing(
    client: Client, issue: Issue, comment: Comment
) -> None:
    do(client, comment, "withdraw")
    page = Client().get(issue.get_absolute_url()).content.decode()
    assert "Our ward" not in page
    assert "Withdrawn" not in page
    assert Client().get(comment.get_absolute_url()).status_code == 404


def test_a_withdrawn_comment_with_replies_leaves_its_place(
    client: Client, issue: Issue, comment: Comment
) -> None:
    make_comment(on=issue, parent=comment, body="Ours too.")
    assert "2 comments" in Client().get(issue.get_absolute_url()).content.decode()
    do(client, comment, "withdraw")
    page = Client().get(issue.get_absolute_url()).content.decode()
    assert "Withdrawn by its writer" in page
    assert "Ours too." in page
    assert "1 comment<" in page
    for word in ("Our ward", ">Ada<", "Featured"):
        assert word not in page


@pytest.mark.parametrize("state", [CommentState.REJECTED, CommentState.WITHDRAWN])
def test_nothing_brings_back_a_comment_that_is_off_the_page(
    client: Client, comment: Comment, state: CommentState
) -> None:
    Comment.objects.update(state=state, featured=False)
    do(client, comment, "withdraw")
    do(client, comment, "edit", body="Back again.")
    assert (comment.state, comment.body) == (state, "Our ward is shut.")
    if state == CommentState.WITHDRAWN:
        assert not comment.approve(by=None, at=timezone.now())
        assert not comment.reject(by=None, at=timezone.now())


@pytest.mark.parametrize("what", ["edit", "withdraw", "quoting", "replies"])
def test_nobody_else_can_do_anything_with_a_comment(comment: Comment, what: str) -> None:
    stranger = Client()
    fields = {"body": "Hacked.", "quoting": "no", "wanted": "yes"}
    assert do(stranger, comment, what, **fields) == 403
    sign_in(stranger, "eve@example.org")
    assert do(stranger, comment, what, **fields) == 404
    assert (comment.body, comment.state) == ("Our ward is shut.", CommentState.APPROVED)
    assert (comment.quoting, comment.emails_on_replies) == (QuoteChoice.NAMED, False)


# --- consent to be quoted


def test_what_a_writer_chose_is_recorded_with_the_words_that_they_saw(
    client: Client, issue: Issue, comment: Comment
) -> None:
    record = QuoteConsent.objects.get()
    assert (record.comment, record.choice) == (comment, QuoteChoice.NAMED)
    assert record.source == issue.get_absolute_url()
    assert record.wording.startswith(str(QUESTION))
    assert record.wording.endswith(str(ANSWERS[QuoteChoice.NAMED]))
    assert record.wording_version == WORDING_VERSION
    assert record.ip == "127.0.0.1"
    page = client.get(issue.get_absolute_url()).content.decode()
    for words in (QUESTION, *ANSWERS.values()):
        assert str(words) in page


def test_who_chooses_nothing_is_not_quoted(client: Client, issue: Issue) -> None:
    send(client, issue, email=ADA)
    assert Comment.objects.get().quoting == QuoteChoice.NO
    assert QuoteConsent.objects.get().choice == QuoteChoice.NO


def test_nobody_is_quoted_by_a_name_that_they_did_not_give(client: Client, issue: Issue) -> None:
    response = send(client, issue, email=ADA, quoting="named")
    assert response.status_code == 422
    assert "Enter your name above" in response.content.decode()


def test_consent_is_changed_and_withdrawn_and_each_step_is_kept(
    client: Client, comment: Comment
) -> None:
    for choice in ("anonymous", "anonymous", "no", "named"):
        do(client, comment, "quoting", quoting=choice)
        assert comment.quoting == choice
    do(client, comment, "withdraw")
    assert comment.quoting == QuoteChoice.NO
    do(client, comment, "quoting", quoting="named")  # in another tab
    assert comment.quoting == QuoteChoice.NO
    choices = QuoteConsent.objects.values_list("choice", flat=True)
    assert list(choices) == ["named", "anonymous", "no", "named", "no"]
    with pytest.raises(TypeError, match="append-only"):
        QuoteConsent.objects.update(choice="named")


def test_by_name_needs_a_name_where_the_comment_has_none(client: Client, issue: Issue) -> None:
    sign_in(client)
    send(client, issue)
    comment = Comment.objects.get()
    assert do(client, comment, "quoting", quoting="named") == 422
    assert do(client, comment, "quoting", quoting="named", quote_name=" \u200b") == 422
    assert comment.quoting == QuoteChoice.NO
    assert do(client, comment, "quoting", quoting="named", quote_name=" Ada \n Byron ") == 302
    assert (comment.quoting, comment.name_to_quote) == (QuoteChoice.NAMED, "Ada Byron")
    record = QuoteConsent.objects.latest("pk")
    assert (record.choice, record.name) == (QuoteChoice.NAMED, "Ada Byron")
    comment.approve(by=None, at=timezone.now())
    assert "Ada Byron" not in Client().get(issue.get_absolute_url()).content.decode()
    do(client, comment, "quoting", quoting="anonymous")
    assert (comment.name_to_quote, QuoteConsent.objects.latest("pk").name) == ("", "")


def test_nobody_is_quoted_with_the_name_of_a_colleague(client: Client, issue: Issue) -> None:
    make_contributor(name="Noor Haddad")
    sign_in(client)
    send(client, issue)
    comment = Comment.objects.get()
    fields = {"quoting": "named", "quote_name": "No\u043er Haddad"}
    assert do(client, comment, "quoting", **fields) == 422
    assert comment.quoting == QuoteChoice.NO


def test_a_comment_with_a_name_is_quoted_with_that(comment: Comment) -> None:
    assert comment.name_to_quote == "Ada"
    assert QuoteConsent.objects.get().name == "Ada"


@pytest.fixture
def many(client: Client, issue: Issue) -> list[Comment]:
    """Return more comments than fit on one page, of a reader who is signed in; the latest first."""
    commenter, now = sign_in(client), timezone.now()
    for number in range(PER_PAGE + 2):
        make_comment(
            on=issue,
            commenter=commenter,
            body=f"Number {number}.",
            created_at=now - timedelta(seconds=number),
        )
    return list(commenter.comments.order_by("-created_at"))


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "edit", "body": "Other words."},
        {"do": "quoting", "quoting": "anonymous"},
        {"do": "replies", "wanted": "yes"},
        {"do": "withdraw"},
    ],
)
def test_whatever_is_done_on_the_second_page_leads_back_to_it(
    client: Client, many: list[Comment], fields: dict[str, str]
) -> None:
    for comment, page in ((many[0], ""), (many[-1], "?page=2")):
        response = client.post(f"/comments/mine/{comment.pk}/", fields)
        assert response["Location"] == f"/comments/mine/{page}#comment-{comment.pk}"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"do": "edit", "body": " "}, "Write your comment."),
        ({"do": "quoting", "quoting": "named"}, "Enter the name"),
        ({"do": "quoting", "quoting": "?"}, "Choose whether we may quote you."),
    ],
)
def test_an_error_is_shown_at_the_comment_wherever_that_is(
    client: Client, many: list[Comment], fields: dict[str, str], error: str
) -> None:
    for comment in (many[0], many[-1]):
        response = client.post(f"/comments/mine/{comment.pk}/", fields)
        assert response.status_code == 422
        page = response.content.decode()
        own = page[page.index(f'id="comment-{comment.pk}"') :].partition("</article>")[0]
        assert error in own
        assert "<details open" in own
