"""Run the benchmarks on this machine, print tables, and write var/bench.json.

`make bench` takes about six minutes. BENCH="--growth" measures growth instead and draws the plot
of docs/performance.md. BENCH="--ledger 10000000" measures only the ledger.
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

from bench import growth, machine
from bench.installation import Installation
from bench.report import figures, tables
from bench.rounds import run_rounds
from bench.scenarios import run_scenario, scenarios

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "docs" / "img" / "performance.svg"


def main() -> None:
    """Measure, print tables, and write the figures to a file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--emails", type=int, default=60_000, help="emails in a dispatch")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all senders")
    parser.add_argument(
        "--readers", type=int, default=1_000_000, help="subscribers of the largest dispatch"
    )
    parser.add_argument("--growth", action="store_true", help="measure growth, draw the plot")
    parser.add_argument(
        "--ledger", type=int, metavar="ROWS", help="measure only filling and leasing"
    )
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stops servers, removes folders
    begun = time.monotonic()
    print(f"{machine.describe()}. Starting PostgreSQL (fsync on) and Redis.", flush=True)
    before = machine.calibrate()
    with ExitStack() as ending:
        installation = Installation(ending)
        if options.growth:
            name, found = "bench-growth.json", growth.measure(installation, largest=options.readers)
        elif options.ledger:
            name, found = (
                "bench-ledger.json",
                growth.measure_ledger(installation, rows=options.ledger),
            )
        else:
            name, found = "bench.json", compare(installation, options)
    found["machine"] = {
        "is": machine.describe(),
        "loop_seconds_before": before,
        "loop_seconds_after": machine.calibrate(),
        "minutes": (time.monotonic() - begun) / 60,
    }
    if options.growth:
        PLOT.write_text(growth.draw(found))
        print(f"Saved the plot to {PLOT.relative_to(ROOT)}.")
    target = ROOT / "var" / name
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found, indent=2) + "\n")
    facts = found["machine"]
    print(
        f"\nA fixed Python loop took {before:.3f} s before and "
        f"{facts['loop_seconds_after']:.3f} s after. The run took {facts['minutes']:.1f} minutes.\n"
        f"Saved to {target.relative_to(ROOT)}."
    )


def compare(installation: Installation, options: argparse.Namespace) -> dict[str, Any]:
    """Run all senders in rounds, then dispatches alone; print the tables and return the figures."""
    rounds = run_rounds(installation, emails=options.emails, rounds=options.rounds)
    alone = [
        (scenario, run_scenario(installation, scenario))
        for scenario in scenarios(emails=options.emails, readers=options.readers)
    ]
    found: dict[str, Any] = {**figures(rounds, alone)}
    print(f"\n{tables(rounds, alone, found)}")
    found["rounds"] = [{name: asdict(run) for name, run in runs.items()} for runs in rounds]
    found["alone"] = {scenario.name: asdict(run) for scenario, run in alone}
    return found


if __name__ == "__main__":
    main()
