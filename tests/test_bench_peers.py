"""listmonk as a peer of the benchmark, with a stand-in for its binary; counting after kills."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import kills, listmonk
from bench.listmonk import Listmonk
from bench.receivers import CountingReceiver, CountsDiffer
from bench.report import default_vs_best, ratio_of_rates
from bench.rounds import DEFAULT
from bench.run import Run
from tests.servers.postgres import PostgresCluster
from tests.servers.processes import wait_until

ROOT = Path(__file__).resolve().parent.parent
READERS = 12
EMAIL = {"subject": "Who pays?", "html": "<p>Nobody {{ yet }}.</p>", "text": "Nobody yet."}


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a program that listmonk's variable names, as somebody installed it."""
    path = tmp_path / "listmonk"
    path.write_text(
        f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tests.servers.listmonk_stand_in "$@"\n'
    )
    path.chmod(0o755)
    monkeypatch.setenv(listmonk.VARIABLE, str(path))
    return path


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[CountingReceiver]:
    started = CountingReceiver(tmp_path, readers=READERS, delay=0.02)
    yield started
    started.stop()


@pytest.fixture
def peer(
    program: Path, postgres: PostgresCluster, receiver: CountingReceiver, tmp_path: Path
) -> Iterator[Listmonk]:
    installed = Listmonk(program, postgres, tmp_path)
    try:
        installed.set_up(to=receiver, readers=READERS)
        installed.start()
        yield installed
    finally:
        installed.stop()


def test_no_binary_is_no_peer(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listmonk.binary() == program
    program.chmod(0o644)
    assert listmonk.binary() is None
    monkeypatch.setenv(listmonk.VARIABLE, "")
    assert listmonk.binary() is None
    assert "LISTMONK" in listmonk.LEFT_OUT


@pytest.mark.postgres
def test_a_campaign_reaches_every_reader_once(peer: Listmonk, receiver: CountingReceiver) -> None:
    run = peer.send(EMAIL, to=receiver, readers=READERS, cpu_of_postgres=lambda: 0.0)
    assert receiver.each() == [1] * READERS
    assert run.emails == READERS
    assert run.seconds > 0
    assert run.peak_mb > 1


@pytest.mark.postgres
def test_a_campaign_that_leaves_people_out_is_no_measurement(
    peer: Listmonk, receiver: CountingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listmonk, "SECONDS_TO_SEND", 0.5)
    with pytest.raises(CountsDiffer, match=r"listmonk sent \d+ of 100 emails"):
        peer.send(EMAIL, to=receiver, readers=100, cpu_of_postgres=lambda: 0.0)


@pytest.mark.postgres
def test_those_whom_a_kill_leaves_out_are_counted(
    peer: Listmonk, receiver: CountingReceiver
) -> None:
    campaign = peer.begin(EMAIL)
    wait_until(lambda: receiver.total() > 0, seconds=60, what="the first email")
    peer.kill()
    peer.start()
    wait_until(lambda: peer.is_finished(campaign), seconds=60, what="its end")
    found = kills.count(receiver.each(), sender="listmonk, killed", kills=1)
    assert found.twice == 0
    assert 0 < found.left_out < READERS


def test_a_reader_shown_as_unknown_is_not_left_out_without_a_word() -> None:
    found = kills.count([1, 0, 2, 0], sender="x", kills=1, unknown=frozenset({2}))
    assert (found.twice, found.left_out, found.unknown) == (1, 1, 1)
    assert str(found) == (
        "x: 1 kills in 4 emails, 1 readers twice, 1 left out without a word, 1 shown as unknown"
    )


def run_at(rate: float) -> Run:
    return Run(emails=100, seconds=100 / rate, cpu_workers=1, peak_mb=50)


def test_ratios_are_taken_within_a_round() -> None:
    rounds = [
        {"dispatch": run_at(90), "smtp-source": run_at(100)},
        {"dispatch": run_at(9), "smtp-source": run_at(10)},
        {"dispatch": run_at(500), "smtp-source": run_at(100)},
    ]
    assert ratio_of_rates(rounds, "dispatch", "smtp-source") == pytest.approx(0.9)


def test_the_default_is_compared_with_the_best_number_of_our_own() -> None:
    runs = {"4": 40, DEFAULT: 80, "64": 100, "0": 90, "listmonk": 1000}
    rounds = [{name: run_at(rate) for name, rate in runs.items()}]
    assert default_vs_best(rounds) == pytest.approx(0.8)
