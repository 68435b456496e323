"""What the owner is told by email when a link from an email unsubscribed or paused, with an undo.

Emails get forwarded, so whoever used the link need not be the owner. The undo is good for exactly
what it tells of, and acts by POST on a page of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from newsroom.emails import queue_email
from newsroom.rate_limits import HOUR, count_within
from newsroom.reader_language import in_language, shared_language
from newsroom.tokens import sign_value, verify_value
from subscribers.consent import unsubscribe_from
from subscribers.models import Subscriber, Subscription
from subscribers.models.suppression import is_suppressed
from subscribers.preferences.undo_tokens import (
    make_undo_token,
    subscribe_again,
    unsubscribe_moments,
)

UNDO_WORKS_FOR = timedelta(days=30)
# Within an hour. The last of them comes with a page that cannot undo, so that nobody can fill the
# owner's mailbox by unsubscribing and undoing in turns.
MAX_NOTICES = 3
_MAX_AGE = int(UNDO_WORKS_FOR.total_seconds())
_UNSUBSCRIBED, _PAUSED = "undo unsubscribing by email", "undo pausing by email"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribed:
    """What a link from an email ended, and how the page may undo it."""

    unsubscribed: list[Subscription]
    is_owner_told: bool
    undo_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """What the link in a notice undoes: an unsubscribing (`moments`) or a pause."""

    subscriber: Subscriber
    subscriptions: list[Subscription]
    moments: str = ""


def unsubscribe_and_tell_owner(
    subscriptions: Sequence[Subscription], *, source: str, ip: str | None, at: datetime
) -> Unsubscribed:
    """Unsubscribe with a link from an email, and email the owner a link to undo it."""
    with transaction.atomic():
        ended = unsubscribe_from(subscriptions, source=source, ip=ip, at=at)
        if not ended:
            return Unsubscribed(unsubscribed=[], is_owner_told=False, undo_token="")
        subscriber = ended[0].subscriber
        is_told = not is_suppressed(subscriber.address)
        if is_told:
            value = f"{subscriber.pk} {unsubscribe_moments(ended)}"
            context = {
                "briefings": [one.briefing for one in ended],
                "undo_link": _undo_link(_UNSUBSCRIBED, value),
                "valid_for": UNDO_WORKS_FOR,
            }
            queue_email(
                "unsubscribed",
                to=subscriber.address,
                context=context,
                language=shared_language(one.briefing.language for one in ended),
            )
    notices = count_within("owner-notices", str(subscriber.pk), window=HOUR, at=at)
    return Unsubscribed(
        unsubscribed=ended,
        is_owner_told=is_told,
        undo_token=make_undo_token(ended) if notices < MAX_NOTICES else "",
    )


def tell_owner_of_pause(subscriber: Subscriber) -> None:
    """Email the owner that a link from an email has paused their emails, with a link to undo it."""
    if is_suppressed(subscriber.address):
        return
    day = subscriber.resumes_on(at=timezone.now())
    language = subscriber.language
    with in_language(language):
        resume_day = date_format(day, "WEEKDAY_DATE_FORMAT") if day else ""
    context = {
        "resume_day": resume_day,
        "undo_link": _undo_link(_PAUSED, f"{subscriber.pk} {_pause_moment(subscriber)}"),
        "valid_for": UNDO_WORKS_FOR,
    }
    queue_email("paused", to=subscriber.address, context=context, language=language)


def find_undo(token: str) -> Undo | None:
    """Return what a link undoes; None if it is forged, too old, or there is nothing to undo."""
    _, _, moments = (verify_value(_UNSUBSCRIBED, token, max_age=_MAX_AGE) or "").partition(" ")
    if moments:
        pks = [part.partition("@")[0] for part in moments.split()]
        found = Subscription.objects.filter(pk__in=pks).select_related("briefing", "subscriber")
        ended = [one for one in found if unsubscribe_moments([one]) in moments.split()]
        if not ended:
            return None
        return Undo(subscriber=ended[0].subscriber, subscriptions=ended, moments=moments)
    number, _, moment = (verify_value(_PAUSED, token, max_age=_MAX_AGE) or "").partition(" ")
    subscriber = Subscriber.objects.filter(pk=number).first() if moment else None
    if subscriber is None or _pause_moment(subscriber) != moment:
        return None
    is_over = subscriber.resumes_on(at=timezone.now()) is None
    return None if is_over else Undo(subscriber=subscriber, subscriptions=[])


def carry_out(undo: Undo, *, ip: str | None, at: datetime) -> bool:
    """Subscribe again or end the pause; False if somebody else has done so meanwhile."""
    if undo.moments:
        return bool(subscribe_again(undo.moments, ip=ip, at=at))
    return undo.subscriber.resume()


def _undo_link(purpose: str, value: str) -> str:
    path = reverse("subscribers:undo_from_email", args=[sign_value(purpose, value)])
    return settings.SITE_URL + path


def _pause_moment(subscriber: Subscriber) -> str:
    """Return when a pause began, which tells it from a later one; empty if there is none."""
    return f"{subscriber.paused_at:%Y%m%d%H%M%S%f}" if subscriber.paused_at else ""
