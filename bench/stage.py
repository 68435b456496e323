"""What a benchmark does inside Django, a part at a time: `python -m bench.stage PART …`."""

from __future__ import annotations

import os
import sys
import time

import django


def migrate() -> None:
    """Make the tables."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def issue(letters: str) -> None:
    """Publish an issue whose letter has 46 KB to so many readers; print the dispatch's number."""
    from django.utils import timezone

    from bench.letter import make_issue
    from subscribers.engine import dispatching

    made = make_issue(readers=int(letters))
    dispatch = dispatching.publish(made, at=timezone.now())
    print(dispatch.pk)


def begin(dispatch: str) -> None:
    """Fill the ledger, as the beat does before it wakes the workers."""
    from django.utils import timezone

    from subscribers.engine import dispatching
    from subscribers.models import Dispatch

    dispatching.begin(Dispatch.objects.get(pk=int(dispatch)), at=timezone.now())


def fill(letters: str) -> None:
    """Fill a ledger for so many readers; print the seconds it took."""
    from django.utils import timezone

    from bench.letter import make_issue
    from subscribers.engine import dispatching, ledger

    made = make_issue(readers=int(letters))
    dispatch = dispatching.publish(made, at=timezone.now())
    begun = time.perf_counter()
    ledger.fill(dispatch)
    print(time.perf_counter() - begun)


def naive(letters: str) -> None:
    """Send to so many readers the way the framework's documentation shows."""
    from bench.peers import send_naively

    send_naively(int(letters))


PARTS = {part.__name__: part for part in (migrate, issue, begin, fill, naive)}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    PARTS[sys.argv[1]](*sys.argv[2:])
