"""“Activity” in the admin says who did what to the issue or comment, always in the same form."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefings.admin.activity import WORDS, latest_activity
from newsroom import audit_log
from tests.factories import make_comment, make_issue, make_published_issue
from tests.source_files import ROOT, python_files

# What is recorded about issues and comments; the page of a deleted one is gone.
RECORDS = [*python_files("briefings"), Path("subscribers/sending/correction_dispatches.py")]
WITHOUT_A_PAGE = {"deleted"}


def recorded_verbs(file: Path) -> Iterator[str]:
    """Find the verbs that a file gives to the audit log, itself or through a step."""
    for call in ast.walk(ast.parse((ROOT / file).read_text())):
        if not isinstance(call, ast.Call):
            continue
        verbs = [one.value for one in call.keywords if one.arg == "verb"]
        if ast.unparse(call.func) == "audit_log.record":
            verbs += call.args[:1]
        yield from (str(one.value) for one in verbs if isinstance(one, ast.Constant))


def test_every_entry_about_an_issue_or_a_comment_has_words_of_its_own() -> None:
    verbs = {verb for file in RECORDS for verb in recorded_verbs(file)}
    assert {"submitted", "left a remark", "sent a correction"} <= verbs
    assert sorted(verbs - WORDS.keys() - WITHOUT_A_PAGE) == []


@pytest.mark.django_db
@pytest.mark.parametrize("verb", [*WORDS, "weighed"])
def test_each_line_names_what_it_is_about(verb: str) -> None:
    issue, comment = make_issue(number=1), make_comment(on=make_published_issue(number=2))
    for subject, name in ((issue, "the issue"), (comment, "the comment")):
        audit_log.record(verb, subject, by=None)
        line = latest_activity(subject)[0]
        assert (line.who, name in line.what) == ("The system", True)
        assert not re.search(r"[{}]|\bit$", line.what)
