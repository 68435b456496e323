"""The measurements, as figures for a file and as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.installation import CONNECTIONS, WORKERS
from bench.rounds import Rounds
from bench.run import Run
from bench.scenarios import Scenario

Rows = list[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """The bound of a figure: at least, or with `at_most` at most."""

    figure: str
    bound: float
    at_most: bool = False

    def result(self, value: float) -> str:
        reached = value <= self.bound if self.at_most else value >= self.bound
        return "reached" if reached else "MISSED"

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:,.10g}"


AIMS = (
    Aim(figure="dispatch_vs_smtp_source", bound=1.0),
    Aim(figure="dispatch_vs_naive_django", bound=15),
    Aim(figure="dispatch_vs_django_newsletter", bound=45),
    Aim(figure="cpu_s_per_1000", bound=0.30, at_most=True),
    Aim(figure="slow_server_emails_per_s", bound=1_700),
    Aim(figure="slow_200ms_emails_per_s", bound=1_700),
    Aim(figure="fill_seconds", bound=10, at_most=True),
    Aim(figure="rss_growth_mb", bound=20, at_most=True),
)
CONDITIONS = {
    "dispatch": f"{WORKERS} × {CONNECTIONS}",
    "smtp-source": "4",
    "plain Django": "1",
    "django-newsletter": "one an email",
}


def figures(rounds: Rounds, alone: list[tuple[Scenario, Run]]) -> dict[str, float]:
    """Return the figures by name; a ratio is the median of the ratios of all rounds."""
    fast, small, slow, slower, large = (run for _, run in alone)

    def typical(sender: str, of: Callable[[Run], float]) -> float:
        return median(of(runs[sender]) for runs in rounds)

    def ratio(peer: str) -> float:
        return median(runs["dispatch"].emails_per_s / runs[peer].emails_per_s for runs in rounds)

    return {
        "dispatch_vs_smtp_source": ratio("smtp-source"),
        "dispatch_vs_naive_django": ratio("plain Django"),
        "dispatch_vs_django_newsletter": ratio("django-newsletter"),
        "cpu_s_per_1000": typical("dispatch", lambda run: run.cpu_per_1000),
        "fast_receiver_emails_per_s": fast.emails_per_s,
        "fill_rows_per_s": large.emails / large.fill_seconds,
        "rss_mb_10k": small.peak_mb,
        "rss_mb_1m": large.peak_mb,
        "slow_server_emails_per_s": slow.emails_per_s,
        "slow_200ms_emails_per_s": slower.emails_per_s,
        "fill_seconds": large.fill_seconds,
        "rss_growth_mb": large.peak_mb - small.peak_mb,
        "fast_receiver_vs_naive_django": fast.emails_per_s
        / typical("plain Django", lambda run: run.emails_per_s),
        "fast_receiver_vs_django_newsletter": fast.emails_per_s
        / typical("django-newsletter", lambda run: run.emails_per_s),
        "dispatch_emails_per_s": typical("dispatch", lambda run: run.emails_per_s),
        "smtp_source_emails_per_s": typical("smtp-source", lambda run: run.emails_per_s),
        "naive_django_emails_per_s": typical("plain Django", lambda run: run.emails_per_s),
        "django_newsletter_emails_per_s": typical(
            "django-newsletter", lambda run: run.emails_per_s
        ),
        "large_emails_per_s": large.emails_per_s,
        "cpu_s_per_1000_workers": typical(
            "dispatch", lambda run: 1000 * run.cpu_workers / run.emails
        ),
        "cpu_s_per_1000_postgres": typical(
            "dispatch", lambda run: 1000 * run.cpu_postgres / run.emails
        ),
        "cpu_s_per_1000_redis": typical("dispatch", lambda run: 1000 * run.cpu_redis / run.emails),
    }


def tables(rounds: Rounds, alone: list[tuple[Scenario, Run]], found: dict[str, float]) -> str:
    """Return three tables: the senders, our dispatches to other receivers, and the results."""
    senders: Rows = [
        ("to smtp-sink", "emails", "connections", "emails/s", "CPU s/1,000", "peak MB")
    ]
    for name, connections in CONDITIONS.items():
        senders.append((name, f"{rounds[0][name].emails:,}", connections, *_medians(rounds, name)))
    others: Rows = [("dispatch to", "emails", "connections", "emails/s", "CPU s/1,000", "peak MB")]
    for scenario, run in alone:
        connections = f"{WORKERS} × {scenario.connections}"
        others.append((scenario.name, f"{run.emails:,}", connections, *_columns([run])))
    aims: Rows = [("figure", "measured", "aim", "result")]
    for aim in AIMS:
        value = found[aim.figure]
        aims.append((aim.figure, f"{value:,.2f}", str(aim), aim.result(value)))
    return "\n\n".join(_table(rows) for rows in (senders, others, aims))


def _medians(rounds: Rounds, name: str) -> tuple[str, str, str]:
    return _columns([runs[name] for runs in rounds])


def _columns(runs: list[Run]) -> tuple[str, str, str]:
    return (
        f"{median(run.emails_per_s for run in runs):,.0f}",
        f"{median(run.cpu_per_1000 for run in runs):.2f}",
        f"{max(run.peak_mb for run in runs):.0f}",
    )


def _table(rows: Rows) -> str:
    """Return rows as a Markdown table that is readable in a terminal, too."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            f"{cell:<{width}}" if column == 0 else f"{cell:>{width}}"
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(f"| {' | '.join(cells)} |")
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], f"| {' | '.join(rules)} |", *lines[1:]])
