"""The link that ends one pause early.

Somebody who signs up while their emails are paused is told so by email, never by the page that
answers the form. That email, and the page that confirms the sign-up, carry this link.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse

from newsroom.tokens import sign_value, verify_value
from subscribers.models import Subscriber
from subscribers.models.subscriber import MAX_PAUSE

_PURPOSE = "go on"  # part of the signatures in emails that have been sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause as emails and pages describe it: when it ends, and the link that ends it now."""

    until: date
    resume_path: str

    @property
    def resume_url(self) -> str:
        return settings.SITE_URL + self.resume_path


def current_pause(subscriber: Subscriber, *, at: datetime) -> Pause | None:
    """Return the subscriber's pause, to be shown only to whoever reads their email."""
    until = subscriber.resumes_on(at=at)
    if until is None:
        return None
    token = sign_value(_PURPOSE, f"{subscriber.pk} {_pause_id(subscriber)}")
    return Pause(until=until, resume_path=reverse("subscribers:resume", args=[token]))


def verify_resume_token(token: str) -> Subscriber | None:
    """Return whose pause a token can end; None if it is forged, or that pause is over."""
    max_age = int(MAX_PAUSE.total_seconds()) + 86_400
    number, _, pause_id = (verify_value(_PURPOSE, token, max_age=max_age) or "").partition(" ")
    subscriber = Subscriber.objects.filter(pk=number).first() if number else None
    return subscriber if subscriber and _pause_id(subscriber) == pause_id else None


def _pause_id(subscriber: Subscriber) -> str:
    """Return what distinguishes this pause from the subscriber's other ones."""
    return f"{subscriber.paused_at:%Y%m%d%H%M%S%f}" if subscriber.paused_at else "none"
