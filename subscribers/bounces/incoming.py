"""One message that came back, from bytes to what was done about it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

from newsroom.email_addresses import address_key
from subscribers.bounces.delivery_lookup import trace
from subscribers.bounces.event_actions import Event, act_on
from subscribers.bounces.replies import take_reply
from subscribers.bounces.report import Failure, Kind, Reason, Report, Verdict
from subscribers.bounces.report_parser import read_report
from subscribers.bounces.suppression_policy import read_policy
from subscribers.models import BounceClassification, BounceSource, Delivery, Subscriber

log = logging.getLogger(__name__)

GRAVEST_FIRST = (Verdict.HARD, Verdict.FULL, Verdict.POLICY, Verdict.SOFT)
UNEXPLAINED = Failure(address="", verdict=Verdict.SOFT, reason=Reason.UNCLEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """What a message was, and what came of it: a word for the log."""

    report: Report
    act: str


def process(message: bytes, *, provider: str, recipient: str = "", at: datetime) -> Processed:
    """Read a message and do what is to be done about it. Again changes nothing.

    `recipient` is the envelope's, where the mail server tells it.
    """
    report = read_report(message, recipient=recipient)
    if report.kind == Kind.REPLY:
        act = take_reply(message, recipient=recipient, at=at)
    elif report.kind in {Kind.BOUNCE, Kind.COMPLAINT}:
        act = _act_on_report(report, message, provider=provider, at=at)
    else:
        act = "nothing"
    log.info("a message that came back: %s, %s", report.kind, act)
    return Processed(report=report, act=act)


def foresee(message: bytes) -> Processed:
    """Say what would be done if the message were about a letter really sent. Changes nothing."""
    report = read_report(message)
    if report.kind == Kind.REPLY:
        return Processed(report=report, act="comment")
    if report.kind not in {Kind.BOUNCE, Kind.COMPLAINT}:
        return Processed(report=report, act="nothing")
    rule = read_policy()[_verdict_of(report, None).verdict.value]
    return Processed(report=report, act="suppressed" if rule.letters == 1 else "counted")


def _act_on_report(report: Report, message: bytes, *, provider: str, at: datetime) -> str:
    delivery = trace(report)
    if delivery is None:
        why = "a token of no letter that was sent" if report.token else "no token"
        log.warning("a %s was set aside: it has %s", report.kind, why)
        return "no letter of ours"
    failure = _verdict_of(report, delivery)
    event = Event(
        source=BounceSource.MAIL,
        provider=provider,
        event_id=report.message_id or hashlib.sha256(message).hexdigest(),
        verdict=BounceClassification(failure.verdict.value),
        reason=failure.reason,
        status=failure.status,
        diagnostic=failure.diagnostic,
    )
    done = act_on(event, delivery, at=at)
    return "known already" if done is None else done.value


def _verdict_of(report: Report, delivery: Delivery | None) -> Failure:
    """Choose what is said of this letter's reader.

    One letter goes to one reader: what a report says of the address that we wrote to counts, and
    where it names another (a forwarding, a forgery), the gravest that it says of any.
    """
    failing = [one for one in report.failures if one.verdict in GRAVEST_FIRST]
    if report.kind == Kind.COMPLAINT:
        return Failure(address="", verdict=Verdict.COMPLAINT, reason=Reason.COMPLAINT)
    if delivery is not None:
        reader = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
        key = address_key(reader.address) if reader else ""
        failing = [one for one in failing if address_key(one.address) == key] or failing
    return min(failing, key=lambda one: GRAVEST_FIRST.index(one.verdict), default=UNEXPLAINED)
