"""Dispatches and their peers in turn, to the same sink: only what ran side by side is compared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from bench import peers
from bench.arena import Arena
from bench.receivers import Sink
from bench.run import Run

# So many letters take each of the slow peers some seconds.
NAIVE_LETTERS = 1_000
NEWSLETTER_LETTERS = 500

Rounds = list[dict[str, Run]]


def take_turns(arena: Arena, *, letters: int, rounds: int) -> Rounds:
    """Give each round's runs by sender; every other round begins at the other end."""
    found: Rounds = []
    with ExitStack() as ending:
        sink = Sink(arena.folder)
        ending.callback(sink.stop)
        senders: list[tuple[str, Callable[[], Run]]] = [
            ("smtp-source", lambda: peers.smtp_source(sink, letters)),
            ("dispatch", lambda: arena.dispatch(letters, to=sink)),
            (
                "naive Django",
                lambda: peers.naive_django(arena, sink, min(letters, NAIVE_LETTERS)),
            ),
            (
                "django-newsletter",
                lambda: peers.django_newsletter(arena, sink, min(letters, NEWSLETTER_LETTERS)),
            ),
        ]
        for number in range(rounds):
            runs = {}
            for name, send in senders if number % 2 == 0 else reversed(senders):
                runs[name] = send()
                print(
                    f"round {number + 1}: {name:<18} {runs[name].letters_per_s:>8,.0f} letters/s, "
                    f"{runs[name].cpu_per_1000:6.2f} CPU s per 1,000",
                    flush=True,
                )
            found.append(runs)
    return found
