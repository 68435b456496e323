"""Two imports at once, readers who confirm or are erased meanwhile, and a ledger being filled."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from briefings.models import Briefing
from subscribers.consent import Evidence, subscribe
from subscribers.lists import import_sql
from subscribers.lists.import_errors import RefusalReason
from subscribers.lists.import_plan import make_plan
from subscribers.lists.import_run import run_import
from subscribers.models import ConsentRecord, Delivery, Subscriber, Subscription, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from subscribers.privacy.tasks import finish_erasures
from subscribers.sending import ledger
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, make_csv

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROWS = 3_000


def import_numbers(briefing: Briefing, numbers: range) -> None:
    file = io.BytesIO(make_csv(["email"], *([f"r{number}@example.org"] for number in numbers)))
    at = timezone.now()
    run_import(file, make_plan(file, EVIDENCE_OPTIONS, now=at), briefing, at=at)


def at_once(*functions: Callable[[], None]) -> None:
    """Run functions in threads with their own connections; what they raise is raised here."""
    failures: list[BaseException] = []

    def run(function: Callable[[], None]) -> None:
        try:
            function()
        except BaseException as failure:  # noqa: BLE001  (raised again, where it is waited for)
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[function]) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_two_imports_of_overlapping_lists_subscribe_everybody_once() -> None:
    briefing = make_briefing()
    at_once(
        lambda: import_numbers(briefing, range(ROWS)),
        lambda: import_numbers(briefing, range(ROWS // 2, ROWS * 2)),
        lambda: import_numbers(briefing, range(ROWS * 2 - 1, -1, -1)),
    )
    assert Subscriber.objects.count() == ROWS * 2
    assert Subscription.objects.active().count() == ROWS * 2
    assert ConsentRecord.objects.count() == ROWS * 2


def test_somebody_who_confirms_meanwhile_is_subscribed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sign-up commits between classification and insert, so both are repeated."""
    briefing = make_briefing()
    real, tries = import_sql.insert_new, []

    def write_late(*args: object, **kwargs: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            at_once(confirm)
        real(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    def confirm() -> None:
        address = "r7@example.org"
        reader = Subscriber.objects.create(address=address, address_hash=hash_address(address))
        evidence = Evidence(source="/ward/", wording="Yes", ip=None)
        subscribe(reader, briefing, at=timezone.now(), evidence=evidence)

    monkeypatch.setattr(import_sql, "insert_new", write_late)
    import_numbers(briefing, range(10))
    assert len(tries) == 2
    assert Subscription.objects.active().count() == 10
    records = ConsentRecord.objects.filter(subscriber__address="r7@example.org")
    assert [record.action for record in records] == ["joined"]


@pytest.mark.parametrize("is_subscriber", [False, True], ids=["unknown", "subscribed elsewhere"])
@pytest.mark.parametrize("moment", ["insert_new", "withdraw_suppressed", "count_outcomes"])
def test_a_person_erased_while_a_list_with_them_is_written_waits_for_nothing_and_is_gone(
    monkeypatch: pytest.MonkeyPatch, moment: str, is_subscriber: bool
) -> None:
    """The import goes on only when the erasure has ended, so waiting for it would last for ever.

    After `count_outcomes` the import looks no more; a worker deletes what is left.
    """
    briefing, address = make_briefing(), "r7@example.org"
    if is_subscriber:
        make_reader(of=make_briefing(), email=address, name="Ada")
    real = getattr(import_sql, moment)
    begun: list[str] = []

    def erase_after(*args: object, **kwargs: object) -> object:
        result = real(*args, **kwargs)
        if not begun:
            begun.append(moment)
            erasure = threading.Thread(target=at_once, args=[erase_seven], daemon=True)
            erasure.start()
            erasure.join(timeout=60)
            assert not erasure.is_alive(), "the erasure waits for the import"
            assert Suppression.objects.at_address(address).exists()
        return result

    def erase_seven() -> None:
        erase(person_at("R7@example.org"), keep_words=False)
        assert not Subscriber.objects.filter(address=address).exists()
        assert not Subscriber.objects.filter(name="Ada").exists()

    attempts: list[bool] = []
    take_lock = import_sql.take_import_lock

    def count_attempt(*, exclusive: bool = False) -> None:
        attempts.append(exclusive)
        take_lock(exclusive=exclusive)

    monkeypatch.setattr(import_sql, moment, erase_after)
    monkeypatch.setattr(import_sql, "take_import_lock", count_attempt)
    import_numbers(briefing, range(10))
    assert begun
    # The last attempt of three would make everybody wait.
    assert attempts == [False]
    assert Subscription.objects.mailable().count() == 9
    finish_erasures()
    assert Subscriber.objects.count() == 9
    assert not Subscriber.objects.at_address(address).exists()
    assert {*ConsentRecord.objects.values_list("subscriber", flat=True)} == {
        *Subscriber.objects.values_list("pk", flat=True)
    }


def test_nobody_suppressed_while_a_list_is_written_is_subscribed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    briefing = make_briefing()
    reader = make_reader(of=make_briefing(), email="r3@example.org").subscriber
    real = import_sql.insert_new

    def suppress_after(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        for address in ("r3@example.org", "r4@example.org"):
            Suppression.objects.create(address_hash=hash_address(address), reason="bounced")

    monkeypatch.setattr(import_sql, "insert_new", suppress_after)
    file = io.BytesIO(make_csv(["email"], *([f"r{number}@example.org"] for number in range(10))))
    at = timezone.now()
    counts = run_import(file, make_plan(file, EVIDENCE_OPTIONS, now=at), briefing, at=at)
    assert (counts.new, counts.refused) == (8, 2)
    assert list(counts.reasons) == [RefusalReason.SUPPRESSED]
    assert briefing.subscriptions.count() == 8
    assert reader.consents.filter(briefing=briefing).count() == 0
    assert not Subscriber.objects.at_address("r4@example.org").exists()


def test_a_ledger_filled_meanwhile_has_whole_lists_only() -> None:
    briefing = make_briefing()
    import_numbers(briefing, range(10))
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    done = threading.Event()

    def fill() -> None:
        while not done.is_set():
            ledger.fill(dispatch)
            seen = Delivery.objects.count()
            assert seen in {10, 10 + ROWS}, seen

    def bring() -> None:
        try:
            import_numbers(briefing, range(10, 10 + ROWS))
        finally:
            done.set()

    at_once(fill, bring)
    ledger.fill(dispatch)
    assert Delivery.objects.count() == 10 + ROWS
