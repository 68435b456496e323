"""What readers answer by mail waits for the desk as a comment on the issue that they answer."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.comment_submission import MAILS_A_DAY
from briefings.models import Comment, CommentChannel, CommentState
from briefings.models.comment import MAX_COMMENT_CHARS
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.models import Delivery
from subscribers.sending.issue_addresses import reply_address
from subscribers.sending.personalised_email import PreparedEmail
from tests.factories import make_briefing
from tests.subscribers.bounces.reports.returned import make_sent_letter, take

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


def message_id_of(letter: Delivery) -> str:
    return PreparedEmail(letter.dispatch).message_id(letter.subscriber_id)


def test_an_answer_to_the_tagged_address_waits_for_the_desk() -> None:
    letter = make_sent_letter()
    issue = letter.dispatch.issue
    assert (
        take(write_reply(to=reply_address(issue), author="Eve <eve@ward.example>")).act == "comment"
    )
    comment = Comment.objects.get()
    assert (comment.issue, comment.body, comment.email) == (issue, WORDS, "eve@ward.example")
    assert comment.state == CommentState.PENDING
    assert comment.channel == CommentChannel.MAIL
    assert comment.name == ""


def test_nothing_is_ever_answered() -> None:
    letter = make_sent_letter()
    before = OutgoingEmail.objects.count()
    take(write_reply(to=reply_address(letter.dispatch.issue)))
    assert OutgoingEmail.objects.count() == before
    assert mail.outbox == []


def test_the_same_letter_is_one_comment() -> None:
    letter = make_sent_letter()
    message = write_reply(to=reply_address(letter.dispatch.issue))
    assert [take(message).act for _ in range(3)] == ["comment", "known already", "known already"]
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("field", ["In_Reply_To", "References"])
def test_an_answer_is_known_by_the_letter_that_it_refers_to(field: str) -> None:
    briefing = make_briefing()
    letter = make_sent_letter(briefing=briefing)
    make_sent_letter(briefing=briefing)
    message = write_reply(**{field: f"<x@y.example> {message_id_of(letter)}"})
    assert take(message).act == "comment"
    assert Comment.objects.get().issue == letter.dispatch.issue


def test_an_answer_is_known_by_the_reader_s_link_in_what_it_quotes() -> None:
    letter = make_sent_letter()
    link = f"http://news.example.com/view/{sign_id('view', letter.pk)}/"
    body = f"{WORDS}\n\nOn Thursday, News wrote:\n> Read it on the web: {link}\n"
    assert take(write_reply(body=body, author="work@elsewhere.example")).act == "comment"
    assert Comment.objects.get().body == WORDS


def test_an_answer_to_the_briefing_s_own_address_is_about_the_issue_of_its_subject() -> None:
    briefing = make_briefing(reply_address="beds@news.example.com")
    first = make_sent_letter(briefing=briefing).dispatch.issue
    second = make_sent_letter(briefing=briefing).dispatch.issue
    first.dispatch.subject = "A subject of its own"
    first.dispatch.save()
    subject = "AW: Re: A subject of its own"
    take(write_reply(to="Beds@news.example.com", subject=subject))
    take(write_reply(to="beds@news.example.com", subject="Hello", message_id="<r2@x.example>"))
    assert [one.issue for one in Comment.objects.order_by("pk")] == [first, second]


def test_a_letter_that_answers_nothing_of_ours_is_set_aside() -> None:
    make_sent_letter()
    assert take(write_reply()).act == "no issue of ours"
    assert take(write_reply(In_Reply_To="<0@news.example.com>")).act == "no issue of ours"
    assert take(write_reply(to=f"replies+{'0' * 34}@news.example.com")).act == "no issue of ours"
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
def test_a_machine_s_answer_is_no_comment(fields: dict[str, str]) -> None:
    letter = make_sent_letter()
    assert take(write_reply(to=reply_address(letter.dispatch.issue), **fields)).act == "nothing"
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("nobody", WORDS),
        ("ivy@ward.example", "> quoted only\n"),
        ("bounces@news.example.com", WORDS),
    ],
)
def test_an_answer_without_author_or_words_is_set_aside(author: str, body: str) -> None:
    letter = make_sent_letter()
    take(write_reply(to=reply_address(letter.dispatch.issue), author=author, body=body))
    assert not Comment.objects.exists()


def test_a_long_answer_is_cut_and_a_flood_ends() -> None:
    letter = make_sent_letter()
    to = reply_address(letter.dispatch.issue)
    take(write_reply(to=to, body="word " * 3000))
    assert len(Comment.objects.get().body) <= MAX_COMMENT_CHARS
    acts = [
        take(write_reply(to=to, message_id=f"<f{n}@x.example>")).act for n in range(MAILS_A_DAY)
    ]
    assert acts[-1] == "too many"
    assert Comment.objects.count() == MAILS_A_DAY


def test_an_attachment_is_not_taken() -> None:
    letter = make_sent_letter()
    message = EmailMessage()
    message["From"], message["To"] = "ivy@ward.example", reply_address(letter.dispatch.issue)
    message["Message-ID"] = "<a@ward.example>"
    message.set_content(f"{WORDS}\n")
    message.add_attachment(b"secret words", maintype="text", subtype="plain", filename="a.txt")
    take(message.as_bytes())
    assert Comment.objects.get().body == WORDS


def test_the_desk_sees_that_it_came_by_mail(admin_client: Client) -> None:
    letter = make_sent_letter()
    take(write_reply(to=reply_address(letter.dispatch.issue)))
    page = admin_client.get(reverse("admin:briefings_comment_changelist")).content.decode()
    assert "by mail" in page
    assert WORDS in page
    Comment.objects.get().approve(by=None, at=timezone.now())
    shown = Client().get(letter.dispatch.issue.get_absolute_url()).content.decode()
    assert WORDS in shown
    assert "ivy@ward.example" not in shown
    assert "Ivy" not in shown
