"""Sign-ups that wait for confirmation: how a form becomes one, and the email that follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import Briefing
from newsroom.emails import queue_email_in_constant_time
from newsroom.reader_language import shared_language
from newsroom.tokens import make_row_token
from subscribers.consent import Evidence
from subscribers.models import SignUp, SignUpChoice, Subscriber, Subscription
from subscribers.models.address_hash import hash_address
from subscribers.models.profile import PROFILE_FIELDS
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.sending.list_headers import preferences_url, transactional_list_id
from subscribers.signup.resume_links import current_pause

EMAIL_INTERVAL = timedelta(hours=1)


def sign_up(
    *,
    address: str,
    profile: Mapping[str, str],
    briefings: Collection[Briefing],
    evidence: Evidence,
    at: datetime,
) -> None:
    """Store what a form asked for and email the address; the same work whoever owns it.

    Forms for one address are merged into one open sign-up, which sends at most one email an hour.
    An address that is subscribed to all of it already is told so by email; a suppressed one gets
    nothing.
    """
    with transaction.atomic():
        pending = _lock_open_sign_up(address, at=at)
        subscribed = _subscribed_briefings(pending)
        chosen_before = set(pending.choices.still_valid().values_list("briefing", flat=True))
        updated = ["asked_at", "source", "wording", "ip"]
        if evidence.referred_by is not None:  # without one, the issue that led here before counts
            updated.append("referred_by")
        SignUpChoice.objects.bulk_create(
            [
                SignUpChoice(
                    sign_up=pending,
                    briefing=briefing,
                    asked_at=at,
                    source=evidence.source,
                    wording=evidence.wording,
                    ip=evidence.ip,
                    referred_by=evidence.referred_by,
                )
                for briefing in briefings
            ],
            update_conflicts=True,
            unique_fields=["sign_up", "briefing"],
            update_fields=updated,
        )
        wanted = chosen_before | {briefing.pk for briefing in briefings}
        # If the last email only said “you are already subscribed”, one that asks for confirmation
        # does not wait for the interval to pass.
        is_first_to_confirm = bool(wanted - subscribed) and not chosen_before - subscribed
        is_email_due = (
            pending.email_sent_at is None
            or pending.email_sent_at <= at - EMAIL_INTERVAL
            or is_first_to_confirm
        )
        for name, value in profile.items():
            setattr(pending, name, value or getattr(pending, name))
        pending.asked_at = at
        pending.email_sent_at = at if is_email_due else pending.email_sent_at
        pending.save(update_fields=[*profile, "asked_at", "email_sent_at"])
        if is_email_due:
            _queue_email(pending, wanted=wanted, unconfirmed=wanted - subscribed)


def _lock_open_sign_up(address: str, *, at: datetime) -> SignUp:
    """Return the address's one open sign-up, new or existing, locked for this transaction."""
    address_hash = hash_address(address)
    while True:  # repeats only if the existing one is confirmed before we can lock it
        new = SignUp(address=address, address_hash=address_hash, asked_at=at)
        SignUp.objects.bulk_create([new], ignore_conflicts=True)
        rows = SignUp.objects.select_for_update().open().filter(address_hash=address_hash)
        pending = rows.first()
        if pending is not None:
            break
    if pending.asked_at <= at - CONFIRM_WITHIN:
        # It has expired: neither what it asked for nor its link may work again.
        pending.choices.all().delete()
        pending.address = address
        for name in PROFILE_FIELDS:
            setattr(pending, name, "")
        pending.email_sent_at = pending.reminded_at = None
        pending.token = make_row_token()
        changed = ("address", *PROFILE_FIELDS, "email_sent_at", "reminded_at", "token")
        pending.save(update_fields=changed)
    return pending


def unconfirmed_briefings(pending: SignUp) -> list[Briefing]:
    """Return the current briefings that confirming would subscribe to."""
    chosen = pending.choices.still_valid().values("briefing")
    subscribed = _subscribed_briefings(pending)
    return list(
        Briefing.objects.current()
        .filter(pk__in=chosen)
        .exclude(pk__in=subscribed)
        .order_by("title")
    )


def confirm_url(pending: SignUp) -> str:
    """Return the address of the page that asks the owner of the address to confirm."""
    return settings.SITE_URL + reverse("subscribers:confirm", args=[pending.token])


def _subscribed_briefings(pending: SignUp) -> set[int]:
    return set(
        Subscription.objects.active()
        .filter(subscriber__address_hash=pending.address_hash)
        .values_list("briefing_id", flat=True)
    )


def _queue_email(pending: SignUp, *, wanted: set[int], unconfirmed: set[int]) -> None:
    subscriber = Subscriber.objects.filter(address_hash=pending.address_hash).first()
    briefings = list(Briefing.objects.filter(pk__in=wanted).order_by("title"))
    # An email to an address that has not confirmed contains nothing that a stranger could have
    # typed, not even the name: otherwise the form could send messages to anybody.
    context: dict[str, Any]
    if subscriber is not None and not unconfirmed:
        name = "already_subscribed"
        context = {
            "briefings": briefings,
            "preferences_url": preferences_url(subscriber),
            "pause": current_pause(subscriber, at=pending.asked_at),
        }
    else:
        name = "confirm_signup"
        briefings = [briefing for briefing in briefings if briefing.pk in unconfirmed]
        context = {
            "briefings": briefings,
            "confirm_url": confirm_url(pending),
            "confirm_within": CONFIRM_WITHIN,
        }
    queue_email_in_constant_time(
        name,
        to=subscriber.address if subscriber else pending.address,
        context={
            **context,
            "accent_colours": briefings[0].accent_colours if len(briefings) == 1 else None,
        },
        language=shared_language(briefing.language for briefing in briefings),
        headers={"List-Id": transactional_list_id(briefings)},
    )
