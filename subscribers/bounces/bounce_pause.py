"""Pause a dispatch whose bounces show that the fault is ours, and ask the staff who may send.

If it is too late to pause, they get an email all the same, before the next issue goes out.

Bounces by pipe, mailbox and webhook count like what servers refused while we were sending.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from newsroom.rate_limits import is_first_within, recall, remember
from newsroom.transitions import TransitionRefused
from subscribers.bounces.classification import ABOUT_US
from subscribers.bounces.recipient_addresses import ADDRESS
from subscribers.models import BounceClassification, BounceEvent, Delivery, DeliveryState, Dispatch
from subscribers.sending.alerts import alert_of_bounces, pause_and_alert

log = logging.getLogger(__name__)

# We ask from the third bounce of the same kind, or this share of a large dispatch.
MIN_BOUNCES = 3
SHARE_ABOUT_US = 0.02
# If more than this share of a dispatch, and more than this number, is refused or bounces as
# unknown, the fault is ours, whatever the servers say.
SUSPICIOUS_SHARE = 0.2
SUSPICIOUS_COUNT = 10
ASK_AGAIN_AFTER = timedelta(days=3)
_ADDRESS = re.compile(ADDRESS)
_RETURNED = {DeliveryState.REFUSED, DeliveryState.BOUNCED}


def pause_if_about_us(event: BounceEvent) -> None:
    """Pause the event's dispatch if it is one of many that say the same about us.

    Somebody who resumes the dispatch is asked again when the number has doubled.
    """
    if event.reason not in ABOUT_US:
        return
    same = BounceEvent.objects.filter(dispatch_id=event.dispatch_id, reason=event.reason)
    number = same.order_by().values("delivery_id").distinct().count()
    if number < MIN_BOUNCES:
        return
    limit = max(MIN_BOUNCES, SHARE_ABOUT_US * _settled(event.dispatch_id))
    if number < limit:
        return
    doubled = int(number / limit).bit_length()
    subject = f"{event.dispatch_id} {event.reason} {doubled}"
    if not is_first_within(ASK_AGAIN_AFTER, "bounce_pause", subject):
        return
    reason = f"{number} emails bounced for one reason: {event.reason}."
    if event.diagnostic:  # without the reader's address: the audit log keeps it
        reason += f" The last bounce: {_ADDRESS.sub('…', event.diagnostic)}"
    log.error("dispatch %s: %s", event.dispatch_id, reason)
    dispatch = Dispatch.objects.get(pk=event.dispatch_id)
    try:
        pause_and_alert(dispatch, reason)
    except TransitionRefused:  # most bounces come when everything has been sent
        dispatch.refresh_from_db()
        alert_of_bounces(dispatch, reason)


def is_our_fault(dispatch: int) -> bool:
    """Whether so much of a dispatch bounced as unknown that the addresses cannot be the cause."""
    hard = BounceEvent.objects.filter(
        dispatch_id=dispatch, classification=BounceClassification.HARD
    )
    bounced = hard.order_by().values("delivery_id").distinct().count()
    if bounced <= SUSPICIOUS_COUNT or bounced <= SUSPICIOUS_SHARE * _settled(dispatch):
        return False
    log.error(
        "dispatch %s: %s emails bounced as unknown, so we suppress no more addresses for it; check "
        "the sending domain and server",
        dispatch,
        bounced,
    )
    return True


def _settled(dispatch: int) -> int:
    """Return how many emails of a dispatch got a reply, as counted within the last minute."""
    if known := recall("settled", str(dispatch)):
        return int(known)
    states = _RETURNED | {DeliveryState.SENT, DeliveryState.COMPLAINED}
    number = Delivery.objects.filter(dispatch_id=dispatch, state__in=states).count()
    remember("settled", str(dispatch), str(number), window=timedelta(minutes=1))
    return number
