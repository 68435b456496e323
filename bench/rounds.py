"""Dispatches and other senders in turn, to the same sink: only neighbouring runs are compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from bench import peers
from bench.installation import Installation
from bench.receivers import Sink
from bench.run import Run

# The slow senders take some seconds for this many.
PLAIN_DJANGO_EMAILS = 1_000
NEWSLETTER_EMAILS = 500

Rounds = list[dict[str, Run]]


def run_rounds(installation: Installation, *, emails: int, rounds: int) -> Rounds:
    """Return the runs of each round by sender; every other round runs them in reverse order."""
    found: Rounds = []
    with ExitStack() as ending:
        sink = Sink(installation.folder)
        ending.callback(sink.stop)
        senders: list[tuple[str, Callable[[], Run]]] = [
            ("smtp-source", lambda: peers.smtp_source(sink, emails)),
            ("dispatch", lambda: installation.dispatch(emails, to=sink)),
            (
                "plain Django",
                lambda: peers.plain_django(installation, sink, min(emails, PLAIN_DJANGO_EMAILS)),
            ),
            (
                "django-newsletter",
                lambda: peers.django_newsletter(installation, sink, min(emails, NEWSLETTER_EMAILS)),
            ),
        ]
        for number in range(rounds):
            runs = {}
            for name, send in senders if number % 2 == 0 else reversed(senders):
                runs[name] = send()
                print(
                    f"round {number + 1}: {name:<18} {runs[name].emails_per_s:>8,.0f} emails/s, "
                    f"{runs[name].cpu_per_1000:6.2f} CPU s per 1,000",
                    flush=True,
                )
            found.append(runs)
    return found
