"""Confirming a sign-up: it becomes a subscriber with subscriptions, consent and a welcome email."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from briefings.models import Briefing, Issue
from briefings.next_issue import next_issue_line
from newsroom.emails import queue_email
from newsroom.reader_language import shared_language
from subscribers.consent import Evidence, subscribe
from subscribers.locks import lock_subscribers
from subscribers.models import (
    BounceClassification,
    SignUp,
    SignUpChoice,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.sending.alerts import alert_of_return
from subscribers.sending.list_headers import (
    preferences_url,
    transactional_list_headers,
    unsubscribe_url,
)
from subscribers.signup.embedded_form import is_our_page
from subscribers.signup.pending_sign_ups import unconfirmed_briefings
from subscribers.signup.resume_links import Pause, current_pause


class LinkProblem(StrEnum):
    """Why a confirmation link does not work."""

    USED = "used"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class LinkInvalid(Exception):
    """A confirmation link does not work; `problem` says why."""

    def __init__(self, problem: LinkProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription that has just started, with the briefing's latest issue to read meanwhile."""

    subscription: Subscription
    latest_issue: Issue | None

    @property
    def briefing(self) -> Briefing:
        return self.subscription.briefing

    @property
    def latest_issue_url(self) -> str:
        return settings.SITE_URL + self.latest_issue.get_absolute_url() if self.latest_issue else ""

    @property
    def next_issue(self) -> str:
        """What readers are told about when the next issue comes."""
        return next_issue_line(self.briefing, at=timezone.now())

    @property
    def unsubscribe_url(self) -> str:
        return unsubscribe_url(self.subscription)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What confirming did. Nothing is new if everything was subscribed already."""

    subscriber: Subscriber
    new_subscriptions: list[NewSubscription]
    pause: Pause | None


def find_confirmable(token: str, *, at: datetime) -> SignUp:
    """Return the sign-up that a link would confirm, without changing it. Raises LinkInvalid."""
    return _check(SignUp.objects.with_token(token).first(), at=at)


def briefings_to_confirm(pending: SignUp) -> list[Briefing]:
    """Return what the confirmation page lists: what confirming would subscribe to.

    If nothing is left to subscribe to, it lists the valid choices that are subscribed already.
    """
    chosen = pending.choices.still_valid().values("briefing")
    subscribed = Briefing.objects.filter(pk__in=chosen).order_by("title")
    return unconfirmed_briefings(pending) or list(subscribed)


def profile_to_save(pending: SignUp, subscriber: Subscriber | None) -> dict[str, str]:
    """Return what confirming adds to the profile; what a subscriber has told us already stays."""
    return {
        name: value
        for name, value in pending.profile().items()
        if value and not (subscriber and getattr(subscriber, name))
    }


def other_sites_wordings(pending: SignUp, *, briefings: list[Briefing]) -> list[str]:
    """Return the consent wordings of forms on other sites, which may have shown something else."""
    choices = pending.choices.filter(briefing__in=briefings)
    wordings = (choice.wording for choice in choices if not is_our_page(choice.source))
    return list(dict.fromkeys(wordings))


def confirm(token: str, *, ip: str | None, at: datetime) -> Confirmation:
    """Confirm a sign-up: subscribe, record the consent and queue a welcome. Raises LinkInvalid.

    Everything happens or nothing does, and only one of two requests at once confirms.
    """
    with transaction.atomic():
        pending = _check(SignUp.objects.select_for_update().with_token(token).first(), at=at)
        if not SignUp.objects.open().filter(pk=pending.pk).update(confirmed_at=at):
            raise LinkInvalid(LinkProblem.USED)
        subscriber, is_new = Subscriber.objects.get_or_create(
            address_hash=pending.address_hash,
            defaults={"address": pending.address, "created_at": at, **pending.profile()},
        )
        if not lock_subscribers([subscriber.pk]):  # erased at this moment
            raise LinkInvalid(LinkProblem.UNKNOWN)
        if not is_new and (added := profile_to_save(pending, subscriber)):
            for name, value in added.items():
                setattr(subscriber, name, value)
            subscriber.save(update_fields=[*added])
        choices = pending.choices.still_valid().select_related("briefing", "referred_by")
        new_subscriptions = [
            NewSubscription(
                subscription=subscription,
                latest_issue=choice.briefing.issues.published().for_page().first(),
            )
            for choice in choices.order_by("briefing__title")
            if (subscription := _subscribe(subscriber, choice, ip=ip, at=at))
        ]
        confirmation = Confirmation(
            subscriber=subscriber,
            new_subscriptions=new_subscriptions,
            pause=current_pause(subscriber, at=at),
        )
        is_suppressed = Suppression.objects.filter(address_hash=pending.address_hash).exists()
        if new_subscriptions and not is_suppressed:
            _queue_welcome(confirmation)
            if subscriber.events.filter(classification=BounceClassification.COMPLAINT).exists():
                alert_of_return(subscriber, [str(one.briefing) for one in new_subscriptions])
    return confirmation


def _check(pending: SignUp | None, *, at: datetime) -> SignUp:
    if pending is None:
        raise LinkInvalid(LinkProblem.UNKNOWN)
    if pending.confirmed_at is not None:
        raise LinkInvalid(LinkProblem.USED)
    if pending.asked_at <= at - CONFIRM_WITHIN:
        raise LinkInvalid(LinkProblem.EXPIRED)
    return pending


def _subscribe(
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


def _queue_welcome(confirmation: Confirmation) -> None:
    new = confirmation.new_subscriptions
    queue_email(
        "welcome",
        to=confirmation.subscriber.address,
        context={
            "name": confirmation.subscriber.name,
            "new_subscriptions": new,
            "pause": confirmation.pause,
            "preferences_url": preferences_url(confirmation.subscriber),
            "accent_colours": new[0].briefing.accent_colours if len(new) == 1 else None,
        },
        language=shared_language(one.briefing.language for one in new),
        headers=transactional_list_headers([one.subscription for one in new]),
    )
