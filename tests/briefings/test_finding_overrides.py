"""A person who may approve leaves a warning as it is, with a reason; nobody overrides a block."""

from __future__ import annotations

import pytest
from django.urls import reverse

from briefings.finding_overrides import override, run_preflight, withdraw_override
from briefings.models import FindingOverride, Issue, SectionKind
from briefings.preflight import Finding, check_issue
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import (
    change_url,
    make_staff,
    messages_of,
    open_issue,
    save,
    staff_client,
)
from tests.factories import make_issue

pytestmark = pytest.mark.django_db
TWICE = "<p>It was in in the harbour.</p>"
REASON = "It is how the poem goes."


def issue_with(*bodies: str) -> Issue:
    return make_issue(sections=[(SectionKind.NOTE, "Quay", body) for body in bodies])


def the_finding(issue: Issue, code: str = "repeated-word") -> Finding:
    found = check_issue(issue, list(issue.sections.all()), publish_at=issue.publish_at)
    return next(finding for finding in found if finding.code == code)


def url(issue: Issue, finding: Finding) -> str:
    return reverse("admin:briefings_finding_override", args=[issue.pk, finding.fingerprint])


def open_codes(issue: Issue) -> set[str]:
    preflight = run_preflight(issue, publish_at=issue.publish_at)
    return {finding.code for finding in preflight.warnings}


def test_an_editor_leaves_a_warning_with_a_reason_and_the_log_says_so() -> None:
    issue = issue_with(TWICE)
    finding = the_finding(issue)
    client = staff_client("Editors", first_name="Rosa", last_name="Meyer")
    assert url(issue, finding) in client.get(change_url(issue)).content.decode()
    page = client.get(url(issue, finding)).content.decode()
    assert "“in in” is written twice in a row" in page

    answer = client.post(url(issue, finding), {"reason": f" {REASON}\n"}, follow=True)

    assert "left as it is" in messages_of(answer)
    assert "repeated-word" not in open_codes(issue)
    words = answer.content.decode()
    assert "1 left as it is" in words
    assert f"“{REASON}” – Rosa Meyer" in words
    [entry] = AuditLogEntry.objects.on(issue).filter(verb="overrode a warning")
    assert entry.detail["reason"] == REASON
    assert "in in" in entry.detail["finding"]


def test_it_can_be_shown_again() -> None:
    issue = issue_with(TWICE)
    finding = the_finding(issue)
    client = staff_client("Editors")
    client.post(url(issue, finding), {"reason": REASON})
    assert REASON in client.get(url(issue, finding)).content.decode()

    client.post(url(issue, finding), {"withdraw": "1"})

    assert "repeated-word" in open_codes(issue)
    assert AuditLogEntry.objects.on(issue).filter(verb="withdrew an override").exists()


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 301])
def test_a_reason_is_needed_and_may_not_be_endless(reason: str) -> None:
    issue = issue_with(TWICE)
    finding = the_finding(issue)

    answer = staff_client("Editors").post(url(issue, finding), {"reason": reason})

    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not FindingOverride.objects.exists()


def test_without_the_right_to_approve_nobody_overrides() -> None:
    issue = issue_with(TWICE)
    finding = the_finding(issue)
    client = staff_client(may=("view_issue", "change_issue"))

    assert client.get(url(issue, finding)).status_code == 403
    assert client.post(url(issue, finding), {"reason": REASON}).status_code == 403
    assert url(issue, finding) not in client.get(change_url(issue)).content.decode()
    with pytest.raises(TransitionRefused):
        override(issue, finding.fingerprint, reason=REASON, by=make_staff("Reporters"))
    with pytest.raises(TransitionRefused):
        withdraw_override(issue, finding.fingerprint, by=make_staff("Reporters"))


def test_nobody_overrides_what_blocks() -> None:
    issue = issue_with("<p>It cost TK pounds.</p>")
    finding = the_finding(issue, "placeholder")
    client = staff_client("Editors")

    answer = client.post(url(issue, finding), {"reason": REASON}, follow=True)

    assert "does not have this warning" in messages_of(answer)
    assert url(issue, finding) not in client.get(change_url(issue)).content.decode()
    with pytest.raises(TransitionRefused, match="nobody can override"):
        override(issue, finding.fingerprint, reason=REASON, by=make_staff("Editors"))
    assert not FindingOverride.objects.exists()


def test_an_override_holds_while_other_words_change_and_falls_with_its_own() -> None:
    issue = issue_with(TWICE, "<p>Another section.</p>")
    override(issue, the_finding(issue).fingerprint, reason=REASON, by=make_staff("Editors"))
    client = staff_client("Editors")

    save(client, issue, open_issue(client, issue), title="Another headline")
    save(client, issue, open_issue(client, issue), **{"sections-1-body": "<p>Changed.</p>"})
    assert "repeated-word" not in open_codes(issue)

    changed = "<p>It was in in the harbour on Monday.</p>"
    save(client, issue, open_issue(client, issue), **{"sections-0-body": changed})
    assert "repeated-word" in open_codes(issue)


def test_an_override_is_of_one_finding_only() -> None:
    issue = issue_with(TWICE, TWICE)
    override(issue, the_finding(issue).fingerprint, reason=REASON, by=make_staff("Editors"))

    assert "repeated-word" in open_codes(issue)


def test_a_finding_that_is_gone_cannot_be_overridden() -> None:
    issue = issue_with(TWICE)
    fingerprint = the_finding(issue).fingerprint
    issue.sections.update(body="<p>It was in the harbour.</p>")

    with pytest.raises(TransitionRefused, match="have changed"):
        override(issue, fingerprint, reason=REASON, by=make_staff("Editors"))


def test_the_same_override_twice_is_one() -> None:
    issue = issue_with(TWICE)
    fingerprint = the_finding(issue).fingerprint
    for name in ("a", "b"):
        override(issue, fingerprint, reason=REASON, by=make_staff("Editors", username=name))

    assert FindingOverride.objects.count() == 1
    assert AuditLogEntry.objects.on(issue).filter(verb="overrode a warning").count() == 1


def test_a_reason_is_kept_without_what_the_database_refuses() -> None:
    issue = issue_with(TWICE)

    made = override(
        issue, the_finding(issue).fingerprint, reason="A poem.\0", by=make_staff("Editors")
    )

    assert made.reason == "A poem."
