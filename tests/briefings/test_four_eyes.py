"""Where a briefing demands four eyes, nobody approves words that they were the last to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from briefings.four_eyes import why_not_approve
from briefings.issue_edits import record_edit
from briefings.issue_steps import approve, steps_for
from briefings.models import Issue, IssueState, RevisionStep, Role
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import change_url, make_member
from tests.factories import make_briefing, make_issue

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def issue_with_four_eyes() -> Issue:
    """Return a draft of a command, in a briefing that demands four eyes."""
    issue = make_issue(briefing=make_briefing(four_eyes=True))
    issue.keep_revision(RevisionStep.CREATED, by=None)
    return issue


def editor(issue: Issue, name: str) -> User:
    return make_member(Role.EDITOR, of=issue.briefing, username=name, first_name=name)


def change(issue: Issue, by: User, **words: str) -> None:
    """Change an issue's own fields, or with `body` its first section, as its page does."""
    if body := words.pop("body", ""):
        issue.sections.filter(pk=issue.sections.all()[0].pk).update(body=body)
    Issue.objects.filter(pk=issue.pk).update(**words)
    issue.refresh_from_db()
    record_edit(issue, by=by, at=timezone.now(), fields=[*words], merges_other=False)
    issue.refresh_from_db()


def may_approve_now(issue: Issue, by: User) -> bool:
    """Try to approve, and say whether it worked."""
    issue.refresh_from_db()
    if why := why_not_approve(issue, by):
        with pytest.raises(TransitionRefused, match="four eyes") as refusal:
            approve(issue, by=by, publish_at=None)
        assert str(refusal.value) == why
        return False
    approve(issue, by=by, publish_at=None)
    return True


def test_nobody_approves_what_they_wrote_themselves() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    change(issue, ina, title="Council and mayor")
    issue.submit(by=ina)

    assert not may_approve_now(issue, ina)
    assert may_approve_now(issue, omar)


def test_without_four_eyes_they_do() -> None:
    issue = make_issue()
    ina = editor(issue, "Ina")
    issue.keep_revision(RevisionStep.CREATED, by=ina)
    issue.submit(by=ina)

    assert may_approve_now(issue, ina)


def test_a_superuser_is_bound_too() -> None:
    issue = issue_with_four_eyes()
    root = User.objects.create_superuser("root")
    change(issue, root, title="Council and mayor")
    issue.submit(by=root)

    assert not may_approve_now(issue, root)


def test_whose_words_somebody_changed_since_may_approve_them() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    change(issue, ina, title="Council and mayor")
    change(issue, omar, title="Council against mayor")
    issue.submit(by=ina)

    assert not may_approve_now(issue, omar)
    assert may_approve_now(issue, ina)


def test_words_in_another_place_do_not_make_a_second_pair_of_eyes() -> None:
    issue = issue_with_four_eyes()
    ina, omar, eve = (editor(issue, name) for name in ("Ina", "Omar", "Eve"))
    change(issue, ina, title="Council and mayor")
    change(issue, omar, body="<p>A sentence of mine.</p>")
    issue.submit(by=ina)

    assert not may_approve_now(issue, ina)
    assert not may_approve_now(issue, omar)
    assert may_approve_now(issue, eve)


def test_what_was_approved_before_is_not_counted_again() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    change(issue, ina, title="Council and mayor")
    issue.submit(by=ina)
    assert may_approve_now(issue, omar)
    change(issue, omar, strapline="Who decides?")
    assert issue.state == IssueState.IN_REVIEW

    assert not may_approve_now(issue, omar)
    assert may_approve_now(issue, ina)


def test_a_change_that_was_taken_back_is_none() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    change(issue, ina, title="Council and mayor")
    issue.submit(by=ina)
    assert may_approve_now(issue, omar)
    change(issue, omar, title="A slip")
    change(issue, omar, title="Council and mayor")

    assert may_approve_now(issue, omar)


def test_a_field_that_older_revisions_lack_is_not_a_change() -> None:
    issue = issue_with_four_eyes()
    revision = issue.revisions.get()
    for key in ("subject", "preheader"):
        del revision.content[key]
    revision.save()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    issue.revisions.update(by=omar)
    change(issue, ina, title="Council and mayor", body="<p>New.</p>")

    assert "the subject" not in why_not_approve(issue, ina)


def test_a_command_is_not_a_second_pair_of_eyes() -> None:
    issue = issue_with_four_eyes()
    issue.submit(by=None)

    with pytest.raises(TransitionRefused, match="approve the issue in the admin"):
        approve(issue, by=None, publish_at=None)


def test_the_page_says_why_and_who_may(client: Client) -> None:
    issue = issue_with_four_eyes()
    ina, _ = editor(issue, "Ina"), editor(issue, "Omar")
    change(issue, ina, title="Council and mayor")
    issue.submit(by=ina)
    client.force_login(ina)

    page = client.get(change_url(issue)).content.decode()

    assert "you were the last to change the headline. Omar can approve it." in page
    assert 'value="approve"' not in page
    assert "approve" not in [step.name for step in steps_for(issue, ina)]


def move_last_to_the_top(issue: Issue, by: User) -> None:
    sections = list(issue.sections.all())
    for position, section in enumerate([sections[-1], *sections[:-1]], start=1):
        issue.sections.filter(pk=section.pk).update(position=position)
    change(issue, by)


def test_who_only_moved_a_section_does_not_approve_it() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    move_last_to_the_top(issue, ina)
    issue.submit(by=ina)

    assert "the last to change the order of the sections" in why_not_approve(issue, ina)
    assert not may_approve_now(issue, ina)
    assert may_approve_now(issue, omar)


def test_sections_that_were_moved_back_or_added_are_not_moved() -> None:
    issue = issue_with_four_eyes()
    ina, omar = editor(issue, "Ina"), editor(issue, "Omar")
    issue.submit(by=ina)
    assert may_approve_now(issue, omar)
    for _ in issue.sections.all():
        move_last_to_the_top(issue, ina)
    issue.sections.create(kind="note", heading="More", body="<p>x</p>", position=0)
    change(issue, omar)

    issue.refresh_from_db()
    assert why_not_approve(issue, ina) == ""
    assert "change More." in why_not_approve(issue, omar)
