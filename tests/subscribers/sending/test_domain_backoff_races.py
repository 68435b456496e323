"""Two processes change a domain's back-off at the same moment: neither change is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsroom.send_limit_settings import parse_domain_limits
from subscribers.models import Dispatch, DomainBackoff
from subscribers.sending import domain_backoff
from subscribers.sending.domain_backoff import back_off, end_backoff, hold_back
from subscribers.sending.personalised_email import Recipient
from tests.subscribers.sending.sending_setup import make_sending

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

DOMAIN = "busy.example.org"


def recipients() -> list[Recipient]:
    return [
        Recipient(
            delivery=number,
            subscriber=number,
            address=f"r{number}@{DOMAIN}",
            name="",
            unsubscribe="u",
            preferences="p",
            tries=0,
        )
        for number in range(1, 6)
    ]


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Let another connection act now, and wait for it at the end.

    If it has to wait for a lock of ours, it gets it only then.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as failure:  # noqa: BLE001  (raised again below)
            failures.append(failure)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join(0.5)
    yield
    thread.join(10)
    assert not thread.is_alive()
    assert failures == []


def hold_back_while(
    act: Callable[[], object], dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hold deliveries back, and act on another connection between its reading and writing."""
    who_waits = domain_backoff._who_waits
    running = []

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        running.append(meanwhile(act))
        running[0].__enter__()
        return who_waits(*args, **kwargs)

    monkeypatch.setattr(domain_backoff, "_who_waits", interrupted)
    with transaction.atomic():
        locked = Dispatch.objects.select_for_update(no_key=True).get(pk=dispatch.pk)
        hold_back(locked, recipients(), is_retry=False, at=timezone.now())
    running[0].__exit__(None, None, None)


def test_a_backoff_survives_a_lease_that_read_the_row_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispatch = make_sending()
    DomainBackoff.objects.create(dispatch=dispatch, domain=DOMAIN, next_at=timezone.now())
    hold_back_while(lambda: back_off(dispatch.pk, DOMAIN), dispatch, monkeypatch)
    backoff = DomainBackoff.objects.get()
    assert backoff.backoffs == 1
    assert backoff.next_at > timezone.now() + timedelta(seconds=20)


def test_the_end_of_a_backoff_survives_too(monkeypatch: pytest.MonkeyPatch) -> None:
    dispatch = make_sending()
    DomainBackoff.objects.create(
        dispatch=dispatch, domain=DOMAIN, next_at=timezone.now(), backoffs=3
    )
    hold_back_while(lambda: end_backoff(dispatch.pk, DOMAIN), dispatch, monkeypatch)
    assert DomainBackoff.objects.get().backoffs == 0


def test_both_may_make_the_row_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.SEND_DOMAIN_LIMITS = parse_domain_limits(f"{DOMAIN}=1")
    dispatch = make_sending()
    hold_back_while(lambda: back_off(dispatch.pk, DOMAIN), dispatch, monkeypatch)
    backoff = DomainBackoff.objects.get()
    assert backoff.backoffs == 1
    assert backoff.held_back > 0
