"""Reports of many mail systems are parsed as what they are; an automatic reply is not a report."""

from __future__ import annotations

import pytest

from subscribers.bounces.report import MessageKind
from subscribers.bounces.report_parser import parse_report
from subscribers.models import BounceClassification
from tests.subscribers.bounces.reports.report_shapes import SHAPES, Shape, expected, write_message


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["name"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_report_is_parsed_as_what_it_is(shape: Shape, ending: str) -> None:
    report = parse_report(write_message(shape).replace(b"\n", ending.encode()))
    assert report.kind == shape.get("kind", "bounce")
    assert {one.address: one.classification for one in report.results} == expected(shape), report


def test_the_shapes_cover_every_kind_and_classification() -> None:
    assert {shape.get("kind", "bounce") for shape in SHAPES} == set(MessageKind) - {
        MessageKind.UNREADABLE
    }
    assert {shape.get("classification") for shape in SHAPES} - {None} == {
        *BounceClassification,
        "notice",
    }


def test_every_shape_has_a_name_of_its_own() -> None:
    names = [shape["name"] for shape in SHAPES]
    assert len(names) == len(set(names)) > 200
