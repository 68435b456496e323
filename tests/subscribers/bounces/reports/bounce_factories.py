"""Deliveries that were sent, and the bounces and complaints about them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from briefings.models import Briefing
from newsroom.tokens import sign_id
from subscribers.bounces.incoming_mail import ProcessedMessage, process_message
from subscribers.models import Delivery, DeliveryState, Dispatch
from subscribers.sending import dispatches
from tests.factories import make_briefing, make_dispatch, make_reader

NO_SUCH_MAILBOX = "550 5.1.1 no such mailbox"
FULL = "552 5.2.2 mailbox is full"


def make_sent_delivery(
    *, email: str = "ivy@ward.example", briefing: Briefing | None = None
) -> Delivery:
    """Return a delivery that the mail server accepted."""
    briefing = briefing or make_briefing()
    if not briefing.subscriptions.filter(subscriber__address=email).exists():
        make_reader(of=briefing, email=email)
    dispatch = make_dispatch(briefing=briefing)
    return send_all(dispatch).get(subscriber__address=email)


def send_all(dispatch: Dispatch) -> QuerySet[Delivery]:
    """Fill a dispatch's ledger and mark each delivery as sent."""
    dispatches.start(dispatch, at=timezone.now())
    Delivery.objects.filter(dispatch=dispatch).update(
        state=DeliveryState.SENT, settled_at=timezone.now()
    )
    return Delivery.objects.filter(dispatch=dispatch)


def bounce_address(delivery: Delivery) -> str:
    """Return the return address of a delivery."""
    return f"bounces+{sign_id('bounce', delivery.pk)}@news.example.com"


def write_bounce(
    *,
    to: str,
    address: str = "ivy@ward.example",
    words: str = NO_SUCH_MAILBOX,
    action: str = "failed",
    status: str = "",
    message_id: str = "<1@mx.ward.example>",
) -> bytes:
    """Return the bounce that a mail system would send to a return address."""
    status = status or words.split()[1]
    return (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.ward.example\nTo: {to}\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: {message_id}\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=cut\n\n"
        f"--cut\nContent-Type: text/plain\n\n<{address}>: {words}\n\n"
        "--cut\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.ward.example\n\n"
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {words}\n\n--cut--\n"
    ).encode()


def write_complaint(*, original: str, address: str = "ivy@ward.example") -> bytes:
    """Return the complaint of a feedback loop about an email with these header lines."""
    return (
        "From: feedback@ward.example\nTo: abuse@news.example.com\nSubject: FW: The beds\n"
        "Message-ID: <2@ward.example>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=cut\n\n"
        "--cut\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        "--cut\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n"
        f"Original-Rcpt-To: {address}\n\n"
        f"--cut\nContent-Type: message/rfc822\n\n{original}\nSubject: The beds\n\n--cut--\n"
    ).encode()


def process(message: bytes, *, recipient: str = "") -> ProcessedMessage:
    """Process a message as the pipe does, and return what was done."""
    return process_message(message, provider="pipe", recipient=recipient, at=timezone.now())
