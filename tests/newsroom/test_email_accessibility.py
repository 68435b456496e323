"""What the Email Markup Consortium finds missing in most emails, in each of ours.

https://emailmarkup.org/en/reports/accessibility/2025/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from django.test import Client

from newsroom.html_tree import HEADINGS, Element, parse
from tests.source_files import ROOT
from tests.subscribers.subscriber_lives import live

VAGUE = {"here", "click here", "this", "more", "read more", "link", "hier", "mehr"}


def faults(email: str) -> Iterator[str]:
    """Yield what is wrong with the HTML of an email."""
    without_comments = re.sub(r"<!--.*?-->", "", email, flags=re.DOTALL)
    [page] = parse(without_comments).find("html")
    [body] = page.find("body")
    if not any(title.text.strip() for title in page.find("title")):
        yield "no title"
    for part in (page, *body.elements):  # some programs drop the html element
        yield from (
            f"<{part.tag}> without {name}"
            for name in ("lang", "dir")
            if not part.attributes.get(name)
        )
    for table in page.find("table"):
        if table.attributes.get("role") != "presentation" and not any(table.find("th")):
            yield "a table for layout that is read as one of figures"
    for picture in page.find("img"):
        if "alt" not in picture.attributes:
            yield f"a picture without words: {picture.attributes.get('src')}"
    yield from vague_links(page)
    yield from faults_of_headings([int(heading.tag[1]) for heading in page.find(*HEADINGS)])


def vague_links(page: Element) -> Iterator[str]:
    for link in page.find("a"):
        words = " ".join(link.text.split()) or link.attributes.get("aria-label", "")
        if not words or words.lower() in VAGUE:
            yield f"a link that says “{words}”"


def faults_of_headings(levels: list[int]) -> Iterator[str]:
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"not one headline, and first: {levels}"
    if any(lower > upper + 1 for upper, lower in pairwise(levels)):
        yield f"a level of headings is left out: {levels}"


def test_the_rule_sees_what_is_missing() -> None:
    bare = "<html><body><table><tr><td><a href='/'>here</a><img src='x'></td></tr></table>"
    assert len(list(faults(f"{bare}<h2>Two</h2><h4>Four</h4></body></html>"))) == 14


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_email_to_a_reader_has_them(client: Client, language: str) -> None:
    emails = live(client, language=language).emails
    assert len(emails) > 12
    found = {name: list(faults(html)) for name, (_, _, html) in emails.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "template",
    sorted((ROOT / "templates" / "email").glob("*/body.html")),
    ids=lambda file: file.parent.name,
)
def test_every_email_has_the_layout_a_headline_and_no_other_table(template: Path) -> None:
    words = template.read_text()
    assert '{% extends "email/_base.html" %}' in words
    assert "<h1" in words
    assert re.findall(r"<table(?! role=\"presentation\")", words) == []
