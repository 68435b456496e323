"""A subscriber's whole life, through the pages, with every email that it brings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefings.comment_identity import email_sign_in_link
from briefings.comment_submission import confirm_comment, submit_emailed_comment
from briefings.models import (
    Briefing,
    Comment,
    CommentReport,
    EarlierWords,
    Issue,
    Quotation,
    QuoteChoice,
    RejectionReason,
    ReportReason,
)
from briefings.moderation.rejection_emails import send_rejection_emails
from briefings.questions.closing_emails import send_closing_emails, tell
from briefings.quotations.consent_requests import ask_to_quote
from briefings.quotations.quoted_emails import tell_quoted_readers
from briefings.recommendations import recommend
from briefings.reply_emails import send_reply_emails
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.bounces.suppression_policy import ReceivedEvent, apply_policy
from subscribers.models import (
    AddressChange,
    BounceClassification,
    BounceSource,
    Delivery,
    DeliveryState,
    SignUp,
    Subscriber,
)
from subscribers.models.address_hash import hash_address
from subscribers.preferences import access_links
from subscribers.sending import dispatches
from subscribers.sending.correction_dispatches import send_correction
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import COMMENTS_PURPOSE, fill_placeholders
from subscribers.signup.reminders import send_due_reminders
from tests.briefings.questions.asked import OPTIONS, answer, ask, close, make_question
from tests.factories import (
    make_briefing,
    make_comment,
    make_correction,
    make_dispatch,
    make_published_issue,
    make_scheduled_issue,
)
from tests.sent_emails import emails_sent, html_part, links_in

OLD = "Adelheid.Quill@old-mail.example"
NEW = "quill@new-mail.example"
THIRD = "third@new-mail.example"  # requested, never confirmed
TAKEN = "someone-else@example.org"
NAME = "Adelheid Quillfeather"
IP = "203.0.113.77"
IP6 = "2001:db8:77::77"


@dataclass(kw_only=True)
class Life:
    """The subscriber, what they read and wrote, and each email by its name, with its links.

    `emails` has subject, text and HTML.
    """

    subscriber: Subscriber
    briefings: list[Briefing]
    issue: Issue
    comment: Comment
    links: dict[str, list[str]] = field(default_factory=dict)
    emails: dict[str, tuple[str, str, str]] = field(default_factory=dict)


def live(client: Client, *, language: str = "en") -> Life:
    """Sign up twice, read, comment, get an issue, change the address, and request everything else.

    Nobody has followed the links of the last email of each kind.
    """
    ward = make_briefing(title="The Ward Round", language=language)
    council = make_briefing(title="The Council", language=language)
    issue = make_published_issue(briefing=ward)
    form = {"address": OLD, "name": NAME, "briefings": [ward.slug, council.slug]}
    here: dict[str, Any] = {"REMOTE_ADDR": IP}
    client.post("/subscribe/", form, **here)
    client.post(f"/confirm/{SignUp.objects.get().token}/", REMOTE_ADDR=IP6)
    subscriber = Subscriber.objects.get()
    client.post(
        f"{issue.get_absolute_url()}comments/",
        {"body": "The write-off helps the accounts.", "name": NAME, "email": OLD},
        **here,
    )
    comment = Comment.objects.get()
    commenter = confirm_comment(comment, at=timezone.now())
    assert commenter is not None
    EarlierWords.objects.create(
        comment=comment, body=f"It helps the accounts, says {NAME}.", until=timezone.now()
    )
    submit_emailed_comment("So says everybody.", email=OLD, issue=issue, key="1", at=timezone.now())
    question = OutgoingEmail.objects.filter(name="emailed_comment")
    question.update(not_before=timezone.now())  # as if she had written much later
    others = make_comment(on=issue)
    recommend(others, by=commenter, at=timezone.now())
    CommentReport.objects.create(
        comment=others, commenter=commenter, reason=ReportReason.OTHER, detail=f"Ask {NAME}."
    )
    asks = make_comment(
        on=issue,
        body="Who counted the beds?",
        commenter=commenter,
        email=OLD,
        emails_on_replies=True,
    )
    make_comment(on=issue, parent=asks, published_at=timezone.now())
    send_reply_emails(at=timezone.now() + timedelta(hours=1))
    reject_long_ago(make_comment(on=issue, body="It is all a lie.", email=OLD))
    ask_to_quote(
        make_comment(on=issue, body="They count twice.", email=OLD), by=None, at=timezone.now()
    )
    quoted = make_comment(
        on=issue, body="Count again.", email=OLD, quoting=QuoteChoice.ANONYMOUS, commenter=commenter
    )
    Quotation.objects.create(
        issue=issue, comment=quoted, response=quoted.pk, position=0, excerpt="Count again."
    )
    tell_quoted_readers(at=timezone.now())
    email_sign_in_link(OLD)
    client.post(f"/unsubscribe/{subscriber.subscriptions.get(briefing=council).token}/", **here)
    move(client, subscriber, to=NEW, **here)
    subscriber.refresh_from_db()
    assert subscriber.address == NEW
    Subscriber.objects.create(address=TAKEN, address_hash=hash_address(TAKEN))
    move(client, subscriber, to=TAKEN, **here)
    asking = make_scheduled_issue(briefing=ward, title="Council & mayor")
    asked = ask(asking, question="Who counted the beds?")
    Issue.objects.filter(pk=asking.pk).update(approved_hash=asking.content_hash())
    dispatch = make_dispatch(issue=Issue.objects.get(pk=asking.pk))
    dispatches.start(dispatch, at=timezone.now())
    delivery = dispatch.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.SENT)
    link = f"/comments/from-email/{sign_id(COMMENTS_PURPOSE, delivery.pk)}/questions/{asked.pk}/"
    client.post(link, {"option": "1", "body": "I counted them.", "name": NAME}, **here)
    told_about = make_question(briefing=ward)
    answer(told_about, email=OLD, option=OPTIONS[0], body="Nobody counted them.", name=NAME)
    tell(close(told_about), "They were counted twice.", by=None, at=timezone.now())
    send_closing_emails(at=timezone.now())
    client.logout()
    client.cookies.clear()
    client.post(
        f"/comments/questions/{make_question(briefing=ward).pk}/",
        {"body": "Ask the porters.", "name": NAME, "email": OLD},
        **here,
    )
    client.post(f"/comments/from-email/{sign_id(COMMENTS_PURPOSE, delivery.pk)}/", **here)
    correction = send_correction(make_correction(dispatch.issue), at=timezone.now(), by=None)
    dispatches.start(correction, at=timezone.now())
    corrected = correction.deliveries.get()
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.REFUSED,
        server_reply=f"550 5.1.1 <{NEW}> is unknown here, said {IP}",
        settled_at=timezone.now(),
    )
    apply_policy(
        ReceivedEvent(
            source=BounceSource.SENDING,
            provider="",
            event_id="1",
            classification=BounceClassification.SOFT,
            reason="other",
            diagnostic=f"<{NEW}> is unknown here, said {IP}",
        ),
        dispatch.deliveries.get(),
        at=timezone.now(),
    )
    client.post("/subscribe/", form, **here)  # at the old address, never confirmed
    long_ago = timezone.now() - timedelta(days=3)
    SignUp.objects.open().update(asked_at=long_ago, email_sent_at=long_ago)
    send_due_reminders(at=timezone.now())
    client.post(f"/preferences/{subscriber.token}/", {"pause": "1", "until": in_a_month()}, **here)
    client.post("/subscribe/", {**form, "briefings": [ward.slug], "address": NEW}, **here)
    client.post("/subscribe/", {**form, "address": NEW}, **here)
    client.post(
        f"{issue.get_absolute_url()}comments/",
        {"body": "And another thing.", "name": NAME, "email": NEW},
        **here,
    )
    link = owner_link(subscriber)
    client.post(link, {"change-address": "1", "address": THIRD}, **here)
    client.post(f"/preferences/{subscriber.token}/", {"send-link": "1"}, **here)
    names = list(OutgoingEmail.objects.order_by("pk").values_list("name", flat=True))
    left = emails_sent()
    life = Life(subscriber=subscriber, briefings=[ward, council], issue=issue, comment=comment)
    for name, email in zip(names, left, strict=True):
        life.links[name] = links_in(email)  # of two emails of a kind, those of the later one
        life.emails[name] = (str(email.subject), str(email.body), html_part(email))
    sent = {"issue": (dispatch, delivery), "correction": (correction, corrected)}
    for name, (email_of, to) in sent.items():
        reader = recipient_of(to)
        assert reader is not None
        life.links[name] = _links_of(fill_placeholders(email_of.html + email_of.text, reader))
        life.emails[name] = (email_of.subject, email_of.text, email_of.html)
    assert not any(html_part(email) == "" for email in left)
    return life


def reject_long_ago(comment: Comment) -> None:
    """Reject a comment, and tell its writer."""
    at = timezone.now() - timedelta(hours=1)
    comment.reject(by=None, at=at, reason=RejectionReason.FALSE)
    send_rejection_emails(at=timezone.now())


def move(client: Client, subscriber: Subscriber, *, to: str, **extra: Any) -> AddressChange:
    """Request a change of address and confirm it for both addresses."""
    client.post(owner_link(subscriber), {"change-address": "1", "address": to}, **extra)
    change = subscriber.address_changes.latest("pk")
    for token in (change.new_token, change.old_token):
        assert client.post(f"/preferences/address/{token}/", **extra).status_code == 200
    change.refresh_from_db()
    return change


def owner_link(subscriber: Subscriber) -> str:
    """Return the path of an owner link, as the email to the address on file has it."""
    return urlsplit(access_links.owner_link(subscriber)).path


def in_a_month() -> str:
    return (timezone.now() + timedelta(days=30)).date().isoformat()


def every_value() -> dict[str, list[str]]:
    """Return every value of every column of every table, as text, by table.column."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        look = connection.introspection
        for table in look.table_names(cursor):
            columns = [column.name for column in look.get_table_description(cursor, table)]
            names = ", ".join(connection.ops.quote_name(column) for column in columns)
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT {names} FROM {quoted}")  # noqa: S608  (names of the schema)
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    found.setdefault(f"{table}.{column}", []).append(_text(value))
    return found


def _text(value: Any) -> str:
    if isinstance(value, memoryview | bytes):
        return bytes(value).decode("utf-8", "replace")
    return str(value)


def _links_of(words: str) -> list[str]:
    found = re.findall(r"https?://[^\s\"'<>]+", words)
    return list(
        dict.fromkeys(urlsplit(link).path for link in found if link.startswith(settings.SITE_URL))
    )
