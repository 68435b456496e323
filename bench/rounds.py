"""Senders in turn, to the same receiver: only neighbouring runs are compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from bench import listmonk, peers
from bench.installation import Installation
from bench.listmonk import Listmonk
from bench.receivers import CountingReceiver, Sink
from bench.run import Run

# The slow senders take some seconds for this many.
PLAIN_DJANGO_EMAILS = 1_000
NEWSLETTER_EMAILS = 500
# For each of two worker processes; we also measure the default, and 0, as many as are taken.
CONNECTIONS = (4, 8, 16, 32, 64)
DEFAULT, AS_MANY_AS_TAKEN = "default", "0"
SLOW_SECONDS, SLOW_CONNECTIONS = 0.05, 50

Rounds = list[dict[str, Run]]
Senders = list[tuple[str, Callable[[], Run]]]


def run_rounds(installation: Installation, *, emails: int, rounds: int) -> Rounds:
    """Return the runs of all senders to Postfix's sink."""
    with ExitStack() as ending:
        sink = Sink(installation.folder)
        ending.callback(sink.stop)
        return _in_turn(
            [
                ("smtp-source", lambda: peers.smtp_source(sink, emails)),
                ("dispatch", lambda: installation.dispatch(emails, to=sink)),
                (
                    "plain Django",
                    lambda: peers.plain_django(
                        installation, sink, min(emails, PLAIN_DJANGO_EMAILS)
                    ),
                ),
                (
                    "django-newsletter",
                    lambda: peers.django_newsletter(
                        installation, sink, min(emails, NEWSLETTER_EMAILS)
                    ),
                ),
            ],
            rounds=rounds,
        )


def run_slow_rounds(installation: Installation, *, emails: int, rounds: int) -> Rounds:
    """Return the runs of the fast senders to a server that takes 50 ms for an email.

    All have 100 connections.
    """
    with ExitStack() as ending:
        receiver = CountingReceiver(
            installation.folder, readers=emails, delay=SLOW_SECONDS, processes=2
        )
        ending.callback(receiver.stop)
        senders: Senders = [
            (
                "smtp-source",
                lambda: peers.smtp_source(receiver, emails, connections=2 * SLOW_CONNECTIONS),
            ),
            (
                "dispatch",
                lambda: installation.dispatch(emails, to=receiver, connections=SLOW_CONNECTIONS),
            ),
        ]
        peer = _start_listmonk(
            installation, receiver, ending, emails=emails, workers=2 * SLOW_CONNECTIONS
        )
        return _in_turn([*senders, *peer], rounds=rounds, about=", 50 ms an email")


def run_connection_rounds(installation: Installation, *, emails: int, rounds: int) -> Rounds:
    """Return the runs of dispatches by their number of connections, to a receiver that counts."""

    def dispatching(connections: int | None) -> Callable[[], Run]:
        return lambda: installation.dispatch(emails, to=receiver, connections=connections)

    with ExitStack() as ending:
        receiver = CountingReceiver(installation.folder, readers=emails)
        ending.callback(receiver.stop)
        senders: Senders = [(str(number), dispatching(number)) for number in CONNECTIONS]
        senders += [(DEFAULT, dispatching(None)), (AS_MANY_AS_TAKEN, dispatching(0))]
        peer = _start_listmonk(
            installation, receiver, ending, emails=emails, workers=listmonk.WORKERS
        )
        return _in_turn([*senders, *peer], rounds=rounds, about=" connections")


def _start_listmonk(
    installation: Installation,
    receiver: CountingReceiver,
    ending: ExitStack,
    *,
    emails: int,
    workers: int,
) -> Senders:
    """Return listmonk as a sender, or nobody if it is not installed.

    It runs only while it sends, so that it costs the others nothing.
    """
    program = listmonk.binary()
    if program is None:
        return []
    peer = Listmonk(program, installation.postgres, installation.folder)
    ending.callback(peer.stop)
    email = installation.rendered_email()
    peer.set_up(to=receiver, readers=emails, workers=workers)

    def send() -> Run:
        peer.start()
        try:
            return peer.send(
                email, to=receiver, readers=emails, cpu_of_postgres=installation.cpu_of_postgres
            )
        finally:
            peer.terminate()

    return [("listmonk", send)]


def _in_turn(senders: Senders, *, rounds: int, about: str = "") -> Rounds:
    """Run all senders in each round, in every other round in reverse order."""
    found: Rounds = []
    for number in range(rounds):
        runs = {}
        for name, send in senders if number % 2 == 0 else reversed(senders):
            runs[name] = send()
            print(
                f"round {number + 1}: {name + about:<28}"
                f" {runs[name].emails_per_s:>8,.0f} emails/s, "
                f"{runs[name].cpu_per_1000:6.2f} CPU s per 1,000",
                flush=True,
            )
        found.append(runs)
    return found
