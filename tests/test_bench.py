"""The benchmarks measure nothing when letters are missing or doubled, and draw a picture."""

from __future__ import annotations

import smtplib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.plot import Panel, Series, draw_panels
from bench.receivers import CountingReceiver, CountsDiffer
from bench.report import Aim


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CountingReceiver]:
    started = CountingReceiver(tmp_path_factory.mktemp("bench"), readers=5, processes=2)
    yield started
    started.stop()


def send(receiver: CountingReceiver, *readers: int) -> None:
    with smtplib.SMTP("127.0.0.1", receiver.port) as client:
        for reader in readers:
            client.sendmail("news@example.com", f"reader{reader}@example.com", "Hello\r\n" * 9000)


def test_a_letter_for_each_reader_is_what_was_sent(receiver: CountingReceiver) -> None:
    receiver.begin()
    send(receiver, 1, 2)
    send(receiver, 3)
    receiver.check(3)


@pytest.mark.parametrize(
    ("readers", "complaint"),
    [((1, 2, 3, 4), "3 letters were sent, 4 arrived"), ((1, 1, 2), "1 readers got more than one")],
)
def test_a_surplus_and_a_double_are_told_apart(
    receiver: CountingReceiver, readers: tuple[int, ...], complaint: str
) -> None:
    receiver.begin()
    send(receiver, *readers)
    with pytest.raises(CountsDiffer, match=complaint):
        receiver.check(3)


def test_a_missing_letter_is_missed(
    receiver: CountingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.receivers.LAST_SECONDS", 0.2)
    receiver.begin()
    send(receiver, 4)
    with pytest.raises(CountsDiffer, match="2 letters were sent, 1 arrived"):
        receiver.check(2)


@pytest.mark.parametrize(
    ("at_most", "value", "verdict"),
    [
        (False, 1.0, "reached"),
        (False, 0.99, "MISSED"),
        (True, 1.0, "reached"),
        (True, 1.01, "MISSED"),
    ],
)
def test_a_bound_is_reached_or_missed(at_most: bool, value: float, verdict: str) -> None:
    assert Aim(figure="x", bound=1.0, at_most=at_most).verdict(value) == verdict


def test_the_plot_says_in_words_what_it_shows(tmp_path: Path) -> None:
    panel = Panel(
        title="CPU & more",
        caption="readers",
        labels=["1,000", "1 M"],
        series=[Series(name="ours", values=[0.1, 0.2]), Series(name="theirs", values=[0.1, 0.05])],
        form="{:.2f}",
    )
    picture = ET.fromstring(draw_panels([panel]))  # noqa: S314  (we wrote it)
    name = "{http://www.w3.org/2000/svg}"
    assert picture.findtext(f"{name}title") == "CPU & more by readers: 1,000: 0.20, 1 M: 0.25"
    bars = [
        float(bar.attrib["height"])
        for bar in picture.iter(f"{name}rect")
        if "s0" in bar.attrib["class"]
    ]
    assert bars[2] == pytest.approx(2 * bars[1], abs=0.1)  # the first is the legend's
