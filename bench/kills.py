"""Killing senders in the middle of a dispatch, and counting who got the email twice or not at all.

`make bench BENCH="--kills 20"`. Newsroom's worker processes are killed with SIGKILL and started
again. Where listmonk is installed, it is killed, and in every other trial stopped with SIGTERM, and
started again.
"""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from bench import listmonk
from bench.installation import Installation
from bench.listmonk import Listmonk
from bench.receivers import CountingReceiver
from tests.servers.processes import wait_until

READERS = 5_000
KILLS_IN_A_DISPATCH = 5
CONNECTIONS = 8
LEASE_SECONDS = 5
EMAIL_SECONDS = 0.05  # what the receiver takes for an email, so that kills hit every part of one
SECONDS = 600.0
ADVANCE = "subscribers.sending.tasks.advance_dispatches"


@dataclass(frozen=True, slots=True, kw_only=True)
class KillCount:
    """What arrived after some kills; `unknown` are those that the sender itself reports."""

    sender: str
    readers: int
    kills: int
    twice: int
    left_out: int
    unknown: int = 0

    def __str__(self) -> str:
        return (
            f"{self.sender}: {self.kills} kills in {self.readers:,} emails, {self.twice} readers"
            f" twice, {self.left_out} left out without a word, {self.unknown} shown as unknown"
        )


def count(
    received: list[int], *, sender: str, kills: int, unknown: frozenset[int] = frozenset()
) -> KillCount:
    """Count what arrived for each reader, given in order from reader 1.

    A reader whose email the sender reports as unknown is not left out: a person decides.
    """
    return KillCount(
        sender=sender,
        readers=len(received),
        kills=kills,
        twice=sum(emails > 1 for emails in received),
        left_out=sum(
            not emails and reader not in unknown for reader, emails in enumerate(received, start=1)
        ),
        unknown=len(unknown),
    )


def measure(installation: Installation, *, kills: int) -> dict[str, Any]:
    """Kill senders this many times, Newsroom first; print and return the counts."""
    dice = random.Random()  # noqa: S311  (not a secret)
    found = []
    with ExitStack() as ending:
        receiver = CountingReceiver(installation.folder, readers=READERS, delay=EMAIL_SECONDS)
        ending.callback(receiver.stop)
        left = kills
        while left > 0:
            number = min(left, KILLS_IN_A_DISPATCH)
            found.append(_kill_ours(installation, receiver, kills=number, dice=dice))
            print(found[-1], flush=True)
            left -= max(1, found[-1].kills)  # a dispatch may end before its last kill
        program = listmonk.binary()
        if program is None:
            print(listmonk.LEFT_OUT)
        else:
            peer = Listmonk(program, installation.postgres, installation.folder)
            ending.callback(peer.stop)
            email = installation.rendered_email()
            for trial in range(kills):
                found.append(
                    _kill_listmonk(peer, email, receiver, gently=trial % 2 == 1, dice=dice)
                )
                print(found[-1], flush=True)
    for sender in dict.fromkeys(count.sender for count in found):
        print(f"In all, {_in_all(sender, found)}")
    return {"kills": [asdict(count) for count in found]}


def _in_all(sender: str, found: list[KillCount]) -> KillCount:
    ours = [count for count in found if count.sender == sender]
    names = ("readers", "kills", "twice", "left_out", "unknown")
    return KillCount(
        sender=sender, **{name: sum(getattr(count, name) for count in ours) for name in names}
    )


def _kill_ours(
    installation: Installation, receiver: CountingReceiver, *, kills: int, dice: random.Random
) -> KillCount:
    """Send one issue with two worker processes; kill one of them again and again."""
    facts = {
        "EMAIL_URL": f"smtp://127.0.0.1:{receiver.port}",
        "SEND_CONNECTIONS": str(CONNECTIONS),
        "LEASE_SECONDS": str(LEASE_SECONDS),
        "LOG_LEVEL": "ERROR",
    }
    issue = installation.run_step("issue", str(READERS), **facts)
    number, _ = installation.run_step("begin", issue, **facts).split()
    receiver.begin()
    moments = sorted(dice.sample(range(1, READERS * 4 // 5), kills))
    done = 0
    with ExitStack() as ending:
        workers = [ending.enter_context(installation.workers(1, **facts)) for _ in range(2)]
        deadline = time.monotonic() + SECONDS
        while not installation.is_sent(number):
            if time.monotonic() > deadline:
                break
            installation.broker.send_task(ADVANCE)
            if done < kills and receiver.total() >= moments[done]:
                time.sleep(dice.uniform(0, 0.1))
                place = dice.randrange(len(workers))
                workers[place][0].kill()
                workers[place] = ending.enter_context(installation.workers(1, **facts))
                done += 1
            time.sleep(0.2)
    unknown = installation.query(
        "SELECT coalesce(array_agg(substring(s.address FROM '[0-9]+')::int), '{}')"
        " FROM subscribers_delivery d JOIN subscribers_subscriber s ON s.id = d.subscriber_id"
        " WHERE d.dispatch_id = %s AND d.state = 6",
        number,
    )
    return count(
        receiver.each()[:READERS], sender="Newsroom", kills=done, unknown=frozenset(unknown)
    )


def _kill_listmonk(
    peer: Listmonk,
    email: dict[str, str],
    receiver: CountingReceiver,
    *,
    gently: bool,
    dice: random.Random,
) -> KillCount:
    """Send one campaign; stop or kill the program once, and start it again."""
    peer.set_up(to=receiver, readers=READERS, workers=2 * CONNECTIONS)
    receiver.begin()
    peer.start()
    campaign = peer.begin(email)
    moment = dice.randrange(1, READERS * 4 // 5)
    wait_until(lambda: receiver.total() >= moment, seconds=SECONDS, what="listmonk")
    if gently:
        peer.terminate()
    else:
        peer.kill()
    peer.start()
    try:
        wait_until(lambda: peer.is_finished(campaign), seconds=SECONDS, what="its end")
    except TimeoutError:
        print("listmonk did not finish its campaign")
    peer.terminate()
    sender = "listmonk, stopped" if gently else "listmonk, killed"
    return count(receiver.each()[:READERS], sender=sender, kills=1)
