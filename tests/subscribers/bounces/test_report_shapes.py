"""Reports of many mail systems are read for what they are, and a machine's answer is none."""

from __future__ import annotations

import pytest

from subscribers.bounces.report import Kind, Verdict
from subscribers.bounces.report_parser import read_report
from tests.subscribers.bounces.reports.writing import SHAPES, Shape, expected, write_message


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["name"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_report_is_read_for_what_it_is(shape: Shape, ending: str) -> None:
    report = read_report(write_message(shape).replace(b"\n", ending.encode()))
    assert report.kind == shape.get("kind", "bounce")
    assert {one.address: one.verdict for one in report.failures} == expected(shape), report


def test_every_word_of_the_tables_is_in_use() -> None:
    assert {shape.get("kind", "bounce") for shape in SHAPES} == set(Kind) - {Kind.UNREADABLE}
    assert {shape.get("verdict") for shape in SHAPES} - {None} == set(Verdict)


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [shape["name"] for shape in SHAPES]
    assert len(names) == len(set(names)) > 200
