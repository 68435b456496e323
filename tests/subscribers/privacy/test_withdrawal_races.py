"""A reader withdraws while the issue that quotes them is being published: one comes first."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from briefings import own_comments
from briefings.models import Comment, Issue, IssueState, Quotation
from subscribers.models import Dispatch
from subscribers.privacy import tasks
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from subscribers.sending import dispatches
from tests.briefings.quotations.quoted_in_tests import EXCERPT, make_draft_quoting, make_response
from tests.factories import make_published_issue

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def at_once(*acts: object) -> None:
    """Run functions in threads of their own, each with its own connection."""
    start = Barrier(len(acts))

    def run(act: object) -> None:
        start.wait(timeout=60)
        try:
            act()  # type: ignore[operator]  # a function
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("is_erased", [False, True])
def test_no_issue_goes_out_with_words_that_were_withdrawn_before(*, is_erased: bool) -> None:
    first = make_published_issue()
    outcomes = set()
    for number in range(ROUNDS):
        comment = make_response(on=first, email=f"reader{number}@x.example")
        draft = make_draft_quoting(comment)
        now = timezone.now()
        draft.submit(by=None)
        draft.approve(by=None)
        draft.schedule(publish_at=now, by=None, at=now)

        def withdraw(pk: int = comment.pk, address: str = comment.email) -> None:
            if is_erased:
                erase(person_at(address), keep_words=False)
            else:
                own = Comment.objects.get(pk=pk)
                own_comments.withdraw(own, at=timezone.now(), source="/", ip=None)

        def publish() -> None:
            dispatches.publish_due(at=timezone.now())

        at_once(withdraw, publish)
        publish()  # again, as beat does: what was refused a moment ago now stops, with an alarm
        tasks.withdraw_quotations()
        issue = Issue.objects.get(pk=draft.pk)
        outcomes.add(issue.state)
        for dispatch in Dispatch.objects.filter(issue=issue):
            assert EXCERPT not in dispatch.html + dispatch.text
        if issue.state == IssueState.PUBLISHED:
            assert EXCERPT not in issue.sections.get().body
            assert not Quotation.objects.filter(issue=issue).exclude(excerpt="").exists()
        else:
            assert not Dispatch.objects.filter(issue=issue).exists()
    assert outcomes <= {IssueState.PUBLISHED, IssueState.APPROVED, IssueState.IN_REVIEW}
