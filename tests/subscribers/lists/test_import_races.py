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
from subscribers.lists.import_plan import make_plan
from subscribers.lists.import_run import run_import
from subscribers.models import ConsentRecord, Delivery, Subscriber, Subscription, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from subscribers.sending import ledger
from tests.factories import make_briefing, make_dispatch, make_scheduled_issue
from tests.servers.processes import wait_until
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


def test_a_person_erased_while_a_list_with_them_is_written_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The erasure starts before they are subscribed, and must find them all the same."""
    briefing = make_briefing()
    real = import_sql.insert_new
    threads: list[threading.Thread] = []

    def erase_meanwhile(*args: object, **kwargs: object) -> None:
        real(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        threads.append(threading.Thread(target=lambda: at_once(erase_seven)))
        threads[0].start()
        wait_until(is_somebody_waiting, seconds=20, what="the erasure to wait")

    def erase_seven() -> None:
        erase(person_at("R7@example.org"), keep_words=False, at=timezone.now())

    def is_somebody_waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0]) or not threads[0].is_alive()

    monkeypatch.setattr(import_sql, "insert_new", erase_meanwhile)
    import_numbers(briefing, range(10))
    threads[0].join()
    assert Subscriber.objects.count() == 9
    assert not Subscriber.objects.at_address("r7@example.org").exists()
    assert Suppression.objects.at_address("r7@example.org").exists()


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
