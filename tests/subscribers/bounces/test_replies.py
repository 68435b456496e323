"""A reply by email becomes a comment on its issue, and waits for moderation."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.comment_submission import MAX_EMAILED_A_DAY, MAX_UNPROVED_AN_HOUR
from briefings.models import Comment, CommentChannel, CommentState
from briefings.models.comment import MAX_COMMENT_CHARS
from newsroom.form_guard import HOURLY_PER_ADDRESS
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.sending.issue_addresses import reader_reply_address, reply_address
from subscribers.sending.personalised_email import PreparedEmail, Recipient
from tests.factories import make_briefing
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    process,
    write_bounce,
)

pytestmark = pytest.mark.django_db
WORDS = "Two wards were closed here, too."
UNCONFIRMED = "comment, once its author has confirmed it"


@pytest.fixture(autouse=True)
def _address(settings: Any) -> None:
    cache.clear()
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
    assert process(write_reply(to=reader_reply_address(delivery.pk))).action == "comment"
    comment = Comment.objects.get()
    assert (comment.issue, comment.body, comment.email) == (issue, WORDS, "ivy@ward.example")
    assert comment.state == CommentState.PENDING
    assert comment.channel == CommentChannel.MAIL
    assert comment.name == ""


@pytest.mark.parametrize("author", ["Eve <eve@ward.example>", "ivy@elsewhere.example"])
def test_whoever_was_forwarded_an_email_confirms_what_they_reply(author: str) -> None:
    delivery = make_sent_delivery()
    reply = write_reply(to=reader_reply_address(delivery.pk), author=author)
    assert process(reply).action == UNCONFIRMED
    comment = Comment.objects.get()
    assert (comment.issue, comment.state) == (delivery.dispatch.issue, CommentState.UNCONFIRMED)


BOUNCE_OF_HERS = (
    "Your words never reach my colleague. This came when I wrote to him:\n\n"
    "> From: MAILER-DAEMON@mx.ward.example\n> Your message could not be delivered.\n"
    "> <bob@ward.example>: 550 5.1.1 user unknown\n"
)
FORWARDED = (
    *("Fwd: Undeliverable", "WG: Unzustellbar", "TR: Non remis", "RV: No se pudo entregar"),
    *("Doorst: Niet bezorgd", "FW: Mail delivery failed", "Re: Undeliverable", "转发: Undelivered"),
    *("I: Mancata consegna", "Fwd: Delayed: your message"),
)


@pytest.mark.parametrize(
    "subject", [*FORWARDED, "Undeliverable: hello", "Delivery failure", "Undeliverable mail to Bob"]
)
@pytest.mark.parametrize("reference", ["", "<1@x.example>"])
def test_a_bounce_that_a_reader_writes_about_is_their_reply(subject: str, reference: str) -> None:
    delivery = make_sent_delivery()
    address = reader_reply_address(delivery.pk)
    fields = {"In_Reply_To": reference} if reference else {}
    process(write_reply(to=address, subject=subject, body=BOUNCE_OF_HERS, **fields))

    assert "never reach my colleague" in Comment.objects.get().body
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("subject", FORWARDED)
def test_a_bounce_of_somebody_else_at_the_return_address_suppresses_nobody(subject: str) -> None:
    delivery = make_sent_delivery()
    process(write_reply(to=bounce_address(delivery), subject=subject, body=BOUNCE_OF_HERS))

    assert "never reach my colleague" in Comment.objects.get().body
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("author", "subject", "words"),
    [
        ("MAILER-DAEMON@mx.ward.example", "Fwd: Undeliverable", BOUNCE_OF_HERS),
        ("it@ward.example", "Undeliverable", "<ivy@ward.example>: 550 5.1.1 user unknown"),
        ("it@ward.example", "Re: Undeliverable", "<ivy@ward.example>: 550 5.1.1 user unknown"),
    ],
)
def test_a_bounce_of_a_mail_system_or_about_the_reader_stays_one(
    author: str, subject: str, words: str
) -> None:
    delivery = make_sent_delivery()
    bounce = write_reply(to=bounce_address(delivery), author=author, subject=subject, body=words)

    assert process(bounce).report.kind == "bounce"
    assert Suppression.objects.exists()
    assert not Comment.objects.exists()


def write_bounce_to_reply_address(delivery: Delivery, *, returned: str) -> bytes:
    bounce = write_bounce(to=reader_reply_address(delivery.pk)).decode()
    original = f"--cut\nContent-Type: message/rfc822\n\n{returned}\nTo: ivy@ward.example\n\nBeds.\n"
    return bounce.replace("--cut--\n", f"{original}\n--cut--\n").encode()


def test_a_bounce_to_the_address_for_replies_counts_but_does_not_suppress() -> None:
    delivery = make_sent_delivery()
    bounce = write_bounce_to_reply_address(
        delivery, returned=f"Message-ID: {message_id_of(delivery)}"
    )

    assert process(bounce).action == "counted"
    assert process(bounce).action == "already recorded"
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.BOUNCED
    event = BounceEvent.objects.get()
    assert (event.classification, event.reason) == ("soft", "user unknown")
    assert not Suppression.objects.exists()
    assert not Comment.objects.exists()


@pytest.mark.parametrize("returned", ["Subject: Beds", "Message-ID: <1@news.example.com>"])
def test_a_bounce_to_the_address_for_replies_has_to_return_that_email(returned: str) -> None:
    delivery = make_sent_delivery()
    bounce = write_bounce_to_reply_address(delivery, returned=returned)

    assert process(bounce).action == "no matching delivery"
    assert not BounceEvent.objects.exists()


def test_a_person_who_forwards_a_whole_bounce_to_the_address_for_replies_writes() -> None:
    delivery = make_sent_delivery()
    body = f"{BOUNCE_OF_HERS}\n> Message-ID: {message_id_of(delivery)}\n"
    reply = write_reply(
        to=reader_reply_address(delivery.pk), subject="Fwd: Undeliverable", body=body
    )
    process(reply)

    assert "never reach my colleague" in Comment.objects.get().body
    assert not BounceEvent.objects.exists()


def test_the_reply_address_of_an_issue_leads_to_it_and_proves_nobody() -> None:
    delivery = make_sent_delivery()
    reply = write_reply(to=reply_address(delivery.dispatch.issue))
    assert process(reply).action == UNCONFIRMED
    assert Comment.objects.get().issue == delivery.dispatch.issue


def test_each_reader_s_email_has_a_reply_address_of_its_own() -> None:
    briefing = make_briefing()
    first = make_sent_delivery(briefing=briefing)
    sent = PreparedEmail(first.dispatch).personalise(
        Recipient(
            delivery=first.pk,
            subscriber=first.subscriber_id,
            address="ivy@ward.example",
            name="Ivy",
            unsubscribe="u" * 22,
            preferences="p" * 22,
        ),
        eight_bit=True,
        utf8_addresses=False,
        at=timezone.now().timestamp(),
    )
    message = message_from_bytes(sent.wire(), policy=SMTP)
    assert message["Reply-To"].strip() == reader_reply_address(first.pk)
    reply = write_reply(to=str(message["Reply-To"]))
    assert process(reply).action == "comment"


def test_one_email_is_sent_back_and_an_answer_to_it_makes_no_other(settings: Any) -> None:
    """A machine that answers what we send back starts no loop (RFC 3834)."""
    delivery = make_sent_delivery()
    reply = write_reply(to=reader_reply_address(delivery.pk))
    for _ in range(2):  # delivered twice
        process(reply)
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("emailed_comment", "ivy@ward.example")
    assert email.headers["Auto-Submitted"] == "auto-replied"
    assert "Reply-To" not in email.headers
    answer = write_reply(
        to=settings.DEFAULT_FROM_EMAIL, subject=f"Re: {email.subject}", message_id="<2@x.example>"
    )
    process(answer)
    assert Comment.objects.count() == 1
    assert OutgoingEmail.objects.count() == 1
    assert mail.outbox == []


def test_the_same_reply_is_one_comment() -> None:
    delivery = make_sent_delivery()
    message = write_reply(to=reader_reply_address(delivery.pk))
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
    assert process(message).action == UNCONFIRMED
    assert Comment.objects.get().issue == delivery.dispatch.issue


def test_the_issue_is_found_by_the_view_link_in_the_quoted_text() -> None:
    delivery = make_sent_delivery()
    link = f"http://news.example.com/view/{sign_id('view', delivery.pk)}/"
    body = f"{WORDS}\n\nOn Thursday, News wrote:\n> Read it on the web: {link}\n"
    assert process(write_reply(body=body, author="work@elsewhere.example")).action == UNCONFIRMED
    assert Comment.objects.get().body == WORDS


def test_a_reply_to_the_briefing_s_own_address_is_about_the_issue_of_its_subject() -> None:
    briefing = make_briefing(reply_address="beds@news.example.com")
    first = make_sent_delivery(briefing=briefing).dispatch.issue
    second = make_sent_delivery(briefing=briefing).dispatch.issue
    first.dispatches.update(subject="A subject of its own")
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
    assert process(write_reply(to=reader_reply_address(delivery.pk), **fields)).action == "nothing"
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
    process(write_reply(to=reader_reply_address(delivery.pk), author=author, body=body))
    assert not Comment.objects.exists()


def test_a_long_reply_is_cut_and_a_flood_is_limited() -> None:
    delivery = make_sent_delivery()
    to = reader_reply_address(delivery.pk)
    process(write_reply(to=to, body="word " * 3000))
    assert len(Comment.objects.get().body) <= MAX_COMMENT_CHARS
    actions = [
        process(write_reply(to=to, message_id=f"<f{n}@x.example>")).action
        for n in range(MAX_EMAILED_A_DAY)
    ]
    assert actions[-1] == "too many replies"
    assert Comment.objects.count() == MAX_EMAILED_A_DAY


def test_editors_see_how_many_replies_were_too_many(admin_client: Client) -> None:
    to = reader_reply_address(make_sent_delivery().pk)
    start = reverse("admin:index")
    for number in range(MAX_EMAILED_A_DAY):
        process(write_reply(to=to, message_id=f"<f{number}@x.example>"))
    assert "did not become comments" not in admin_client.get(start).text
    for number in range(3):
        process(write_reply(to=to, message_id=f"<g{number}@x.example>"))
    page = " ".join(admin_client.get(start).text.split())
    assert "About 3 replies by email</strong> in the last 7 days did not become comments" in page


def test_attachments_are_ignored() -> None:
    delivery = make_sent_delivery()
    message = EmailMessage()
    message["From"], message["To"] = "ivy@ward.example", reader_reply_address(delivery.pk)
    message["Message-ID"] = "<a@ward.example>"
    message.set_content(f"{WORDS}\n")
    message.add_attachment(b"secret words", maintype="text", subtype="plain", filename="a.txt")
    process(message.as_bytes())
    assert Comment.objects.get().body == WORDS


def test_moderators_see_that_a_comment_came_by_email(admin_client: Client) -> None:
    delivery = make_sent_delivery()
    process(write_reply(to=reader_reply_address(delivery.pk)))
    page = admin_client.get(reverse("admin:briefings_comment_changelist")).content.decode()
    assert "by email" in page
    assert WORDS in page
    Comment.objects.get().approve(by=None, at=timezone.now())
    shown = Client().get(delivery.dispatch.issue.get_absolute_url()).content.decode()
    assert WORDS in shown
    assert "ivy@ward.example" not in shown
    assert "Ivy" not in shown


MX = "mx.news.example.com"


@pytest.fixture
def mail_server_vouches(settings: Any) -> None:
    settings.AUTHSERV_ID = MX


def write_unsigned_reply(**fields: str) -> bytes:
    """Return a reply that names our issue by its subject and the briefing's own address only."""
    briefing = make_briefing(reply_address="beds@news.example.com")
    make_sent_delivery(briefing=briefing)
    return write_reply(to="beds@news.example.com", **fields)


@pytest.mark.usefixtures("mail_server_vouches")
@pytest.mark.parametrize(
    "results",
    [
        f"{MX}; dmarc=pass header.from=ward.example",
        f"{MX.upper()} 1; spf=fail; dmarc=pass (p=none dis=none) header.from=ward.example",
        f"{MX};\n dkim=pass header.d=ward.example;\n dmarc=pass",
    ],
)
def test_a_reply_that_our_mail_server_vouches_for_needs_no_confirmation(results: str) -> None:
    raw = f"Authentication-Results: {results}\n".encode() + write_unsigned_reply()
    assert process(raw).action == "comment"
    assert Comment.objects.get().state == CommentState.PENDING


@pytest.mark.usefixtures("mail_server_vouches")
@pytest.mark.parametrize(
    "results",
    [
        "",
        f"Authentication-Results: {MX}; dmarc=fail header.from=ward.example\n",
        f"Authentication-Results: {MX}; dmarc=none\n",
        f"Authentication-Results: {MX}; spf=pass; dkim=pass\n",
        f"Authentication-Results: {MX}; dmarc=passed\n",
        f"Authentication-Results: {MX}; spf=fail (dmarc=pass; dmarc=pass)\n",
        f"Authentication-Results: {MX}; dmarc=pass header.from=another.example\n",
        "Authentication-Results: mx.another.example; dmarc=pass header.from=ward.example\n",
        f"Authentication-Results: {MX}; dmarc=fail\nAuthentication-Results: {MX}; dmarc=pass\n",
    ],
)
def test_any_other_author_confirms_the_comment_by_email(results: str) -> None:
    assert process(results.encode() + write_unsigned_reply()).action == UNCONFIRMED
    assert Comment.objects.get().state == CommentState.UNCONFIRMED
    [email] = OutgoingEmail.objects.filter(name="confirm_comment")
    assert email.to == "ivy@ward.example"
    assert WORDS not in email.text
    [link] = re.findall(r"https?://[^/\s]+(/\S*confirm\S*)", email.text)
    Client().post(link)
    assert Comment.objects.get().state == CommentState.PENDING


def test_without_a_mail_server_to_believe_nobody_s_word_counts(settings: Any) -> None:
    settings.AUTHSERV_ID = ""
    raw = b"Authentication-Results: ; dmarc=pass\n" + write_unsigned_reply()
    assert process(raw).action == UNCONFIRMED


@pytest.mark.parametrize(
    "head",
    [
        "From: eve@elsewhere.example\nFrom: ivy@ward.example\n",
        "From: ivy@ward.example, eve@elsewhere.example\n",
        'From: "ivy@ward.example" <eve@elsewhere.example>\n',
        "From: Ivy ivy@ward.example <eve@elsewhere.example>\n",
        "From: =?utf-8?q?ivy=40ward=2Eexample?= <eve@elsewhere.example>\n",
        "From: =?utf-8?q?Ivy_(ivy=EF=BC=A0ward=2Eexample)?= <eve@elsewhere.example>\n",
    ],
)
def test_a_doubtful_author_is_refused(head: str) -> None:
    to = reader_reply_address(make_sent_delivery().pk)
    raw = f"{head}To: {to}\nSubject: Re: beds\nMessage-ID: <f@x.example>\n\n{WORDS}\n".encode()
    assert process(raw).action == "no author address"
    assert not Comment.objects.exists()


def test_an_author_whose_name_is_their_own_address_is_accepted() -> None:
    to = reader_reply_address(make_sent_delivery().pk)
    author = '"Ivy@ward.example" <ivy@ward.example>'
    assert process(write_reply(to=to, author=author)).action == "comment"


def test_a_suppressed_address_gets_no_confirmation_email() -> None:
    raw = write_unsigned_reply()
    Suppression.objects.create(address_hash=hash_address("ivy@ward.example"), reason="complained")
    assert process(raw).action == "suppressed address"
    assert not OutgoingEmail.objects.exists()


def test_forged_tags_make_few_emails_to_one_mailbox() -> None:
    briefing = make_briefing(reply_address="beds@news.example.com")
    make_sent_delivery(briefing=briefing)
    for number in range(HOURLY_PER_ADDRESS + 3):
        process(
            write_reply(
                to="beds@news.example.com",
                author=f"i.vy+{number}@g{'oogle' * (number % 2)}mail.com",
                message_id=f"<{number}@x.example>",
            )
        )
    emails = OutgoingEmail.objects.filter(name="confirm_comment")
    assert emails.count() == HOURLY_PER_ADDRESS


def test_forged_authors_make_a_limited_number_of_emails() -> None:
    briefing = make_briefing(reply_address="beds@news.example.com")
    make_sent_delivery(briefing=briefing)
    actions = [
        process(
            write_reply(
                to="beds@news.example.com",
                author=f"reader{number}@ward.example",
                message_id=f"<{number}@x.example>",
            )
        ).action
        for number in range(MAX_UNPROVED_AN_HOUR + 2)
    ]
    assert actions[-2:] == ["too many replies"] * 2
    assert OutgoingEmail.objects.filter(name="confirm_comment").count() == MAX_UNPROVED_AN_HOUR
