"""A finding that blocks stops every way to readers; other findings only warn."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, IssueState, SectionKind
from briefings.preflight import blocking_findings, check_issue
from subscribers.models import Dispatch
from tests.briefings.admin_client import messages_of, staff_client, take_step
from tests.factories import (
    make_briefing,
    make_issue,
    make_published_issue,
    make_reader,
    make_scheduled_issue,
)
from tests.source_files import ROOT, python_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
# What an issue may contain without saying anything, and the sentence about it.
NOTE = SectionKind.NOTE
WORDLESS = {
    "no section": ([], "The issue has no sections."),
    "an empty section": ([(NOTE, "", "")], "The issue has no words in its sections."),
    "a heading alone": ([(NOTE, "The beds", "<p></p>")], "Section “The beds” is empty."),
    "spaces that nobody sees": ([(NOTE, "", "<p>&nbsp;\u200b\u2060</p>")], "has no words"),
    "a line": ([(NOTE, "", "<hr>")], "The issue has no words in its sections."),
    "dashes": ([(NOTE, "", "<p>— … —</p>")], "The issue has no words in its sections."),
    "an empty table": (
        [(NOTE, "", "<table><tr><td>&nbsp;</td></tr></table>")],
        "The issue has no words in its sections.",
    ),
    "a picture alone": (
        [(NOTE, "", '<p><img src="/media/ward.png" alt="A ward"></p>')],
        "The issue has no words in its sections.",
    ),
}
UNFINISHED = {
    "a picture without alternative text": (
        [(NOTE, "", '<p>Look: <img src="/media/ward.png"></p>')],
        "an image has no alternative text",
    ),
    "a link to one's own computer": (
        [(NOTE, "", '<p><a href="http://localhost/x">Here</a></p>')],
        "a link leads to localhost",
    ),
}
LINKS = {
    f"a link to {address or 'nothing'}": (
        [(NOTE, "", f'<p>Read <a href="{address}">the report</a></p>')],
        words,
    )
    for address, words in {
        "": "the link “the report” has no address",
        "#": "the link “the report” has no address",
        "htp://a.example/report": "the link “the report” has no address, or one that no browser",
        "javascript:alert(1)": "the link “the report” has no address, or one that no browser opens",
        "report.html": "the link “the report” leads nowhere: report.html. Write the full address",
        "../reports/5": "the link “the report” leads nowhere: ../reports/5. Write the full address",
        "see the attachment": "the link “the report” leads nowhere: see the attachment",
        "https://a..example/": "the link “the report” leads nowhere: https://a..example/",
        "https://.a.example/": "the link “the report” leads nowhere: https://.a.example/",
        "https://yy--0.example/": "the link “the report” leads nowhere: https://yy--0.example/",
        "https://-a.example/": "the link “the report” leads nowhere: https://-a.example/",
        "https://a-.example/": "the link “the report” leads nowhere: https://a-.example/",
        "https://1.2.3/": "the link “the report” leads nowhere: https://1.2.3/",
        "https://a.example.7/": "the link “the report” has no address, or one that no",
        "https://a.example)/x": "the link “the report” leads nowhere: https://a.example)/x",
        "https://a.example/ä b": "the link “the report” has a space in its address",
        "https://ä..example/": "the link “the report” leads nowhere: https://ä..example/",
        f"https://{'a' * 64}.example/": "the link “the report” leads nowhere: https://aaaa",
        "https://[a.example/": "the link “the report” has no address, or one that no browser opens",
        "http://intranet/report": "a link leads to intranet, which readers cannot reach",
    }.items()
}
BLOCKED = WORDLESS | UNFINISHED | LINKS


def in_review(**fields: object) -> Issue:
    issue = make_issue(**fields)  # type: ignore[arg-type]  # whatever the factory takes
    issue.submit(by=None)
    return issue


def approved(**fields: object) -> Issue:
    """Make an issue that was approved before preflight stopped anything."""
    issue = in_review(**fields)
    issue.approve(by=None)
    return issue


def next_slot(issue: Issue) -> datetime:
    return issue.briefing.slot.next(after=timezone.now() + timedelta(days=1))


def approve(issue: Issue) -> str:
    return messages_of(take_step(staff_client("Editors"), issue, "approve"))


def schedule(issue: Issue) -> str:
    Issue.objects.filter(pk=issue.pk).update(publish_at=next_slot(issue))
    return messages_of(take_step(staff_client("Editors"), issue, "schedule"))


def send_now(issue: Issue) -> str:
    client = staff_client("Editors")
    url = reverse("admin:subscribers_dispatch_send", args=[issue.pk])
    page = client.get(url).content.decode()
    assert "This issue is not ready" in page
    assert "Send to 1 subscriber now" not in page
    return messages_of(client.post(url, follow=True))


def send_issue(issue: Issue) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command("send_issue", str(issue.pk))
    return str(refusal.value)


def send_issue_later(issue: Issue) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command("send_issue", str(issue.pk), f"--at={next_slot(issue).isoformat()}")
    return str(refusal.value)


WAYS = {
    "approve": (approve, in_review),
    "schedule": (schedule, approved),
    "send now": (send_now, approved),
    "send_issue": (send_issue, make_issue),
    "send_issue --at": (send_issue_later, make_issue),
}


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        *((way, "an empty table") for way in WAYS),
        *(("send_issue --at", kind) for kind in BLOCKED),
    ],
)
def test_a_finding_that_blocks_stops_every_way_to_readers(way: str, kind: str) -> None:
    take, make = WAYS[way]
    sections, sentence = BLOCKED[kind]
    issue = make(sections=sections)
    make_reader(of=issue.briefing)
    before = issue.state

    assert sentence in take(issue)

    assert Issue.objects.get(pk=issue.pk).state == before
    assert not Dispatch.objects.exists()


@pytest.mark.parametrize(
    "host", ["a.example.", "münchen.example", "i❤.example", "a_b.example", "[2001:db8::1]:8000"]
)
def test_a_link_to_any_host_that_exists_is_no_finding(host: str) -> None:
    body = f'<p>Read <a href="https://{host}/">the report</a></p>'
    issue = make_issue(sections=[(NOTE, "", body)])

    assert not blocking_findings(issue, publish_at=None)


@pytest.mark.parametrize("title", ["—", "\u200b", "…!"])
def test_a_headline_without_words_stops_it_too(title: str) -> None:
    assert "The headline has no words." in send_issue(make_issue(title=title))


def test_other_findings_stop_nothing() -> None:
    issue = in_review(strapline="")

    assert "Approved." in approve(issue)
    assert "Scheduled for" in schedule(issue)


@pytest.mark.parametrize("way", ["approve", "schedule", "send now", "send_issue --at"])
@pytest.mark.parametrize("other_is", [make_issue, make_scheduled_issue])
def test_two_issues_of_a_briefing_cannot_have_one_send_time(
    way: str, other_is: Callable[..., Issue]
) -> None:
    take, make = WAYS[way]
    briefing = make_briefing()
    issue = make(briefing=briefing, number=58)
    moment = timezone.now() if way == "send now" else next_slot(issue)
    Issue.objects.filter(pk=issue.pk).update(publish_at=moment)
    make_reader(of=briefing)
    other_is(briefing=briefing, number=59, publish_at=moment)
    issue.refresh_from_db()

    assert re.search("Issue 59 has (almost )?the same send time", take(issue))


@pytest.mark.parametrize(
    ("apart", "sentence"),
    [
        (timedelta(seconds=1), "Issue 59 has the same send time"),
        (timedelta(minutes=1), "Issue 59 has almost the same send time"),
        (timedelta(minutes=-59), "Issue 59 has almost the same send time"),
        (timedelta(hours=1), None),
        (timedelta(hours=-1), None),
    ],
)
def test_two_issues_within_an_hour_are_in_one_slot(apart: timedelta, sentence: str | None) -> None:
    issue = approved(number=58)
    moment = next_slot(issue)
    make_issue(briefing=issue.briefing, number=59, publish_at=moment + apart)

    found = [finding.sentence for finding in blocking_findings(issue, publish_at=moment)]

    assert [one for one in found if "send time" in one] == found
    assert len(found) == (sentence is not None)
    assert all(one.startswith(sentence or "") for one in found)


def test_an_issue_that_just_went_out_keeps_its_hour_to_itself() -> None:
    issue = approved(number=58)
    now = timezone.now()
    earlier = make_published_issue(briefing=issue.briefing, number=57)
    Issue.objects.filter(pk=earlier.pk).update(published_at=now - timedelta(minutes=50))
    [soon] = blocking_findings(issue, publish_at=now)
    assert soon.sentence.startswith("Issue 57 went out at ")
    assert not blocking_findings(issue, publish_at=now + timedelta(minutes=11))


def test_one_send_time_is_free_to_another_briefing() -> None:
    issue = approved()
    make_issue(publish_at=next_slot(issue))

    assert "Scheduled for" in schedule(issue)


@pytest.mark.parametrize("other_is", [make_issue, in_review, approved, make_scheduled_issue])
def test_the_next_free_slot_comes_after_every_planned_issue(other_is: Callable[..., Issue]) -> None:
    briefing = make_briefing()
    planned = briefing.slot.nth(3, after=timezone.now())
    other_is(briefing=briefing, publish_at=planned)

    assert briefing.next_free_slot(after=timezone.now()) == briefing.slot.next(after=planned)


@pytest.mark.parametrize(
    ("number", "weeks", "words"),
    [
        (59, -1, "issue 59 goes out before this one"),
        (57, 1, "issue 57 goes out after this one"),
        (59, 1, ""),
        (57, -1, ""),
    ],
)
def test_numbers_out_of_order_are_a_warning(number: int, weeks: int, words: str) -> None:
    briefing = make_briefing()
    moment = briefing.slot.nth(3, after=timezone.now())
    issue = make_issue(briefing=briefing, number=58, publish_at=moment)
    make_issue(briefing=briefing, number=number, publish_at=moment + timedelta(weeks=weeks))

    findings = check_issue(issue, list(issue.sections.all()), publish_at=moment)

    about_order = [one for one in findings if "out of order" in one.sentence]
    assert [one.blocks for one in about_order] == ([False] if words else [])
    assert all(words in one.sentence for one in about_order)


def test_a_published_issue_with_a_later_number_is_out_of_order() -> None:
    briefing = make_briefing()
    make_published_issue(briefing=briefing, number=60)
    moment = briefing.slot.next(after=timezone.now())
    issue = make_issue(briefing=briefing, number=59, publish_at=moment)

    messages = [one.sentence for one in check_issue(issue, [], publish_at=moment)]

    assert "The numbers are out of order: issue 60 went out before this one." in messages


def test_only_one_module_approves_and_schedules_issues() -> None:
    """Whoever calls the model's own methods goes around preflight."""
    around = {
        str(file)
        for app in ("briefings", "subscribers", "newsroom")
        for file in python_files(app)
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"approve", "schedule"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "issue"
    }
    # The sample issues are ours, and their send times lie in the past.
    assert around == {"briefings/issue_steps.py", "briefings/sample_data/loader.py"}


def test_no_state_but_published_escapes_the_check_of_the_send_time() -> None:
    for state in set(IssueState) - {IssueState.PUBLISHED}:
        issue = Issue(state=state, title="x", briefing=make_briefing())
        assert "There is no send time." in [
            finding.sentence for finding in check_issue(issue, [], publish_at=None)
        ]
