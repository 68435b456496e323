"""Signing up: a form becomes an open sign-up and a letter that asks whether it is meant."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import Briefing, Issue
from newsroom.emails import queue_email_in_constant_time
from newsroom.tokens import make_row_token
from subscribers.models import SignUp, SignUpChoice, Subscriber, Subscription, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.preferences.pauses import pause_of
from subscribers.sending.list_headers import preferences_url, transactional_list_id

LETTER_EVERY = timedelta(hours=1)


def sign_up(
    *,
    address: str,
    name: str,
    briefings: Collection[Briefing],
    source: str,
    wording: str,
    ip: str | None,
    at: datetime,
    referred_by: Issue | None = None,
) -> None:
    """Keep what a form asked for and write to the address; the same work whoever it belongs to.

    Forms for one address are merged into one open sign-up, whose letter is written at most once an
    hour. An address that takes all of it already is told so, a suppressed one gets nothing.
    """
    with transaction.atomic():
        asked = _open_sign_up(address, at=at)
        taken = _taken(asked)
        before = set(asked.choices.standing().values_list("briefing", flat=True))
        evidence = ["asked_at", "source", "wording", "ip"]
        if referred_by is not None:  # who comes back by another way was still brought by the issue
            evidence.append("referred_by")
        SignUpChoice.objects.bulk_create(
            [
                SignUpChoice(
                    sign_up=asked,
                    briefing=briefing,
                    asked_at=at,
                    source=source,
                    wording=wording,
                    ip=ip,
                    referred_by=referred_by,
                )
                for briefing in briefings
            ],
            update_conflicts=True,
            unique_fields=["sign_up", "briefing"],
            update_fields=evidence,
        )
        wanted = before | {briefing.pk for briefing in briefings}
        # A letter that said “you have it already” must not keep the next one, which asks, away.
        asks_anew = bool(wanted - taken) and not before - taken
        is_due = (
            asked.email_sent_at is None or asked.email_sent_at <= at - LETTER_EVERY or asks_anew
        )
        asked.name = name or asked.name
        asked.asked_at = at
        asked.email_sent_at = at if is_due else asked.email_sent_at
        asked.save(update_fields=["name", "asked_at", "email_sent_at"])
        if is_due:
            _write_letter(asked, wanted=wanted, open_briefings=wanted - taken)


def _open_sign_up(address: str, *, at: datetime) -> SignUp:
    """Find or make the address's one open sign-up, and hold it until the transaction ends."""
    address_hash = hash_address(address)
    while True:  # anew only when the one we met was confirmed before we could hold it
        new = SignUp(address=address, address_hash=address_hash, asked_at=at)
        SignUp.objects.bulk_create([new], ignore_conflicts=True)
        found = SignUp.objects.select_for_update().open().filter(address_hash=address_hash).first()
        if found is not None:
            break
    if found.asked_at <= at - CONFIRM_WITHIN:
        # Nothing of what was left unconfirmed comes back to life, nor does its link.
        found.choices.all().delete()
        found.address, found.name = address, ""
        found.email_sent_at = found.reminded_at = None
        found.token = make_row_token()
        found.save(update_fields=["address", "name", "email_sent_at", "reminded_at", "token"])
    return found


def open_choices(asked: SignUp) -> list[Briefing]:
    """What is still to be confirmed: asked for, published, not left since nor subscribed to."""
    standing = asked.choices.standing().values("briefing")
    chosen = Briefing.objects.current().filter(pk__in=standing).exclude(pk__in=_taken(asked))
    return list(chosen.order_by("title"))


def _taken(asked: SignUp) -> set[int]:
    return set(
        Subscription.objects.active()
        .filter(subscriber__address_hash=asked.address_hash)
        .values_list("briefing_id", flat=True)
    )


def _write_letter(asked: SignUp, *, wanted: set[int], open_briefings: set[int]) -> None:
    subscriber = Subscriber.objects.filter(address_hash=asked.address_hash).first()
    is_suppressed = Suppression.objects.filter(address_hash=asked.address_hash).exists()
    chosen = list(Briefing.objects.filter(pk__in=wanted).order_by("title"))
    # A letter to an address that has not confirmed carries nothing that a stranger could have
    # typed, least of all the name: else the form would be a way to send messages to anybody.
    if subscriber is not None and not open_briefings:
        name = "already_subscribed"
        context = {
            "briefings": chosen,
            "preferences_url": preferences_url(subscriber),
            "pause": pause_of(subscriber, at=asked.asked_at),
        }
    else:
        name = "confirm_signup"
        chosen = [briefing for briefing in chosen if briefing.pk in open_briefings]
        context = {"briefings": chosen, "confirm_url": confirm_url(asked)}
    queue_email_in_constant_time(
        name,
        to=subscriber.address if subscriber else asked.address,
        context={**context, "inks": chosen[0].inks if len(chosen) == 1 else None},
        headers={"List-Id": transactional_list_id(chosen)},
        allowed=not is_suppressed,
    )


def confirm_url(asked: SignUp) -> str:
    """Where the address's owner finds the button."""
    return settings.SITE_URL + reverse("subscribers:confirm", args=[asked.token])
