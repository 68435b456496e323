"""“Activity” in the admin says who did what to the issue or comment, always in the same form."""

from __future__ import annotations

import re

import pytest

from briefings.admin.activity import WORDS, latest_activity
from newsroom import audit_log
from tests.factories import make_comment, make_issue, make_published_issue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("verb", [*WORDS, "weighed"])
def test_each_line_names_what_it_is_about(verb: str) -> None:
    issue, comment = make_issue(number=1), make_comment(on=make_published_issue(number=2))
    for subject, name in ((issue, "the issue"), (comment, "the comment")):
        audit_log.record(verb, subject, by=None)
        line = latest_activity(subject)[0]
        assert (line.who, name in line.what) == ("The system", True)
        assert not re.search(r"[{}]|\bit$", line.what)
