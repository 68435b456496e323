"""A change of address: requested by the subscriber, confirmed by both addresses, then made at once.

Nobody who requests a change learns whether we know the new address. If the new address is
subscribed itself, the change ends with an email to that address; if it is suppressed, silently.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext

from newsroom.emails import (
    DOUBLE_CLICK,
    AlreadyQueued,
    Once,
    queue_email,
    queue_email_in_constant_time,
)
from newsroom.rate_limits import HOUR
from subscribers.locks import lock_subscriber, lock_subscribers
from subscribers.models import AddressChange, AddressChangeState, Subscriber, Suppression
from subscribers.models.address_change import CONFIRM_CHANGE_WITHIN, AddressChangeQuerySet
from subscribers.models.address_hash import hash_address
from subscribers.sending.list_headers import preferences_url


class Side(StrEnum):
    """Which of the two addresses a link was sent to."""

    OLD = "old"
    NEW = "new"


class SameAddress(Exception):
    """The new address is the one we have already; the message tells the subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A change of address, as one of the two addresses is asked to confirm it."""

    change: AddressChange
    side: Side

    @property
    def is_confirmed(self) -> bool:
        """Whether this side has confirmed already."""
        return getattr(self.change, f"{self.side}_agreed_at") is not None


def request_change(subscriber: Subscriber, *, address: str, ip: str | None, at: datetime) -> None:
    """Email both addresses to confirm the change, and cancel any other that is still open.

    The work is the same whether or not we know the new address. Raises SameAddress, or
    Subscriber.DoesNotExist if the subscriber has been erased meanwhile.
    """
    key = hash_address(address)
    if key == subscriber.address_hash:
        raise SameAddress(gettext("We already send your emails to this address."))
    with transaction.atomic():
        lock_subscriber(subscriber)
        unfinished = subscriber.address_changes.exclude(state=AddressChangeState.DONE)
        # A repeated request keeps its tokens, which an email of the last hour may contain.
        change = unfinished.filter(new_address_hash=key).last() or AddressChange(
            subscriber=subscriber, new_address_hash=key
        )
        is_open = change.pk and change.state == AddressChangeState.OPEN
        is_double_click = is_open and at - change.asked_at < DOUBLE_CLICK
        unfinished.update(state=AddressChangeState.CANCELLED)
        change.state = AddressChangeState.OPEN
        change.old_address = subscriber.address
        change.old_address_hash = subscriber.address_hash
        change.new_address = address
        change.asked_at, change.asked_ip = at, ip
        change.old_agreed_at = change.old_agreed_ip = None
        change.new_agreed_at = change.new_agreed_ip = None
        change.save()
        # The new address may be a stranger's: it gets one email an hour, whoever requests it.
        _queue_confirmation(change, Side.NEW, once=Once(key=key, within=HOUR, at=at))
        if not is_double_click:
            _queue_confirmation(change, Side.OLD)


def waiting_change(subscriber: Subscriber, *, at: datetime) -> AddressChange | None:
    """Return the change that the subscriber is shown as waiting for confirmation."""
    return subscriber.address_changes.with_working_links(at=at).waiting().last()


def cancel_change(subscriber: Subscriber) -> bool:
    """Cancel the waiting change; False if there is none."""
    waiting = subscriber.address_changes.waiting()
    return bool(waiting.update(state=AddressChangeState.CANCELLED))


def find_request(token: str, *, at: datetime) -> ChangeRequest | None:
    """Return what a link asks; None if it is forged, or the change has expired or is cancelled."""
    return _find(AddressChange.objects.with_token(token), token, at=at)


def confirm_change(token: str, *, ip: str | None, at: datetime) -> ChangeRequest | None:
    """Confirm for one address; once both have confirmed, the address changes.

    The returned request does not reveal what came of it. None as with `find_request`.
    """
    with transaction.atomic():
        request = _find_and_lock(token, at=at)
        if request is None or request.is_confirmed:
            return request
        change, side = request.change, request.side
        setattr(change, f"{side}_agreed_at", at)
        setattr(change, f"{side}_agreed_ip", ip)
        change.save(update_fields=[f"{side}_agreed_at", f"{side}_agreed_ip"])
        if change.old_agreed_at and change.new_agreed_at:
            _finish(change, at=at)
    return request


def refuse_change(token: str, *, at: datetime) -> ChangeRequest | None:
    """Refuse for the old address, which cancels the change; None if there is nothing to refuse."""
    with transaction.atomic():
        request = _find_and_lock(token, at=at)
        if request is None or request.side == Side.NEW:
            return None
        if request.change.state == AddressChangeState.DONE:
            return None
        request.change.state = AddressChangeState.CANCELLED
        request.change.save(update_fields=["state"])
    return request


def _find_and_lock(token: str, *, at: datetime) -> ChangeRequest | None:
    """Return what a link asks, with the subscriber and the change locked for this transaction."""
    changes = AddressChange.objects.with_token(token)
    lock_subscribers(changes.values_list("subscriber_id", flat=True))
    return _find(changes.select_for_update(), token, at=at)


def _find(changes: AddressChangeQuerySet, token: str, *, at: datetime) -> ChangeRequest | None:
    change = changes.with_working_links(at=at).first()
    if change is None:
        return None
    return ChangeRequest(change=change, side=Side.OLD if change.old_token == token else Side.NEW)


def _finish(change: AddressChange, *, at: datetime) -> None:
    """Change the address once both have confirmed, or refuse without telling who requested it."""
    is_suppressed = _is_suppressed(change.old_address_hash) or _is_suppressed(
        change.new_address_hash
    )
    is_changed = not is_suppressed and _change_address(change, at=at)
    change.state = AddressChangeState.DONE if is_changed else AddressChangeState.REFUSED
    change.save(update_fields=["state"])
    if is_changed:
        change.subscriber.refresh_from_db()
        context = {
            "name": change.subscriber.name,
            "preferences_url": preferences_url(change.subscriber),
        }
        queue_email(
            "address_changed",
            to=change.new_address,
            context=context,
            language=change.subscriber.language,
        )
    elif not is_suppressed:
        link = settings.SITE_URL + reverse("subscribers:preferences_link")
        context = {"old_address": change.masked_old_address, "link": link}
        queue_email(
            "address_taken",
            to=change.new_address,
            context=context,
            language=change.subscriber.language,
        )


def _change_address(change: AddressChange, *, at: datetime) -> bool:
    """Change the address in one guarded UPDATE; False if the new one is already subscribed."""
    unchanged = Subscriber.objects.filter(
        pk=change.subscriber_id, address_hash=change.old_address_hash
    )
    try:
        with transaction.atomic():
            return bool(
                unchanged.update(
                    address=change.new_address, address_hash=change.new_address_hash, moved_at=at
                )
            )
    except IntegrityError:
        return False


def _is_suppressed(address_hash: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash).exists()


def _queue_confirmation(change: AddressChange, side: Side, *, once: Once | None = None) -> None:
    """Ask one address to confirm. The email to the new one contains nothing that was typed."""
    is_new = side == Side.NEW
    token = change.new_token if is_new else change.old_token
    with suppress(AlreadyQueued):
        queue_email_in_constant_time(
            f"confirm_{side}_address",
            to=change.new_address if is_new else change.old_address,
            context={
                "link": settings.SITE_URL
                + reverse("subscribers:confirm_address_change", args=[token]),
                "old_address": change.masked_old_address,
                "new_address": change.readable_new_address,
                "confirm_within": CONFIRM_CHANGE_WITHIN,
            },
            language=change.subscriber.language,
            once=once,
        )
