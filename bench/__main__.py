"""Run the benchmarks on this machine, print tables, and write var/bench.json.

`make bench` takes about a quarter of an hour. BENCH="--growth" measures growth instead and draws
the plot of docs/performance.md. BENCH="--ledger 10000000" measures only the ledger.
BENCH="--kills 20" kills senders in the middle of a dispatch and counts what arrived.
BENCH=--autosave measures how fast the server keeps what ten editors type. BENCH=--pages measures
how fast it serves public pages, and BENCH=--comments sends 200 comments a minute while their page
is read. BENCH="--points DIR..." measures on labelled comments how many an editor reads to find
those that make a point. The variable LISTMONK names a binary of listmonk to compare with.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import (
    comments,
    growth,
    kills,
    listmonk,
    machine,
    pages,
    recurring_points,
    ten_editors,
)
from bench.installation import Installation
from bench.report import Measured, figures, tables
from bench.rounds import run_connection_rounds, run_rounds, run_slow_rounds
from bench.scenarios import run_scenario, scenarios

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs" / "img" / "performance.svg"


def main() -> None:
    """Measure, print tables, and write the figures to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--emails", type=int, default=60_000, help="emails in a dispatch")
    parser.add_argument(
        "--rounds", type=int, help="rounds of all senders (default: 3), or of pages (default: 9)"
    )
    parser.add_argument(
        "--readers", type=int, default=1_000_000, help="subscribers of the largest dispatch"
    )
    parser.add_argument("--growth", action="store_true", help="measure growth, draw the plot")
    parser.add_argument(
        "--kills", type=int, metavar="NUMBER", help="only kill senders, and count what arrived"
    )
    parser.add_argument(
        "--ledger", type=int, metavar="ROWS", help="measure only filling and leasing"
    )
    parser.add_argument(
        "--autosave", action="store_true", help="only measure ten editors who type at once"
    )
    parser.add_argument("--pages", action="store_true", help="only measure public pages")
    parser.add_argument(
        "--comments", action="store_true", help="only measure comments while their page is read"
    )
    parser.add_argument(
        "--points",
        type=Path,
        nargs="+",
        metavar="DIR",
        help="only measure recurring points, on folders with labelled comments",
    )
    parser.add_argument(
        "--seconds",
        type=int,
        help="of each measurement of pages (default: 2), or of comments (default: 60)",
    )
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stops servers, removes folders
    begun = time.monotonic()
    if options.points:  # needs no server
        found = recurring_points.measure(options.points)
        found["machine"] = {"is": machine.describe(), "loop_seconds": machine.calibrate()}
        _save("bench-points.json", found, begun=begun)
        return
    print(f"{machine.describe()}. Starting PostgreSQL (fsync on) and Redis.", flush=True)
    with ExitStack() as ending:
        installation = Installation(ending)
        before = _speed(installation.folder)
        if options.growth:
            name, found = "bench-growth.json", growth.measure(installation, largest=options.readers)
        elif options.kills:
            name, found = "bench-kills.json", kills.measure(installation, kills=options.kills)
        elif options.autosave:
            name, found = "bench-autosave.json", ten_editors.measure(installation)
        elif options.pages:
            name, found = (
                "bench-pages.json",
                pages.measure(
                    installation, rounds=options.rounds or 9, seconds=options.seconds or 2
                ),
            )
        elif options.comments:
            name, found = (
                "bench-comments.json",
                comments.measure(installation, seconds=options.seconds or 60),
            )
        elif options.ledger:
            name, found = (
                "bench-ledger.json",
                growth.measure_ledger(installation, rows=options.ledger),
            )
        else:
            name, found = "bench.json", compare(installation, options)
        after = _speed(installation.folder)
    found["machine"] = {"is": machine.describe(), "before": before, "after": after}
    if options.growth:
        PLOT.write_text(growth.draw(found))
        print(f"Saved the plot to {PLOT.relative_to(ROOT)}.")
    print()
    for when, speed in (("Before", before), ("After", after)):
        print(
            f"{when} the run, this machine hashed {speed['sha256_mb_per_s']:,.0f} MB/s"
            f" with SHA-256, made {speed['fsyncs_per_s']:,.0f} fsyncs/s,"
            f" and took {speed['loop_seconds']:.2f} s for a fixed Python loop."
        )
    _save(name, found, begun=begun)


def _save(name: str, found: dict[str, Any], *, begun: float) -> None:
    """Write the figures to a file in var/, and say so."""
    minutes = (time.monotonic() - begun) / 60
    found["machine"]["minutes"] = minutes
    target = ROOT / "var" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found, indent=2) + "\n")
    print(f"The run took {minutes:.1f} minutes. Saved to {target.relative_to(ROOT)}.")


def compare(installation: Installation, options: argparse.Namespace) -> dict[str, Any]:
    """Run all senders in rounds, then dispatches alone; print the tables and return the figures."""
    if listmonk.binary() is None:
        print(listmonk.LEFT_OUT, flush=True)
    emails, rounds = options.emails, options.rounds or 3
    measured = Measured(
        to_sink=run_rounds(installation, emails=emails, rounds=rounds),
        slow=run_slow_rounds(installation, emails=emails * 2 // 3, rounds=rounds),
        by_connections=run_connection_rounds(installation, emails=emails // 3, rounds=rounds),
        alone=[
            (scenario, run_scenario(installation, scenario))
            for scenario in scenarios(emails=emails, readers=options.readers)
        ],
    )
    default = int(installation.run_step("connections"))
    found: dict[str, Any] = {**figures(measured)}
    print(f"\n{tables(measured, found, default=default)}")
    found["default_connections"] = default
    for name in ("to_sink", "slow", "by_connections"):
        found["rounds" if name == "to_sink" else f"rounds_{name}"] = [
            {sender: asdict(run) for sender, run in runs.items()}
            for runs in getattr(measured, name)
        ]
    found["alone"] = {scenario.name: asdict(run) for scenario, run in measured.alone}
    return found


def _speed(folder: Path) -> dict[str, float]:
    """Return how fast this machine is at the moment: other load slows it down."""
    return {
        "loop_seconds": machine.calibrate(),
        "sha256_mb_per_s": machine.sha256_mb_per_s(),
        "fsyncs_per_s": machine.fsyncs_per_s(folder),
    }


if __name__ == "__main__":
    main()
