"""How the cost of a dispatch grows with readers and worker processes; the ledger by itself."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from statistics import median
from typing import Any

from bench.installation import Installation
from bench.plot import Panel, Series, draw_panels
from bench.receivers import CountingReceiver
from bench.run import Run

# Subscribers and repetitions. Short runs are repeated, because starting is a large part of them.
SIZES = ((1_000, 5), (10_000, 3), (100_000, 1), (1_000_000, 1))
WORKERS = (1, 2, 4)
WEEK = 1_000_000  # readers of each dispatch when only the ledger is measured
EMAILS = 60_000  # in the dispatch for each number of workers


def measure(installation: Installation, *, largest: int) -> dict[str, Any]:
    """Return emails a second and CPU seconds per 1,000, by readers and by worker processes."""
    found: dict[str, Any] = {"workers": {}, "readers": {}}
    for workers in WORKERS:
        found["workers"][str(workers)] = _typical(
            installation, min(EMAILS, largest), workers, times=1
        )
    for emails, times in SIZES:
        if emails <= largest:
            found["readers"][str(emails)] = _typical(installation, emails, 2, times=times)
    return found


def _typical(
    installation: Installation, emails: int, workers: int, *, times: int
) -> dict[str, float]:
    with ExitStack() as ending:
        receiver = CountingReceiver(installation.folder, readers=emails)
        ending.callback(receiver.stop)
        runs = [installation.dispatch(emails, to=receiver, workers=workers) for _ in range(times)]
    run: Run = sorted(runs, key=lambda run: run.emails_per_s)[len(runs) // 2]
    print(
        f"{emails:>9,} readers, {workers} workers: {run.emails_per_s:,.0f} emails/s, "
        f"{run.cpu_per_1000:.3f} CPU s per 1,000, {run.peak_mb:.0f} MB",
        flush=True,
    )
    return {
        **asdict(run),
        "emails_per_s": median(run.emails_per_s for run in runs),
        "cpu_per_1000": median(run.cpu_per_1000 for run in runs),
    }


def measure_ledger(installation: Installation, *, rows: int) -> dict[str, Any]:
    """Fill a million rows for each week; lease from the first week and from the last."""
    readers = min(rows, WEEK)
    found: dict[str, Any] = {"fill_seconds": [], "lease_ms": {}}
    issue = installation.run_step("issue", str(readers))
    weeks = max(1, rows // readers)
    for week in range(1, weeks + 1):
        number, seconds = installation.run_step("begin", issue).split()
        found["fill_seconds"].append(float(seconds))
        print(f"row {week * readers:,}: filled {readers:,} in {float(seconds):.1f} s", flush=True)
        if week in {1, weeks}:
            leases = json.loads(installation.run_step("lease", number))
            found["lease_ms"][str(week * readers)] = leases
            words = ", ".join(
                f"{cost['ms']:.1f} ms and {cost['pages']:,.0f} pages at the {place}"
                for place, cost in leases.items()
            )
            print(f"a lease of 250, of eight at once: {words}", flush=True)
        if week < weeks:
            issue = installation.run_step("another", issue)
    found["rows"] = weeks * readers
    for name, function in (("ledger_mb", "total_relation"), ("ledger_table_mb", "table")):
        size = installation.query(f"SELECT pg_{function}_size('subscribers_delivery')")
        found[name] = size / 1024**2
    print(
        f"{found['ledger_mb']:,.0f} MB, of which {found['ledger_table_mb']:,.0f} MB are the table"
    )
    return found


def draw(found: dict[str, Any]) -> str:
    """Draw the four panels of docs/performance.md."""
    by_readers = {_short(int(size)): run for size, run in found["readers"].items()}
    by_workers: dict[str, Any] = found["workers"]
    panels = []
    for title, form, parts in (
        ("Emails a second", "{:,.0f}", {"": _rate}),
        (
            "CPU seconds per 1,000 emails",
            "{:.2f}",
            {"workers": _cpu_of_workers, "PostgreSQL": _cpu_of_postgres},
        ),
    ):
        for runs, caption in (
            (by_readers, "subscribers, 2 worker processes"),
            (by_workers, f"worker processes, {EMAILS:,} subscribers"),
        ):
            series = [
                Series(name=name, values=[part(run) for run in runs.values()])
                for name, part in parts.items()
            ]
            panels.append(
                Panel(title=title, caption=caption, labels=list(runs), series=series, form=form)
            )
    return draw_panels(panels)


def _rate(run: dict[str, float]) -> float:
    return run["emails_per_s"]


def _cpu_of_workers(run: dict[str, float]) -> float:
    return 1000 * run["cpu_workers"] / run["emails"]


def _cpu_of_postgres(run: dict[str, float]) -> float:
    return 1000 * run["cpu_postgres"] / run["emails"]


def _short(number: int) -> str:
    return f"{number // 1_000_000} M" if number >= 1_000_000 else f"{number:,}"
