"""The measurements, as figures for a file and as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bench.installation import CONNECTIONS, WORKERS
from bench.listmonk import WORKERS as WORKERS_OF_LISTMONK
from bench.rounds import DEFAULT, SLOW_CONNECTIONS, Rounds
from bench.run import Run
from bench.scenarios import Scenario

Rows = list[tuple[str, ...]]
LISTMONK = "listmonk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All runs of one `make bench`."""

    to_sink: Rounds
    slow: Rounds
    by_connections: Rounds
    alone: list[tuple[Scenario, Run]]


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
    Aim(figure="dispatch_vs_smtp_source", bound=0.95),
    Aim(figure="slow_server_vs_smtp_source", bound=0.93),
    Aim(figure="default_connections_vs_best", bound=0.8),
    Aim(figure="naive_django_cpu_vs_dispatch", bound=15),
    Aim(figure="dispatch_vs_naive_django", bound=15),
    Aim(figure="dispatch_vs_django_newsletter", bound=45),
    Aim(figure="cpu_s_per_1000", bound=0.30, at_most=True),
    Aim(figure="slow_server_letters_per_s", bound=1_700),
    Aim(figure="slow_200ms_letters_per_s", bound=1_700),
    Aim(figure="fill_seconds", bound=10, at_most=True),
    Aim(figure="rss_growth_mb", bound=20, at_most=True),
)
CONDITIONS = {
    "dispatch": f"{WORKERS} × {CONNECTIONS}",
    "smtp-source": "4",
    "plain Django": "1",
    "django-newsletter": "one an email",
}


def figures(measured: Measured) -> dict[str, float]:
    """Return the figures by name; a ratio is the median of the ratios of all rounds."""
    rounds = measured.to_sink
    fast, small, slower, large = (run for _, run in measured.alone)

    def typical(sender: str, of: Callable[[Run], float]) -> float:
        return median(of(runs[sender]) for runs in rounds)

    def ratio(peer: str) -> float:
        return ratio_of_rates(rounds, "dispatch", peer)

    return {
        "dispatch_vs_smtp_source": ratio("smtp-source"),
        "slow_server_vs_smtp_source": ratio_of_rates(measured.slow, "dispatch", "smtp-source"),
        "default_connections_vs_best": default_vs_best(measured.by_connections),
        "naive_django_cpu_vs_dispatch": median(
            runs["plain Django"].cpu_per_1000 / runs["dispatch"].cpu_per_1000 for runs in rounds
        ),
        "dispatch_vs_naive_django": ratio("plain Django"),
        "dispatch_vs_django_newsletter": ratio("django-newsletter"),
        "cpu_s_per_1000": typical("dispatch", lambda run: run.cpu_per_1000),
        "fast_receiver_letters_per_s": fast.emails_per_s,
        "fill_rows_per_s": large.emails / large.fill_seconds,
        "rss_mb_10k": small.peak_mb,
        "rss_mb_1m": large.peak_mb,
        "slow_server_letters_per_s": rate(measured.slow, "dispatch"),
        "slow_smtp_source_letters_per_s": rate(measured.slow, "smtp-source"),
        "slow_200ms_letters_per_s": slower.emails_per_s,
        "fill_seconds": large.fill_seconds,
        "rss_growth_mb": large.peak_mb - small.peak_mb,
        "fast_receiver_vs_naive_django": fast.emails_per_s
        / typical("plain Django", lambda run: run.emails_per_s),
        "fast_receiver_vs_django_newsletter": fast.emails_per_s
        / typical("django-newsletter", lambda run: run.emails_per_s),
        "dispatch_letters_per_s": typical("dispatch", lambda run: run.emails_per_s),
        "smtp_source_letters_per_s": typical("smtp-source", lambda run: run.emails_per_s),
        "naive_django_letters_per_s": typical("plain Django", lambda run: run.emails_per_s),
        "django_newsletter_letters_per_s": typical(
            "django-newsletter", lambda run: run.emails_per_s
        ),
        "large_letters_per_s": large.emails_per_s,
        "cpu_s_per_1000_workers": typical(
            "dispatch", lambda run: 1000 * run.cpu_workers / run.emails
        ),
        "cpu_s_per_1000_postgres": typical(
            "dispatch", lambda run: 1000 * run.cpu_postgres / run.emails
        ),
        "cpu_s_per_1000_redis": typical("dispatch", lambda run: 1000 * run.cpu_redis / run.emails),
        **_against_listmonk(measured),
    }


def rate(rounds: Rounds, sender: str) -> float:
    """Return the median of a sender's emails a second."""
    return median(runs[sender].emails_per_s for runs in rounds)


def ratio_of_rates(rounds: Rounds, sender: str, peer: str) -> float:
    """Return the median, over the rounds, of how many times as fast one sender is as another."""
    return median(runs[sender].emails_per_s / runs[peer].emails_per_s for runs in rounds)


def default_vs_best(rounds: Rounds) -> float:
    """Return the rate with the default number of connections, as a share of the highest rate."""
    rates = {name: rate(rounds, name) for name in rounds[0] if name != LISTMONK}
    return rates[DEFAULT] / max(rates.values())


def _against_listmonk(measured: Measured) -> dict[str, float]:
    """Return the ratios to listmonk; none if it was left out."""
    fast, slow = measured.by_connections, measured.slow
    if LISTMONK not in fast[0]:
        return {}
    return {
        "listmonk_letters_per_s": rate(fast, LISTMONK),
        "dispatch_vs_listmonk": ratio_of_rates(fast, "32", LISTMONK),
        "default_vs_listmonk": ratio_of_rates(fast, DEFAULT, LISTMONK),
        "listmonk_cpu_vs_dispatch": median(
            runs[LISTMONK].cpu_per_1000 / runs["32"].cpu_per_1000 for runs in fast
        ),
        "slow_server_vs_listmonk": ratio_of_rates(slow, "dispatch", LISTMONK),
    }


def tables(measured: Measured, found: dict[str, float], *, default: int) -> str:
    """Return the tables: the senders, connections, our other dispatches, and the results."""
    rounds = measured.to_sink
    head = ("emails", "connections", "emails/s", "CPU s/1,000", "peak MB")
    senders: Rows = [("to smtp-sink", *head)]
    for name, connections in CONDITIONS.items():
        senders.append((name, f"{rounds[0][name].emails:,}", connections, *_medians(rounds, name)))
    slow: Rows = [("50 ms an email", *head)]
    for name, runs in measured.slow[0].items():
        connections = f"{WORKERS} × {SLOW_CONNECTIONS}" if name == "dispatch" else "100"
        slow.append((name, f"{runs.emails:,}", connections, *_medians(measured.slow, name)))
    numbers: Rows = [("to the counting receiver", *head)]
    for name, runs in measured.by_connections[0].items():
        sender, connections = _connections(name, default=default)
        numbers.append(
            (sender, f"{runs.emails:,}", connections, *_medians(measured.by_connections, name))
        )
    others: Rows = [("dispatch to", *head)]
    for scenario, run in measured.alone:
        connections = f"{WORKERS} × {scenario.connections}"
        others.append((scenario.name, f"{run.emails:,}", connections, *_columns([run])))
    aims: Rows = [("figure", "measured", "aim", "result")]
    for aim in AIMS:
        value = found[aim.figure]
        aims.append((aim.figure, f"{value:,.2f}", str(aim), aim.result(value)))
    return "\n\n".join(_table(rows) for rows in (senders, slow, numbers, others, aims))


def _connections(name: str, *, default: int) -> tuple[str, str]:
    """Return the sender and the connections of a row of the table by connections."""
    match name:
        case "listmonk":
            return name, f"{WORKERS_OF_LISTMONK}"
        case "default":
            return "dispatch, as shipped", f"{WORKERS} × {default}"
        case "0":
            return "dispatch", f"{WORKERS} × as many as taken"
        case _:
            return "dispatch", f"{WORKERS} × {name}"


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
