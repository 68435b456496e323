"""The admin says that the database was restored, and an administrator decides there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from briefings.models import IssueState
from newsroom import database_epoch
from subscribers.models import DispatchState
from tests.briefings.admin_client import staff_client
from tests.factories import make_dispatch, make_scheduled_issue

pytestmark = pytest.mark.django_db
PAGE = "/admin/subscribers/helditem/"
NOTICE = "This database was restored from a backup"


def restore() -> None:
    database_epoch.mark_restored(reason="A test says so.")


def test_the_start_page_says_so_to_everybody_and_links_for_administrators() -> None:
    administrator = staff_client(may=("release_held",))
    reporter = staff_client("Reporters")
    start = reverse("admin:index")
    assert NOTICE not in administrator.get(start).content.decode()
    restore()
    assert PAGE in administrator.get(start).content.decode()
    page = reporter.get(start).content.decode()
    assert NOTICE in page
    assert PAGE not in page


@pytest.mark.parametrize("groups", [("Reporters",), ("Editors",)])
def test_only_administrators_may_look_and_decide(groups: tuple[str, ...]) -> None:
    issue = make_scheduled_issue()
    restore()
    client = staff_client(*groups)
    assert client.get(PAGE).status_code == 403
    answer = client.post(PAGE, {"decision": "release", "name": f"issue:{issue.pk}"})
    assert answer.status_code == 403
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED


def test_an_administrator_decides_about_each_thing() -> None:
    issue = make_scheduled_issue(
        title="Council & mayor", publish_at=timezone.now() + timedelta(hours=1)
    )
    dispatch = make_dispatch()
    restore()
    client = staff_client(may=("release_held",))
    page = client.get(PAGE).content.decode()
    assert "Council &amp; mayor" in page
    assert "some readers may get it twice" in page

    client.post(PAGE, {"decision": "release", "name": f"issue:{issue.pk}"})
    client.post(PAGE, {"decision": "give_up", "name": f"dispatch:{dispatch.pk}"})

    issue.refresh_from_db()
    dispatch.refresh_from_db()
    assert (issue.state, dispatch.state) == (IssueState.SCHEDULED, DispatchState.SENT)
    assert "Nothing is held" in client.get(PAGE).content.decode()
    assert NOTICE not in client.get(reverse("admin:index")).content.decode()


def test_a_refusal_is_shown() -> None:
    restore()
    client = staff_client(may=("release_held",))
    answer = client.post(PAGE, {"decision": "release", "name": "issue:77"}, follow=True)
    assert "is not held" in answer.content.decode()


def test_the_notice_can_be_removed_when_nothing_waits() -> None:
    restore()
    client = staff_client(may=("release_held",))
    assert "Remove the notice" in client.get(PAGE).content.decode()
    client.post(PAGE, {"decision": "close"})
    assert database_epoch.restored_epoch() is None


def test_looking_changes_nothing() -> None:
    issue = make_scheduled_issue()
    restore()
    staff_client(may=("release_held",)).get(PAGE)
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED
    assert database_epoch.restored_epoch() is not None


def test_the_page_of_a_held_dispatch_says_why_and_offers_no_resume() -> None:
    dispatch = make_dispatch()
    restore()
    page = staff_client("Editors").get(dispatch.get_absolute_url()).content.decode()
    assert "restored from a backup" in page
    assert 'value="resume"' not in page
    assert PAGE not in page
    administrator = staff_client("Editors", may=("release_held",))
    assert PAGE in administrator.get(dispatch.get_absolute_url()).content.decode()
