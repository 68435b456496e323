"""Confirming: the button that turns a sign-up into a subscriber, consents and a welcome letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction

from briefings.models import Briefing, Issue
from newsroom.emails import queue_email
from subscribers.consent import Evidence, subscribe
from subscribers.locks import lock_subscribers
from subscribers.models import SignUp, SignUpChoice, Subscriber, Subscription, Suppression
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.preferences.pauses import Pause, pause_of
from subscribers.sending.list_headers import (
    preferences_url,
    transactional_list_headers,
    unsubscribe_url,
)
from subscribers.signup.embedded_form import is_ours
from subscribers.signup.pending import open_choices


class LinkFault(StrEnum):
    """Why a confirmation link confirms nothing."""

    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class LinkRefused(Exception):
    """A confirmation link confirms nothing; `fault` says why."""

    def __init__(self, fault: LinkFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A subscription that has just begun, and what its reader may read meanwhile."""

    subscription: Subscription
    latest: Issue | None

    @property
    def briefing(self) -> Briefing:
        return self.subscription.briefing

    @property
    def latest_url(self) -> str:
        return settings.SITE_URL + self.latest.get_absolute_url() if self.latest else ""

    @property
    def unsubscribe_url(self) -> str:
        return unsubscribe_url(self.subscription)


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What a confirmation brought; no arrivals when everything was subscribed already."""

    subscriber: Subscriber
    arrivals: list[Arrival]
    pause: Pause | None


def find_confirmable(token: str, *, at: datetime) -> SignUp:
    """Give the sign-up that a link would confirm, changing nothing. Raises LinkRefused."""
    return _check(SignUp.objects.with_token(token).first(), at=at)


def chosen_briefings(asked: SignUp) -> list[Briefing]:
    """What confirming would subscribe to; nothing that was retired, or left, meanwhile.

    What comes already is listed only where there is nothing else, as the letter did.
    """
    standing = asked.choices.standing().values("briefing")
    listed = Briefing.objects.filter(pk__in=standing).order_by("title")
    return open_choices(asked) or list(listed)


def name_to_take(asked: SignUp) -> str:
    """The name that confirming would give; empty for a subscriber, who keeps their own."""
    named = Subscriber.objects.filter(address_hash=asked.address_hash).exclude(name="")
    return "" if named.exists() else asked.name


def foreign_wordings(asked: SignUp, *, chosen: list[Briefing]) -> list[str]:
    """What is agreed to by forms on other sites, whose words were out of our hands."""
    choices = asked.choices.filter(briefing__in=chosen)
    return list(dict.fromkeys(one.wording for one in choices if not is_ours(one.source)))


def confirm(token: str, *, ip: str | None, at: datetime) -> Welcome:
    """Turn a sign-up into a subscriber, consents and a welcome letter. Raises LinkRefused.

    All of it or nothing; of two presses of the button one confirms.
    """
    with transaction.atomic():
        asked = _check(SignUp.objects.select_for_update().with_token(token).first(), at=at)
        if not SignUp.objects.open().filter(pk=asked.pk).update(confirmed_at=at):
            raise LinkRefused(LinkFault.USED)
        subscriber, _ = Subscriber.objects.get_or_create(
            address_hash=asked.address_hash,
            defaults={"address": asked.address, "name": asked.name, "created_at": at},
        )
        if not lock_subscribers([subscriber.pk]):  # erased at this moment
            raise LinkRefused(LinkFault.UNKNOWN)
        if asked.name and not subscriber.name:
            subscriber.name = asked.name
            subscriber.save(update_fields=["name"])
        choices = asked.choices.standing().select_related("briefing", "referred_by")
        arrivals = [
            Arrival(
                subscription=subscription,
                latest=choice.briefing.issues.published().for_page().first(),
            )
            for choice in choices.order_by("briefing__title")
            if (subscription := _join(subscriber, choice, ip=ip, at=at))
        ]
        welcome = Welcome(
            subscriber=subscriber, arrivals=arrivals, pause=pause_of(subscriber, at=at)
        )
        if arrivals and not Suppression.objects.filter(address_hash=asked.address_hash).exists():
            _write_welcome(welcome)
    return welcome


def _check(asked: SignUp | None, *, at: datetime) -> SignUp:
    if asked is None:
        raise LinkRefused(LinkFault.UNKNOWN)
    if asked.confirmed_at is not None:
        raise LinkRefused(LinkFault.USED)
    if asked.asked_at <= at - CONFIRM_WITHIN:
        raise LinkRefused(LinkFault.EXPIRED)
    return asked


def _join(
    subscriber: Subscriber, choice: SignUpChoice, *, ip: str | None, at: datetime
) -> Subscription | None:
    evidence = Evidence(
        source=choice.source,
        wording=choice.wording,
        asked_at=choice.asked_at,
        asked_ip=choice.ip,
        ip=ip,
        referred_by=choice.referred_by,
    )
    return subscribe(subscriber, choice.briefing, at=at, evidence=evidence)


def _write_welcome(welcome: Welcome) -> None:
    queue_email(
        "welcome",
        to=welcome.subscriber.address,
        context={
            "name": welcome.subscriber.name,
            "arrivals": welcome.arrivals,
            "pause": welcome.pause,
            "preferences_url": preferences_url(welcome.subscriber),
            "inks": welcome.arrivals[0].briefing.inks if len(welcome.arrivals) == 1 else None,
        },
        headers=transactional_list_headers([arrival.subscription for arrival in welcome.arrivals]),
    )
