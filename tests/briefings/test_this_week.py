"""The start page: the next issue with its checks, a person's own tasks, the last result."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from briefings.issue_steps import return_to_author
from briefings.models import Issue, SectionKind
from briefings.this_week import this_week
from subscribers.models import DeliveryState
from subscribers.sending import dispatches
from tests.briefings.admin_client import change_url, make_staff, staff_client
from tests.factories import (
    make_briefing,
    make_contributor,
    make_dispatch,
    make_issue,
    make_reader,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.django_db


def later(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


def tasks(user: User) -> list[tuple[str, str]]:
    return [(task.words, task.issue.title) for task in this_week(user, at=timezone.now()).tasks]


def test_the_next_issue_stands_first_with_its_checks() -> None:
    briefing = make_briefing(title="The Ward Round")
    make_issue(briefing=briefing, title="In three weeks", publish_at=later(weeks=3))
    make_issue(briefing=briefing, title="Missed", publish_at=later(hours=-3))
    soon = make_issue(
        title="Who counts?",
        publish_at=later(days=2),
        sections=[(SectionKind.FEATURE, "Empty", "")],
    )

    found = this_week(make_staff("Editors"), at=timezone.now()).next_issue

    assert found is not None
    assert found.issue == soon
    assert any(finding.blocks for finding in found.findings)
    page = staff_client("Editors").get("/admin/").content.decode()
    next_issue = page.split('id="my-tasks"')[0]
    assert f'href="{change_url(soon)}">Who counts?</a>' in next_issue
    assert "In three weeks" not in next_issue


def test_the_next_issue_says_when_it_is_late() -> None:
    make_issue(title="Late", publish_at=later(hours=2))
    page = staff_client("Editors").get("/admin/").content.decode()
    assert "The cut-off was" in page.split('id="my-tasks"')[0]


def test_an_author_has_to_write_and_an_editor_to_decide() -> None:
    author, editor = make_staff("Reporters"), make_staff("Editors")
    lead = make_contributor(account=author)
    briefing = make_briefing(lead=lead)
    other = make_briefing(lead=make_contributor(name="Somebody else"))
    make_issue(briefing=briefing, title="Draft", publish_at=later(days=1))
    make_issue(briefing=briefing, title="", publish_at=later(days=8))
    make_issue(briefing=other, title="Of another", publish_at=later(days=2))
    review = make_issue(briefing=briefing, title="Review", publish_at=later(days=15))
    review.submit(by=author)

    assert tasks(author) == [("Write and submit", "Draft"), ("Start writing", "")]
    assert tasks(editor) == [("Read and approve", "Review")]


def test_an_issue_with_a_reviewer_is_the_reviewers_task() -> None:
    reviewer = make_staff("Editors")
    issue = make_issue(title="Review")
    issue.submit(by=None)
    Issue.objects.filter(pk=issue.pk).update(reviewer=reviewer)
    assert tasks(reviewer) == [("Review: you are its reviewer", "Review")]
    assert tasks(make_staff("Editors")) == []


def test_a_returned_issue_comes_back_with_the_reason_until_it_is_submitted() -> None:
    author = make_staff("Reporters")
    issue = make_issue(title="Beds", author=make_contributor(account=author))
    issue.submit(by=author)
    return_to_author(issue, by=make_staff("Editors"), reason="Which beds?")

    [task] = this_week(author, at=timezone.now()).tasks
    assert (task.words, task.detail) == ("Change and submit again", "Returned: “Which beds?”")
    issue.submit(by=author)
    assert this_week(author, at=timezone.now()).tasks == []


def test_whoever_may_send_has_to_schedule_or_to_decide() -> None:
    publisher = make_staff(is_superuser=True)
    for title, when in (("Soon", later(days=1)), ("Gone by", later(hours=-3))):
        issue = make_scheduled_issue(title=title, publish_at=when)
        issue.unschedule(by=None)
    assert sorted(tasks(publisher)) == [
        ("Decide: it did not go out", "Gone by"),
        ("Schedule", "Soon"),
    ]


def test_the_last_result_is_counted() -> None:
    briefing = make_briefing()
    for _ in range(3):
        make_reader(of=briefing)
    dispatch = make_dispatch(briefing=briefing, title="Beds & boards")
    dispatches.start(dispatch, at=timezone.now())
    first = dispatch.deliveries.order_by("pk").first()
    dispatch.deliveries.update(state=DeliveryState.SENT)
    dispatch.deliveries.filter(pk=first.pk if first else 0).update(state=DeliveryState.REFUSED)

    page = staff_client("Editors").get("/admin/").content.decode()

    result = page.split('id="last-result"')[1]
    assert "Beds &amp; boards" in result
    assert "Sent to <strong>2</strong> subscribers · 1 refused" in result
    assert 'id="last-result"' not in staff_client().get("/admin/").content.decode()


def test_the_page_makes_the_same_number_of_queries_for_more_issues(
    django_assert_max_num_queries: Any,
) -> None:
    client = staff_client("Editors")

    def add() -> None:
        briefing = make_briefing()
        for week in range(1, 5):
            issue = make_issue(
                briefing=briefing, author=make_contributor(), publish_at=later(weeks=week)
            )
            issue.submit(by=None)

    add()
    client.get("/admin/")
    with django_assert_max_num_queries(40) as few:
        client.get("/admin/")
    add()
    add()
    with django_assert_max_num_queries(40) as more:
        client.get("/admin/")
    assert len(more) == len(few)
