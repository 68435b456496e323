"""What fails again and again is shown to staff, and emailed to them once it lasts.

A mail server that is unreachable, or a step of sending that fails, is tried again by itself. Nobody
would notice, because nothing is lost; but nothing is sent either.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error, transaction
from django.db.models import Q

from newsroom.clock import database_now
from newsroom.connection_errors import failure_reason
from subscribers.models import Outage
from subscribers.sending import alerts

if TYPE_CHECKING:
    from datetime import datetime

    from newsroom.mail_servers import MailServer
    from subscribers.models import Dispatch

log = logging.getLogger(__name__)

TRANSACTIONAL_EMAILS = "the sending of single emails, such as confirmations,"
# What was not even tried for this long counts as new when it fails the next time.
FORGET_AFTER = timedelta(hours=1)


def of_server(server: MailServer) -> str:
    """Return the name under which failures of a mail server are noted."""
    return f"the mail server {server.name}"


def note_transactional_emails(failure: Exception | None, **_: Any) -> None:
    """Note how a batch of transactional emails went; connected to their signal in apps.py."""
    if failure is None:
        note_success(TRANSACTIONAL_EMAILS)
    else:
        note_failure(TRANSACTIONAL_EMAILS, failure_reason(failure))


def of_dispatch(dispatch: Dispatch) -> str:
    """Return the name under which failures to start or end a dispatch are noted."""
    return f"the sending of {dispatch.issue}"


def note_failure(what: str, reason: str, *, at: datetime | None = None) -> None:
    """Note that something failed; email staff once it has failed for `ALERT_AFTER` seconds."""
    at = at or database_now()
    what, reason = what[:255], reason[:500]
    with transaction.atomic():
        Outage.objects.bulk_create(
            [Outage(what=what, reason=reason, since=at, last_at=at)], ignore_conflicts=True
        )
        outage = Outage.objects.select_for_update().filter(what=what).first()
        if outage is None:  # it worked again at this moment
            return
        if at - outage.last_at > FORGET_AFTER:
            outage.since, outage.alerted_at = at, None
        outage.reason, outage.last_at = reason, max(at, outage.last_at)
        if outage.alerted_at is None and at - outage.since >= timedelta(
            seconds=settings.ALERT_AFTER
        ):
            outage.alerted_at = at
            alerts.alert_of_outage(outage)
        outage.save(update_fields=["reason", "since", "last_at", "alerted_at"])


def note_success(*whats: str) -> None:
    """Note that something works, so that its outage is over if there was one."""
    Outage.objects.filter(what__in=[what[:255] for what in whats]).delete()


def current(whats: list[str], *, at: datetime) -> list[Outage]:
    """Return those outages of these that last, the oldest first."""
    recent = Q(last_at__gt=at - FORGET_AFTER)
    return list(Outage.objects.filter(recent, what__in=whats).order_by("since", "pk"))


def all_current(*, at: datetime) -> list[Outage]:
    """Return every outage that lasts, the oldest first."""
    return list(Outage.objects.filter(last_at__gt=at - FORGET_AFTER).order_by("since", "pk"))


@contextmanager
def watch(what: str) -> Iterator[None]:
    """Note whether a step of sending fails or works. Failures are raised again."""
    try:
        yield
    except Exception as failure:
        try:
            note_failure(what, failure_reason(failure))
        except Error as unavailable:  # the database is what fails
            log.warning("could not note that %s failed: %s", what, failure_reason(unavailable))
        raise
    note_success(what)
