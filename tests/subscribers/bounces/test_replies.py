"""A reply by email becomes a comment on its issue, and waits for moderation."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.comment_submission import MAX_EMAILED_A_DAY
from briefings.models import Comment, CommentChannel, CommentState
from briefings.models.comment import MAX_COMMENT_CHARS
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.models import Delivery
from subscribers.sending.issue_addresses import reply_address
from subscribers.sending.personalised_email import PreparedEmail
from tests.factories import make_briefing
from tests.subscribers.bounces.reports.bounce_factories import make_sent_delivery, process

pytestmark = pytest.mark.django_db
WORDS = "Two wards were closed here, too."


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    settings.REPLY_ADDRESS = "replies@news.example.com"


def write_reply(
    *,
    to: str = "someone@news.example.com",
    author: str = "Ivy Ward <ivy@ward.example>",
    body: str = WORDS,
    message_id: str = "<r1@ward.example>",
    **fields: str,
) -> bytes:
    message = EmailMessage()
    message["From"] = author
    message["To"] = to
    message["Subject"] = fields.pop("subject", "Re: Who pays for the empty beds?")
    message["Message-ID"] = message_id
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def message_id_of(delivery: Delivery) -> str:
    return PreparedEmail(delivery.dispatch).message_id(delivery.subscriber_id)


def test_a_reply_to_the_reply_address_waits_for_moderation() -> None:
    delivery = make_sent_delivery()
    issue = delivery.dispatch.issue
    assert (
        process(write_reply(to=reply_address(issue), author="Eve <eve@ward.example>")).action
        == "comment"
    )
    comment = Comment.objects.get()
    assert (comment.issue, comment.body, comment.email) == (issue, WORDS, "eve@ward.example")
    assert comment.state == CommentState.PENDING
    assert comment.channel == CommentChannel.MAIL
    assert comment.name == ""


def test_nothing_is_sent_back() -> None:
    delivery = make_sent_delivery()
    before = OutgoingEmail.objects.count()
    process(write_reply(to=reply_address(delivery.dispatch.issue)))
    assert OutgoingEmail.objects.count() == before
    assert mail.outbox == []


def test_the_same_reply_is_one_comment() -> None:
    delivery = make_sent_delivery()
    message = write_reply(to=reply_address(delivery.dispatch.issue))
    assert [process(message).action for _ in range(3)] == [
        "comment",
        "already recorded",
        "already recorded",
    ]
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("field", ["In_Reply_To", "References"])
def test_the_issue_is_found_by_the_email_that_a_reply_refers_to(field: str) -> None:
    briefing = make_briefing()
    delivery = make_sent_delivery(briefing=briefing)
    make_sent_delivery(briefing=briefing)
    message = write_reply(**{field: f"<x@y.example> {message_id_of(delivery)}"})
    assert process(message).action == "comment"
    assert Comment.objects.get().issue == delivery.dispatch.issue


def test_the_issue_is_found_by_the_view_link_in_the_quoted_text() -> None:
    delivery = make_sent_delivery()
    link = f"http://news.example.com/view/{sign_id('view', delivery.pk)}/"
    body = f"{WORDS}\n\nOn Thursday, News wrote:\n> Read it on the web: {link}\n"
    assert process(write_reply(body=body, author="work@elsewhere.example")).action == "comment"
    assert Comment.objects.get().body == WORDS


def test_a_reply_to_the_briefing_s_own_address_is_about_the_issue_of_its_subject() -> None:
    briefing = make_briefing(reply_address="beds@news.example.com")
    first = make_sent_delivery(briefing=briefing).dispatch.issue
    second = make_sent_delivery(briefing=briefing).dispatch.issue
    first.dispatch.subject = "A subject of its own"
    first.dispatch.save()
    subject = "AW: Re: A subject of its own"
    process(write_reply(to="Beds@news.example.com", subject=subject))
    process(write_reply(to="beds@news.example.com", subject="Hello", message_id="<r2@x.example>"))
    assert [one.issue for one in Comment.objects.order_by("pk")] == [first, second]


def test_a_reply_to_no_issue_of_ours_is_ignored() -> None:
    make_sent_delivery()
    assert process(write_reply()).action == "no matching issue"
    assert process(write_reply(In_Reply_To="<0@news.example.com>")).action == "no matching issue"
    assert (
        process(write_reply(to=f"replies+{'0' * 34}@news.example.com")).action
        == "no matching issue"
    )
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"List_Id": "<beds.news.example.com>"},
        {"subject": "Out of office: Who pays for the empty beds?"},
        {"Return_Path": "<>"},
    ],
)
def test_an_auto_reply_is_no_comment(fields: dict[str, str]) -> None:
    delivery = make_sent_delivery()
    assert (
        process(write_reply(to=reply_address(delivery.dispatch.issue), **fields)).action
        == "nothing"
    )
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("nobody", WORDS),
        ("ivy@ward.example", "> quoted only\n"),
        ("bounces@news.example.com", WORDS),
    ],
)
def test_a_reply_without_author_or_text_is_ignored(author: str, body: str) -> None:
    delivery = make_sent_delivery()
    process(write_reply(to=reply_address(delivery.dispatch.issue), author=author, body=body))
    assert not Comment.objects.exists()


def test_a_long_reply_is_cut_and_a_flood_is_limited() -> None:
    delivery = make_sent_delivery()
    to = reply_address(delivery.dispatch.issue)
    process(write_reply(to=to, body="word " * 3000))
    assert len(Comment.objects.get().body) <= MAX_COMMENT_CHARS
    actions = [
        process(write_reply(to=to, message_id=f"<f{n}@x.example>")).action
        for n in range(MAX_EMAILED_A_DAY)
    ]
    assert actions[-1] == "too many replies"
    assert Comment.objects.count() == MAX_EMAILED_A_DAY


def test_attachments_are_ignored() -> None:
    delivery = make_sent_delivery()
    message = EmailMessage()
    message["From"], message["To"] = "ivy@ward.example", reply_address(delivery.dispatch.issue)
    message["Message-ID"] = "<a@ward.example>"
    message.set_content(f"{WORDS}\n")
    message.add_attachment(b"secret words", maintype="text", subtype="plain", filename="a.txt")
    process(message.as_bytes())
    assert Comment.objects.get().body == WORDS


def test_moderators_see_that_a_comment_came_by_email(admin_client: Client) -> None:
    delivery = make_sent_delivery()
    process(write_reply(to=reply_address(delivery.dispatch.issue)))
    page = admin_client.get(reverse("admin:briefings_comment_changelist")).content.decode()
    assert "by email" in page
    assert WORDS in page
    Comment.objects.get().approve(by=None, at=timezone.now())
    shown = Client().get(delivery.dispatch.issue.get_absolute_url()).content.decode()
    assert WORDS in shown
    assert "ivy@ward.example" not in shown
    assert "Ivy" not in shown
