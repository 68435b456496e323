"""A change of address: asked for by the owner, agreed to by both mailboxes, then done at once.

Whoever asks is never told what the new address is to us. A new address that has letters of its own,
or must get none, ends the change with a letter to that address, or in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from newsroom.emails import queue_email, queue_email_in_constant_time
from newsroom.rate_limits import is_first_this_hour
from subscribers.locks import lock_subscriber, lock_subscribers
from subscribers.models import AddressChange, AddressChangeState, Subscriber, Suppression
from subscribers.models.address_change import AGREE_WITHIN, AddressChangeQuerySet
from subscribers.models.address_hash import hash_address
from subscribers.sending.list_headers import preferences_url


class Side(StrEnum):
    """Whose mailbox a link was sent to."""

    OLD = "old"
    NEW = "new"


class SameAddress(Exception):
    """The address asked for is the one on file; the message says so, to its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A change of address as one of its two mailboxes is asked about it."""

    change: AddressChange
    side: Side

    @property
    def has_agreed(self) -> bool:
        """Whether this side has said yes already."""
        return getattr(self.change, f"{self.side}_agreed_at") is not None


def ask(subscriber: Subscriber, *, address: str, ip: str | None, at: datetime) -> None:
    """Write to both addresses; another change that still waits is dropped.

    The same work is done whatever the new address is to us. Raises SameAddress, and
    Subscriber.DoesNotExist when the reader was erased meanwhile.
    """
    key = hash_address(address)
    if key == subscriber.address_hash:
        raise SameAddress("Your letters go to this address already.")
    with transaction.atomic():
        lock_subscriber(subscriber)
        unfinished = subscriber.address_changes.exclude(state=AddressChangeState.DONE)
        # Asked for again, it keeps the tokens of the letter that may have left within the hour.
        change = unfinished.filter(new_address_hash=key).last() or AddressChange(
            subscriber=subscriber, new_address_hash=key
        )
        unfinished.update(state=AddressChangeState.DROPPED)
        change.state = AddressChangeState.OPEN
        change.old_address = subscriber.address
        change.old_address_hash = subscriber.address_hash
        change.new_address = address
        change.asked_at, change.asked_ip = at, ip
        change.old_agreed_at = change.old_agreed_ip = None
        change.new_agreed_at = change.new_agreed_ip = None
        change.save()
        # One letter an hour to an address that may be a stranger's, whoever asks.
        is_first = is_first_this_hour("address-change", key)
        _write(change, Side.NEW, allowed=is_first and not _is_suppressed(key))
        _write(change, Side.OLD, allowed=not _is_suppressed(subscriber.address_hash))


def waiting(subscriber: Subscriber, *, at: datetime) -> AddressChange | None:
    """The change that its owner is shown as waiting."""
    return subscriber.address_changes.live(at=at).waiting().last()


def call_off(subscriber: Subscriber) -> bool:
    """Drop what is asked for; False when there was nothing."""
    dropped = subscriber.address_changes.waiting().update(state=AddressChangeState.DROPPED)
    return bool(dropped)


def find(token: str, *, at: datetime) -> Question | None:
    """What a letter's link asks; None when it is forged, too old, or called off."""
    return _question(AddressChange.objects.with_token(token), token, at=at)


def agree(token: str, *, ip: str | None, at: datetime) -> Question | None:
    """Say yes for one mailbox; when the other one has said so too, the address changes.

    Nothing in what it gives back tells what came of it. None as with `find`.
    """
    with transaction.atomic():
        question = _held(token, at=at)
        if question is None or question.has_agreed:
            return question
        change, side = question.change, question.side
        setattr(change, f"{side}_agreed_at", at)
        setattr(change, f"{side}_agreed_ip", ip)
        change.save(update_fields=[f"{side}_agreed_at", f"{side}_agreed_ip"])
        if change.old_agreed_at and change.new_agreed_at:
            _finish(change, at=at)
    return question


def object_to(token: str, *, at: datetime) -> Question | None:
    """Say no for the old mailbox: the change is dropped. None when there is nothing to stop."""
    with transaction.atomic():
        question = _held(token, at=at)
        if question is None or question.side == Side.NEW:
            return None
        if question.change.state == AddressChangeState.DONE:
            return None
        question.change.state = AddressChangeState.DROPPED
        question.change.save(update_fields=["state"])
    return question


def _held(token: str, *, at: datetime) -> Question | None:
    """Find what a link asks, and hold it with its reader until the transaction ends."""
    changes = AddressChange.objects.with_token(token)
    lock_subscribers(changes.values_list("subscriber_id", flat=True))
    return _question(changes.select_for_update(), token, at=at)


def _question(changes: AddressChangeQuerySet, token: str, *, at: datetime) -> Question | None:
    change = changes.live(at=at).first()
    if change is None:
        return None
    return Question(change=change, side=Side.OLD if change.old_token == token else Side.NEW)


def _finish(change: AddressChange, *, at: datetime) -> None:
    """Both have agreed: move the subscriber, or refuse without a word to whoever asked."""
    barred = _is_suppressed(change.old_address_hash) or _is_suppressed(change.new_address_hash)
    moved = not barred and _move(change, at=at)
    change.state = AddressChangeState.DONE if moved else AddressChangeState.REFUSED
    change.save(update_fields=["state"])
    if moved:
        change.subscriber.refresh_from_db()
        context = {
            "name": change.subscriber.name,
            "preferences_url": preferences_url(change.subscriber),
        }
        queue_email("address_changed", to=change.new_address, context=context)
    elif not barred:
        link = settings.SITE_URL + reverse("subscribers:preferences_link")
        context = {"old_address": change.masked_old_address, "link": link}
        queue_email("address_taken", to=change.new_address, context=context)


def _move(change: AddressChange, *, at: datetime) -> bool:
    """Change the address in one guarded UPDATE; False when the new one is somebody's already."""
    mine = Subscriber.objects.filter(pk=change.subscriber_id, address_hash=change.old_address_hash)
    try:
        with transaction.atomic():
            return bool(
                mine.update(
                    address=change.new_address, address_hash=change.new_address_hash, moved_at=at
                )
            )
    except IntegrityError:
        return False


def _is_suppressed(address_hash: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash).exists()


def _write(change: AddressChange, side: Side, *, allowed: bool) -> None:
    """Ask one of the two mailboxes; the new one, perhaps a stranger's, reads nothing typed."""
    is_new = side == Side.NEW
    link = reverse("subscribers:address", args=[change.new_token if is_new else change.old_token])
    queue_email_in_constant_time(
        f"confirm_{side}_address",
        to=change.new_address if is_new else change.old_address,
        context={
            "link": settings.SITE_URL + link,
            "old_address": change.masked_old_address,
            "new_address": change.readable_new_address,
            "days": AGREE_WITHIN.days,
        },
        allowed=allowed,
    )
