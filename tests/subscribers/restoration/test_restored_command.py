"""`manage.py restored` says that the database was restored, lists what waits, and decides."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from briefings.models import IssueState
from newsroom import database_epoch
from newsroom.models import DatabaseEpoch, OutgoingEmail
from subscribers.models import DispatchState
from tests.briefings.admin_client import make_staff
from tests.factories import make_dispatch, make_scheduled_issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def restored(*words: str) -> str:
    output = StringIO()
    call_command("restored", *words, stdout=output)
    return output.getvalue()


def waiting() -> list[str]:
    return [entry["name"] for entry in json.loads(restored("--json"))["waiting"]]


def make_issue() -> Any:
    return make_scheduled_issue(publish_at=timezone.now() + timedelta(hours=2))


def test_it_holds_what_is_scheduled_and_lists_it() -> None:
    issue = make_issue()
    dispatch = make_dispatch()
    said = restored()
    for name in (f"issue:{issue.pk}", f"dispatch:{dispatch.pk}"):
        assert f"--release {name}" in said
        assert f"--give-up {name}" in said
    issue.refresh_from_db()
    assert issue.state == IssueState.APPROVED


@pytest.mark.parametrize("option", ["--list", "--json"])
def test_looking_holds_nothing(option: str) -> None:
    issue = make_issue()
    restored(option)
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    assert json.loads(restored("--json")) == {
        "restored": False,
        "since": None,
        "reason": "",
        "waiting": [],
    }


def test_it_notices_a_restore_before_any_worker_does() -> None:
    database_epoch.advance(at_once=True)
    issue = make_issue()
    backup = DatabaseEpoch.objects.get()
    database_epoch.advance(at_once=True)
    backup.save()
    assert waiting() == [f"issue:{issue.pk}"]


def test_one_thing_can_be_released_and_the_rest_waits() -> None:
    issue, dispatch = make_issue(), make_dispatch()
    restored()
    restored("--release", f"issue:{issue.pk}")
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    assert waiting() == [f"dispatch:{dispatch.pk}"]


def test_everything_can_be_released_at_once() -> None:
    issue, dispatch = make_issue(), make_dispatch()
    restored()
    restored("--release")
    issue.refresh_from_db()
    dispatch.refresh_from_db()
    assert (issue.state, dispatch.state) == (IssueState.SCHEDULED, DispatchState.PENDING)
    assert json.loads(restored("--json"))["restored"] is False


def test_everything_can_be_given_up_at_once() -> None:
    issue, dispatch = make_issue(), make_dispatch()
    restored()
    restored("--give-up")
    issue.refresh_from_db()
    dispatch.refresh_from_db()
    assert (issue.state, dispatch.state) == (IssueState.APPROVED, DispatchState.SENT)
    assert json.loads(restored("--json"))["restored"] is False


def test_a_database_that_was_moved_on_purpose_is_released_before_anything_starts(
    folder: Path,
) -> None:
    """Also where it comes to a new machine, which has no copy of its epoch."""
    make_staff(username="root", email="root@news.example.com", is_superuser=True)
    database_epoch.advance(at_once=True)
    issue = make_issue()
    (folder / "epoch" / "database.json").unlink()
    cache.clear()
    DatabaseEpoch.objects.update(advanced_at=timezone.now() - timedelta(days=2))

    restored("--release")

    database_epoch.advance(at_once=True)
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED
    assert database_epoch.restored_epoch() is None
    assert not OutgoingEmail.objects.filter(name="database_restored").exists()


def test_what_does_not_wait_is_an_error_and_the_others_are_decided() -> None:
    issue = make_issue()
    restored()
    with pytest.raises(CommandError, match="Dispatch 77 is not held"):
        restored("--release", "dispatch:77", f"issue:{issue.pk}")
    issue.refresh_from_db()
    assert issue.state == IssueState.SCHEDULED


def test_an_issue_can_be_published_without_sending() -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() - timedelta(days=1))
    assert f"--publish issue:{issue.pk}" in restored()
    restored("--publish", f"issue:{issue.pk}")
    issue.refresh_from_db()
    assert issue.state == IssueState.PUBLISHED
    assert waiting() == []
