"""The ledger against a model: workers lease, send, die and wake in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Count, F
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from briefings.models import Issue
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Lease,
    Subscription,
    SubscriptionState,
)
from subscribers.sending import dispatches, leases, ledger
from subscribers.sending.correction_dispatches import send_correction
from subscribers.sending.lease_progress import (
    DeliveryOutcome,
    LeaseEnd,
    ProgressRecord,
    record_progress,
)
from subscribers.sending.personalised_email import Recipient
from subscribers.sending.transport_interface import Permit
from tests.factories import (
    make_briefing,
    make_correction,
    make_dispatch,
    make_reader,
    make_scheduled_issue,
)

READERS = 5
REPLIES = st.sampled_from(["accepted", "refused", "deferred", "deferred for long"])


@dataclass(eq=False)
class Worker:
    """What a worker process knows; the ledger may know something else."""

    lease: int
    recipients: tuple[Recipient, ...]
    begun: int = 0
    settled: int = 0
    outcomes: list[DeliveryOutcome] = field(default_factory=list)
    has_permit: bool = False

    def record(self, subscriber: int | None = None) -> ProgressRecord:
        outcomes, self.outcomes = tuple(self.outcomes), []
        return ProgressRecord(
            lease=self.lease,
            begun=self.begun,
            settled=self.settled,
            subscriber=subscriber,
            outcomes=outcomes,
        )


class LedgerMachine(RuleBasedStateMachine):
    """Workers keep to the order of the steps; whatever happens to them, the promises hold."""

    workers: Bundle[Worker] = Bundle("workers")

    def __init__(self) -> None:
        super().__init__()
        briefing = make_briefing()
        for _ in range(READERS):
            make_reader(of=briefing)
        self.dispatch = self.make_dispatch(make_scheduled_issue(briefing=briefing))
        dispatches.start(self.dispatch, at=timezone.now())
        self.briefing = briefing.pk
        self.received: dict[int, int] = {}  # what the mail server accepted, by subscriber
        self.unsubscribed: set[int] = set()
        self.sleepers: list[Worker] = []
        self.records: list[ProgressRecord] = []  # what workers have recorded, in order
        self.doubts = 0  # connections and workers that died while an email was being sent

    def make_dispatch(self, issue: Issue) -> Dispatch:
        return make_dispatch(issue=issue)

    # --- a worker's own steps

    @rule(target=workers, sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3))
    def lease(self, sizes: list[int]) -> Any:
        taken = leases.take(self.dispatch.pk, holder="w", sizes=sizes)
        return multiple(*(Worker(lease=one.lease, recipients=one.recipients) for one in taken))

    @rule(worker=workers)
    def begin(self, worker: Worker) -> None:
        if worker.has_permit or worker.begun == len(worker.recipients):
            return
        reader = worker.recipients[worker.begun]
        worker.begun += 1
        permit = self._record(worker, reader.subscriber)
        if permit is Permit.SKIP:
            worker.settled = worker.begun
            worker.outcomes.append(
                DeliveryOutcome(
                    delivery=reader.delivery, state=DeliveryState.SKIPPED, server_reply=""
                )
            )
        elif permit is Permit.GO:
            assert reader.subscriber not in self.unsubscribed
            worker.has_permit = True
        else:
            worker.begun = worker.settled

    @rule(worker=workers, reply=REPLIES)
    def hand_over(self, worker: Worker, reply: str) -> None:
        if not worker.has_permit:
            return
        reader = worker.recipients[worker.begun - 1]
        worker.has_permit = False
        worker.settled = worker.begun
        if reply == "accepted":
            self.received[reader.subscriber] = self.received.get(reader.subscriber, 0) + 1
        else:
            state = DeliveryState.REFUSED if reply == "refused" else DeliveryState.DEFERRED
            wait = {"deferred": timedelta(seconds=-1), "deferred for long": timedelta(hours=1)}.get(
                reply
            )
            later = timezone.now() + wait if wait else None
            worker.outcomes.append(
                DeliveryOutcome(
                    delivery=reader.delivery, state=state, server_reply=reply, not_before=later
                )
            )

    @rule(
        size=st.integers(1, READERS),
        replies=st.lists(REPLIES, min_size=READERS, max_size=READERS),
        late=st.integers(0, READERS),
    )
    def send_a_whole_lease(self, size: int, replies: list[str], late: int) -> None:
        """Send a whole lease, as usual; one of its records arrives again and again."""
        for taken in leases.take(self.dispatch.pk, holder="w", sizes=[size]):
            worker = Worker(lease=taken.lease, recipients=taken.recipients)
            for reply in replies[: len(worker.recipients)]:
                self.begin(worker)
                self.hand_over(worker, reply)
                self.deliver_a_record_again(worker, late)
                self.an_open_lease_forgets_nothing_that_was_recorded()
            self._close([worker])

    @rule(worker=consumes(workers))
    def close(self, worker: Worker) -> None:
        self._close([worker])

    @rule(one=consumes(workers), another=consumes(workers))
    def close_two(self, one: Worker, another: Worker) -> None:
        self._close([one, another])

    def _close(self, closed: list[Worker]) -> None:
        for worker in closed:
            if worker.has_permit:
                worker.begun = worker.settled  # its connection died before the content was sent
        leases.close(
            [
                LeaseEnd(worker.record(), [reader.subscriber for reader in worker.recipients])
                for worker in closed
            ]
        )
        self.sleepers = [sleeper for sleeper in self.sleepers if sleeper not in closed]

    # --- what happens to workers

    @rule(worker=consumes(workers), was_accepted=st.booleans())
    def kill(self, worker: Worker, was_accepted: bool) -> None:
        """Kill a worker, perhaps just after the server accepted its email."""
        self.doubts += 1  # the ledger may know the begin of its email but not the end
        if worker.has_permit and was_accepted:
            subscriber = worker.recipients[worker.begun - 1].subscriber
            self.received[subscriber] = self.received.get(subscriber, 0) + 1
        self.sleepers = [sleeper for sleeper in self.sleepers if sleeper is not worker]
        Lease.objects.filter(pk=worker.lease).update(expires_at=timezone.now())

    @rule(worker=workers)
    def pause_the_machine(self, worker: Worker) -> None:
        """Let a lease expire while its worker sleeps in the middle of an email."""
        Lease.objects.filter(pk=worker.lease).update(expires_at=timezone.now())
        dispatches.advance(at=timezone.now())
        self.sleepers.append(worker)
        self.doubts += 1

    @rule()
    def let_an_hour_pass(self) -> None:
        self.dispatch.deliveries.filter(not_before__isnull=False).update(not_before=timezone.now())

    @rule()
    def beat(self) -> None:
        dispatches.advance(at=timezone.now())

    @rule(which=st.integers(0, READERS - 1))
    def unsubscribe(self, which: int) -> None:
        subscription = Subscription.objects.filter(briefing=self.briefing).order_by("pk")[which]
        if subscription.subscriber_id in self.received:
            return
        Subscription.objects.filter(pk=subscription.pk).update(
            state=SubscriptionState.UNSUBSCRIBED, unsubscribed_at=timezone.now()
        )
        self.unsubscribed.add(subscription.subscriber_id)

    @rule(action=st.sampled_from(["pause", "resume"]))
    def pause_or_resume(self, action: str) -> None:
        state = Dispatch.objects.get(pk=self.dispatch.pk).state
        if action == "pause" and state == DispatchState.SENDING:
            self.dispatch.pause(by=None)
        if action == "resume" and state == DispatchState.PAUSED:
            self.dispatch.resume(by=None)

    @rule(worker=workers, which=st.integers(0, READERS))
    def deliver_a_record_again(self, worker: Worker, which: int) -> None:
        """Let a record arrive late, twice or out of order, as the network may repeat it."""
        recorded = [record for record in self.records if record.lease == worker.lease]
        for late in recorded[which : which + 1]:
            record_progress([late], dispatch=self.dispatch.pk, briefing=self.briefing)

    def _record(self, worker: Worker, subscriber: int) -> Permit:
        record = worker.record(subscriber)
        self.records.append(record)
        found = record_progress([record], dispatch=self.dispatch.pk, briefing=self.briefing)
        return found[worker.lease]

    # --- the promises

    @invariant()
    def nobody_gets_it_twice(self) -> None:
        assert all(number == 1 for number in self.received.values())

    @invariant()
    def what_is_called_sent_was_accepted(self) -> None:
        sent = self.dispatch.deliveries.filter(state=DeliveryState.SENT)
        assert {delivery.subscriber_id for delivery in sent} <= set(self.received)

    @invariant()
    def a_lease_holds_the_deliveries_of_its_worker_and_no_others(self) -> None:
        held = self.dispatch.leases.filter(closed_at=None).annotate(number=Count("deliveries"))
        assert not held.exclude(size=F("number")).exists()

    @invariant()
    def an_open_lease_forgets_nothing_that_was_recorded(self) -> None:
        open_leases = {lease.pk: lease for lease in self.dispatch.leases.filter(closed_at=None)}
        for record in self.records:
            if lease := open_leases.get(record.lease):
                assert record.begun <= lease.begun
                assert record.settled <= lease.settled

    @invariant()
    def little_is_in_doubt(self) -> None:
        unknown = self.dispatch.deliveries.filter(state=DeliveryState.UNKNOWN).count()
        assert unknown <= self.doubts

    def teardown(self) -> None:
        """Let every worker die, then let one finish the rest: nobody is left out."""
        Lease.objects.filter(closed_at=None).update(expires_at=timezone.now())
        self.doubts += Lease.objects.filter(closed_at=None).count()
        if Dispatch.objects.get(pk=self.dispatch.pk).state == DispatchState.PAUSED:
            self.dispatch.resume(by=None)
        dispatches.advance(at=timezone.now())
        self.let_an_hour_pass()
        while found := leases.take(self.dispatch.pk, holder="the last", sizes=[READERS]):
            [taken] = found
            worker = Worker(lease=taken.lease, recipients=taken.recipients)
            for _ in worker.recipients:
                self.begin(worker)
                self.hand_over(worker, "accepted")
            self.close(worker)
        for sleeper in self.sleepers:  # they wake up when everything is sent
            self.begin(sleeper)
            self.hand_over(sleeper, "accepted")
        self.nobody_gets_it_twice()
        self.little_is_in_doubt()
        settled = {DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.SKIPPED}
        for delivery in Delivery.objects.filter(dispatch=self.dispatch):
            assert delivery.state in settled | {DeliveryState.UNKNOWN}
            if delivery.state == DeliveryState.SKIPPED:
                assert delivery.subscriber_id in self.unsubscribed
        assert ledger.finish_if_settled(Dispatch.objects.get(pk=self.dispatch.pk)) or (
            Dispatch.objects.get(pk=self.dispatch.pk).state == DispatchState.SENT
        )


class CorrectionMachine(LedgerMachine):
    """The same for a correction, while some readers get the issue late."""

    def make_dispatch(self, issue: Issue) -> Dispatch:
        first = make_dispatch(issue=issue)
        dispatches.start(first, at=timezone.now())
        sent = first.deliveries.order_by("subscriber_id")
        sent.update(state=DeliveryState.SENT)
        late = sent.last()
        assert late is not None
        sent.filter(pk=late.pk).update(state=DeliveryState.REFUSED)
        assert ledger.finish_if_settled(first)
        correction = make_correction(issue)
        dispatch = send_correction(correction, at=timezone.now(), by=None)
        assert send_correction(correction, at=timezone.now(), by=None) == dispatch
        self.first, self.late = first, late
        return dispatch

    @precondition(lambda self: self.late.state == DeliveryState.REFUSED)
    @rule(begin=st.booleans())
    def a_reader_gets_the_issue_late(self, begin: bool) -> None:
        """Try the refused email again; it is sent at once, or when everything else is."""
        chosen = Delivery.objects.filter(pk=self.late.pk)
        if not ledger.retry_refused(self.first, chosen, by=None, detail={}):
            return  # they have unsubscribed
        self.late.refresh_from_db()
        if begin:
            self.settle_the_issue()

    def settle_the_issue(self) -> None:
        for taken in leases.take(self.first.pk, holder="late", sizes=[READERS]):
            readers = [reader.subscriber for reader in taken.recipients]
            record = ProgressRecord(
                lease=taken.lease, begun=len(readers), settled=len(readers), subscriber=None
            )
            leases.close([LeaseEnd(record, readers)])
        self.late.refresh_from_db()
        dispatches.advance(at=timezone.now())

    def teardown(self) -> None:
        self.settle_the_issue()
        dispatches.advance(at=timezone.now())
        super().teardown()
        late = self.late.subscriber_id
        if self.late.state == DeliveryState.SENT and late not in self.unsubscribed:
            assert self.dispatch.deliveries.filter(subscriber_id=late).exists()
        readers = set(
            self.first.deliveries.filter(state=DeliveryState.SENT).values_list(
                "subscriber_id", flat=True
            )
        )
        assert set(self.received) <= readers


PARTS = {LedgerMachine: 4, CorrectionMachine: 2}


@pytest.mark.slow
@pytest.mark.takes(seconds=12)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("machine", "part"),
    [(machine, part) for machine, parts in PARTS.items() for part in range(parts)],
)
def test_the_promises_hold_whatever_happens(machine: type[LedgerMachine], part: int) -> None:
    run_state_machine_as_test(
        type(f"{machine.__name__}{part}", (machine,), {}),  # the name decides which examples
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            phases=[Phase.generate],  # to shrink a failure takes minutes: add Phase.shrink by hand
            suppress_health_check=list(HealthCheck),
        ),
    )
