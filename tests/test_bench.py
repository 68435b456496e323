"""A benchmark is void if emails are missing or sent twice; the plot has its figures as text."""

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


def test_one_email_for_each_reader_is_right(receiver: CountingReceiver) -> None:
    receiver.begin()
    send(receiver, 1, 2)
    send(receiver, 3)
    receiver.check(3)


@pytest.mark.parametrize(
    ("readers", "error"),
    [((1, 2, 3, 4), "3 emails were sent, 4 arrived"), ((1, 1, 2), "1 readers got more than one")],
)
def test_too_many_emails_and_duplicates_are_different_errors(
    receiver: CountingReceiver, readers: tuple[int, ...], error: str
) -> None:
    receiver.begin()
    send(receiver, *readers)
    with pytest.raises(CountsDiffer, match=error):
        receiver.check(3)


def test_a_missing_email_is_an_error(
    receiver: CountingReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.receivers.LAST_SECONDS", 0.2)
    receiver.begin()
    send(receiver, 4)
    with pytest.raises(CountsDiffer, match="2 emails were sent, 1 arrived"):
        receiver.check(2)


@pytest.mark.parametrize(
    ("at_most", "value", "result"),
    [
        (False, 1.0, "reached"),
        (False, 0.99, "MISSED"),
        (True, 1.0, "reached"),
        (True, 1.01, "MISSED"),
    ],
)
def test_a_bound_is_reached_or_missed(at_most: bool, value: float, result: str) -> None:
    assert Aim(figure="x", bound=1.0, at_most=at_most).result(value) == result


def test_the_title_of_the_plot_has_its_figures(tmp_path: Path) -> None:
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
