"""Run the benchmarks in turn on this machine, print a table, write var/bench.json."""

from __future__ import annotations

import argparse
import json
import statistics
from contextlib import ExitStack
from pathlib import Path

from bench import peers
from bench.arena import Arena, Run, cores
from bench.receivers import CountingReceiver, Sink

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 3


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--letters", type=int, default=20_000, help="readers of a dispatch")
    parser.add_argument("--fill", type=int, default=1_000_000, help="rows of the ledger's fill")
    options = parser.parse_args()
    with ExitStack() as ending:
        print(f"Starting PostgreSQL (fsync on) and Redis; {cores()} cores.", flush=True)
        figures = measure(Arena(ending), ending, letters=options.letters, fill=options.fill)
    target = ROOT / "var" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n")
    width = max(map(len, figures))
    for name, figure in figures.items():
        print(f"{name:<{width}}  {figure:>12,.3f}")
    print(f"Written to {target.relative_to(ROOT)}.")


def measure(arena: Arena, ending: ExitStack, *, letters: int, fill: int) -> dict[str, float]:
    """Run everything; a dispatch and its peer take turns, and the median of the ratios counts."""
    sink = Sink(arena.folder)
    ending.callback(sink.stop)
    runs: list[Run] = []
    sources: list[float] = []
    for turn in range(ROUNDS):
        sources.append(peers.smtp_source(sink.port, letters))
        runs.append(arena.dispatch(letters, port=sink.port, connections=8))
        print(
            f"round {turn + 1}: smtp-source {sources[-1]:,.0f}/s, "
            f"dispatch {runs[-1].letters_per_s:,.0f}/s "
            f"at {runs[-1].cpu_per_1000:.2f} CPU s per 1,000",
            flush=True,
        )
    naive, naive_cpu = peers.naive_django(arena, sink.port, max(500, letters // 20))
    print(f"naive Django {naive:,.0f}/s, {naive_cpu:.2f} CPU s per 1,000", flush=True)
    ours = statistics.median(run.letters_per_s for run in runs)
    return {
        "smtp_source_letters_per_s": statistics.median(sources),
        "dispatch_letters_per_s": ours,
        "dispatch_vs_smtp_source": statistics.median(
            run.letters_per_s / source for run, source in zip(runs, sources, strict=True)
        ),
        "dispatch_vs_naive_django": ours / naive,
        "cpu_s_per_1000": statistics.median(run.cpu_per_1000 for run in runs),
        "cpu_s_per_1000_workers": statistics.median(1000 * r.cpu_workers / letters for r in runs),
        "cpu_s_per_1000_postgres": statistics.median(1000 * r.cpu_postgres / letters for r in runs),
        "rss_mb": max(run.worker_mb for run in runs),
        **receivers(arena, ending, letters=letters),
        "fill_rows_per_s": fill / float(arena.stage("fill", str(fill))),
    }


def receivers(arena: Arena, ending: ExitStack, *, letters: int) -> dict[str, float]:
    """Measure against a bare counting receiver, and against one that thinks for 50 ms."""
    found = {}
    for name, delay, connections in (
        ("fast_receiver_letters_per_s", 0.0, 8),
        ("slow_server_letters_per_s", 0.05, 50),
    ):
        receiver = CountingReceiver(arena.folder, delay=delay)
        ending.callback(receiver.stop)
        run = arena.dispatch(letters, port=receiver.port, connections=connections)
        if receiver.count() < letters:
            raise AssertionError(f"{receiver.count()} of {letters} letters arrived")
        print(f"{name}: {run.letters_per_s:,.0f}", flush=True)
        found[name] = run.letters_per_s
    return found


if __name__ == "__main__":
    main()
