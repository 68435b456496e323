"""Every duration that a person reads comes from the constant that it describes.

Otherwise the words stay as they are when somebody changes the constant, and nobody notices.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.template import Context, Template

from newsroom.duration_words import in_english, in_words
from newsroom.reader_language import in_language
from tests.source_files import APPS, ROOT, python_files

NUMBERS = (
    r"\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty"
    r"|forty|forty-five|sixty|ninety|hundred|half an?|a couple of|(?<!emails )an?(?: single)?"
)
UNITS = r"second|minute|hour|day|night|week|fortnight|month|quarter|year"
DURATION = re.compile(rf"\b(?:{NUMBERS})[ \u00a0-](?:{UNITS})s?\b(?! factor)", re.IGNORECASE)
# Where a duration stands in the words, and why.
EXCEPT = {
    "subscribers/sending/admin.py": "emails a second: a rate",
    "subscribers/sending/dispatch_progress.py": "how long the rest of a dispatch takes: measured",
}


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(days=365), "1 year"),
        (timedelta(days=730), "2 years"),
        (timedelta(days=366), "366 days"),
        (timedelta(days=30), "30 days"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=1), "24 hours"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_duration_is_said_exactly_and_in_the_largest_unit(
    duration: timedelta, words: str
) -> None:
    assert in_words(duration) == words
    template = Template("{% load durations %}{{ duration|in_words }}")
    assert template.render(Context({"duration": duration})) == words


def test_staff_are_told_a_duration_in_english_on_a_german_page() -> None:
    with in_language("de"):
        assert in_words(timedelta(days=30)) == "30 Tage"
        assert in_english(timedelta(days=30)) == "30 days"
        assert in_words(timedelta(days=1)) == "24 Stunden"


@pytest.mark.parametrize(
    "text",
    [
        "It works for 30 days.",
        "It works for {{ days }} days.",
        "Try again in an hour.",
        "Wait half an hour.",
        "a 15-minute pause",
        "within a fortnight",
        "Ask again in three days",
    ],
)
def test_the_rule_sees_durations(text: str) -> None:
    assert DURATION.search(_values_as_numbers(text))


@pytest.mark.parametrize(
    "text",
    [
        "It works for {{ confirm_within|in_words }}.",
        "{{ minutes }} minute{{ minutes|pluralize }} to read",
        "{% blocktranslate count n=n %}0 day{% plural %}0 days{% endblocktranslate %}",
        "write emails a second, or 0 for no limit",
        "after a few minutes",
        "every second Thursday",
    ],
)
def test_the_rule_lets_other_words_pass(text: str) -> None:
    assert not DURATION.search(_values_as_numbers(text))


def test_no_template_says_a_duration_in_words_of_its_own() -> None:
    culprits = {}
    for file in sorted((ROOT / "templates").rglob("*.*")):
        if found := DURATION.findall(_words_of_template(file.read_text())):
            culprits[str(file.relative_to(ROOT))] = found
    assert culprits == {}


def test_no_string_says_a_duration_in_words_of_its_own() -> None:
    culprits = {}
    for file in python_files(*APPS):
        if "migrations" in file.parts:
            continue
        found = [match[0] for text in _strings(file) for match in DURATION.finditer(text)]
        if found:
            culprits[str(file)] = found
    assert {file: culprits[file] for file in culprits.keys() - EXCEPT.keys()} == {}
    assert EXCEPT.keys() <= culprits.keys()  # no exception without a need


def _words_of_template(source: str) -> str:
    """Return what a template may show, with its strings in tags and without its comments."""
    source = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", source, flags=re.DOTALL)
    return _values_as_numbers(re.sub(r"<style.*?</style>", "", source, flags=re.DOTALL))


def _values_as_numbers(source: str) -> str:
    """Replace each value by 0: “{{ days }} days” is a duration too, and wrong for one day.

    A text that is translated with its plural is right for one, too.
    """
    source = re.sub(r"\{% blocktranslate count .*?\{% endblocktranslate %\}", "", source)
    return re.sub(r"\{\{.*?\}\}", "0", source)


def _strings(file: Path) -> Iterator[str]:
    """Yield the strings of a Python file without its docstrings, each value in them as 0."""
    tree = ast.parse((ROOT / file).read_text())
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                skipped.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            parts = [getattr(part, "value", "") for part in node.values]
            yield "".join(part if isinstance(part, str) else "0" for part in parts)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in skipped:
            yield str(node.value)
