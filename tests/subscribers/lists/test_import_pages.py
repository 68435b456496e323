"""The desk's way in: send a list, see how it is read, confirm, watch, fetch what was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from briefings.models import Issue
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from subscribers.lists import tasks, uploaded_lists
from subscribers.models import (
    ConsentRecord,
    ImportPart,
    ImportState,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from subscribers.models.subscriber_import import REFUSED_LAST, SILENT_FOR
from tests.briefings.admin_client import staff_client
from tests.factories import make_briefing, make_reader, make_scheduled_issue
from tests.subscribers.lists.list_files import EVIDENCE, make_csv

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/subscribers/subscriberimport/"
HEADER = ["email", "name", "consent_date", "source", "wording"]
EVIDENT = ["2024-05-01", "/ward/", "Please e-mail me."]
LIST = make_csv(
    HEADER,
    ["ada@example.org", "Ada Byron", *EVIDENT],
    ["no address", "Nobody", *EVIDENT],
    ["bob@example.org", "=1+1", *EVIDENT],
)


@pytest.fixture
def desk() -> Client:
    return staff_client(may=("import_subscribers", "view_subscriber"))


def send(desk: Client, data: bytes = LIST, name: str = "list.csv", **fields: Any) -> Page:
    briefing = fields.pop("briefing", None) or make_briefing(title="The Ward Round")
    file = SimpleUploadedFile(name, data)
    return desk.post(f"{ADDRESS}add/", {"briefing": briefing.pk, "file": file}, follow=True)


def look(desk: Client) -> str:
    made = SubscriberImport.objects.get()
    return desk.get(made.get_absolute_url()).content.decode()


def press(desk: Client, step: str, **fields: str) -> Page:
    made = SubscriberImport.objects.get()
    return desk.post(f"{ADDRESS}{made.pk}/{step}/", fields, follow=True)


def state() -> str:
    return SubscriberImport.objects.get().state


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_list_is_shown_checked_confirmed_and_imported(desk: Client) -> None:
    page = send(desk).content.decode()
    assert state() == ImportState.CHECKING
    assert "Waiting for a worker" in page
    for words in ("UTF-8, separated by comma", "ada@example.org", "2024-05-01", "no e-mail"):
        assert words in page

    tasks.work_on_imports()
    page = look(desk)
    assert "Import 2 readers" in page
    assert "This is no e-mail address" in page
    assert not Subscriber.objects.exists()

    press(desk, "begin")
    assert state() == ImportState.IMPORTING
    tasks.work_on_imports()
    page = look(desk)
    assert "What was done" in page
    assert "The file was removed" in page
    assert set(Subscriber.objects.values_list("address", flat=True)) == {
        "ada@example.org",
        "bob@example.org",
    }
    assert ConsentRecord.objects.count() == 2
    verbs = [act.verb for act in AuditLogEntry.objects.order_by("pk")]
    assert verbs == ["sent in", "confirmed", "imported subscribers"]


def test_refused_rows_are_fetched_and_the_rest_of_the_file_is_gone(desk: Client) -> None:
    send(desk)
    made = SubscriberImport.objects.get()
    assert desk.get(f"{ADDRESS}{made.pk}/refused.csv").status_code == 404
    tasks.work_on_imports()
    press(desk, "begin")
    tasks.work_on_imports()
    answer = desk.get(f"{ADDRESS}{made.pk}/refused.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="refused-{made.pk}.csv"'
    lines = body(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "line,reason,email,name,consent_date,source,wording"
    assert lines[1].startswith("3,This is no e-mail address")
    assert len(lines) == 2
    assert AuditLogEntry.objects.filter(verb="downloaded refused rows").count() == 1
    made.refresh_from_db()
    assert made.file_removed_at
    assert made.reading == {}
    kept = b"".join(bytes(part.data) for part in ImportPart.objects.all())
    assert b"ada@" not in kept
    assert b"no address" in kept
    tasks.forget_imports()
    assert ImportPart.objects.exists()
    SubscriberImport.objects.update(finished_at=timezone.now() - REFUSED_LAST)
    tasks.forget_imports()
    assert not ImportPart.objects.exists()
    assert "Download the refused rows" not in look(desk)


def test_what_is_missing_is_asked_for_and_can_be_chosen(desk: Client) -> None:
    page = send(desk, make_csv(["Kontakt", "Wer"], ["ada@example.org", "Ada"])).content.decode()
    assert state() == ImportState.UPLOADED
    assert "No column is known to hold the e-mail address" in page
    assert "Kontakt · ada@example.org" in page
    page = press(desk, "choose", column_address="#1", column_name="#2").content.decode()
    assert state() == ImportState.UPLOADED
    assert "does not say when people agreed" in page
    refused = press(desk, "choose", column_address="#1", consented_on="soon")
    assert refused.status_code == 422
    assert "cannot be read" in refused.content.decode()
    assert press(desk, "choose", column_address="#9").status_code == 422
    press(desk, "choose", column_address="#1", column_name="#2", **EVIDENCE)
    assert state() == ImportState.CHECKING
    tasks.work_on_imports()
    press(desk, "begin")
    tasks.work_on_imports()
    assert Subscriber.objects.get().name == "Ada"
    assert ConsentRecord.objects.get().wording == EVIDENCE["wording"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"ada@example.org\n", "Line 1 holds an address"),
        (b'email\n"ada@example.org\n', "never closed"),
    ],
)
def test_what_is_no_list_is_refused_and_not_kept(desk: Client, data: bytes, words: str) -> None:
    page = send(desk, data)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not SubscriberImport.objects.exists()


def test_a_fault_far_down_the_list_ends_the_check_with_a_sentence(desk: Client) -> None:
    good = b"".join(b"r%d@example.org,a\n" % number for number in range(200))
    send(desk, b"email,name\n" + good + b'x@example.org,"never\n')
    press(desk, "choose", column_address="#1", **EVIDENCE)
    tasks.work_on_imports()
    assert state() == ImportState.FAILED
    assert "line 202 is never closed" in look(desk)
    assert not ImportPart.objects.exists()


def test_stopping_writes_nothing_and_removes_the_file(desk: Client) -> None:
    send(desk)
    tasks.work_on_imports()
    press(desk, "begin")
    page = press(desk, "stop").content.decode()
    assert "nothing was imported" in page
    tasks.work_on_imports()
    assert state() == ImportState.STOPPED
    assert not Subscriber.objects.exists()
    assert not ImportPart.objects.exists()
    assert "Nothing was changed" in press(desk, "stop").content.decode()
    assert "Nothing was changed" in press(desk, "begin").content.decode()


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_an_import_stopped_under_way_leaves_nothing(
    desk: Client, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(desk)
    tasks.work_on_imports()
    press(desk, "begin")
    made = SubscriberImport.objects.get()
    if moment == "reading":
        real = uploaded_lists.opened

        def opened(one: SubscriberImport) -> Any:
            made.stop(by=None, at=timezone.now())
            return real(one)

        monkeypatch.setattr(uploaded_lists, "opened", opened)
    else:
        conclude = uploaded_lists._conclude

        def stopped_meanwhile(*args: Any) -> None:
            # As somebody else's transaction would have it: seen by ours, not undone with it.
            SubscriberImport.objects.filter(pk=made.pk).update(claim=99)
            conclude(*args)

        monkeypatch.setattr(uploaded_lists, "_conclude", stopped_meanwhile)
    tasks.work_on_imports()
    assert not Subscriber.objects.exists()
    assert not AuditLogEntry.objects.filter(verb="imported subscribers").exists()


def test_of_two_workers_one_imports_and_a_dead_one_is_replaced(desk: Client) -> None:
    send(desk)
    first, second = SubscriberImport.objects.get(), SubscriberImport.objects.get()
    now = timezone.now()
    assert first.take(at=now)
    assert not second.take(at=now)
    assert not SubscriberImport.objects.waiting(at=now).exists()
    later = now + SILENT_FOR
    heir = SubscriberImport.objects.waiting(at=later).get()
    assert heir.take(at=later)
    assert not first.note(done=1, at=later)
    assert not first.end(ImportState.CHECKED, at=later)
    assert heir.note(done=1, at=later)


def test_lists_are_worked_on_one_after_the_other(desk: Client) -> None:
    briefing = make_briefing()
    send(desk, briefing=briefing)
    send(desk, briefing=briefing)
    first, second = SubscriberImport.objects.order_by("pk")
    assert first.take(at=timezone.now())
    tasks.work_on_imports()
    second.refresh_from_db()
    assert second.state == ImportState.CHECKING
    assert first.end(ImportState.CHECKED, at=timezone.now())
    tasks.work_on_imports()
    second.refresh_from_db()
    assert second.state == ImportState.CHECKED


def test_no_list_is_begun_shortly_before_an_issues_hour(desk: Client) -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(minutes=2))
    send(desk)
    tasks.work_on_imports()
    assert state() == ImportState.CHECKING
    Issue.objects.filter(pk=issue.pk).update(publish_at=timezone.now() + timedelta(minutes=20))
    tasks.work_on_imports()
    assert state() == ImportState.CHECKED


def test_a_list_that_nobody_confirms_is_removed_after_a_day(desk: Client) -> None:
    send(desk)
    tasks.work_on_imports()
    tasks.forget_imports()
    assert state() == ImportState.CHECKED
    SubscriberImport.objects.update(created_at=timezone.now() - timedelta(days=1))
    tasks.forget_imports()
    assert state() == ImportState.STOPPED
    assert not ImportPart.objects.exists()


def test_a_fault_of_ours_ends_the_import_and_says_so(
    desk: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send(desk)

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(uploaded_lists, "run", fail)
    with pytest.raises(ZeroDivisionError):
        tasks.work_on_imports()
    assert state() == ImportState.FAILED
    assert "A fault of ours" in look(desk)
    assert "failed" in caplog.text


def test_the_progress_is_told_in_numbers_and_words(desk: Client) -> None:
    send(desk)
    made = SubscriberImport.objects.get()
    made.take(at=timezone.now())
    made.note(done=made.size // 2, at=timezone.now())
    told = desk.get(f"{ADDRESS}{made.pk}/progress.json").json()
    assert told["state"] == "checking"
    assert 0.4 < told["share_done"] < 0.6
    assert told["words"].startswith("Checking: ")


def test_pages_are_for_whom_may_import(desk: Client) -> None:
    send(desk)
    made = SubscriberImport.objects.get()
    other = staff_client(may=("view_subscriber", "view_subscriberimport"))
    for path in ("", "add/", f"{made.pk}/change/", f"{made.pk}/progress.json"):
        assert other.get(ADDRESS + path).status_code == 403, path
    for path in ("add/", f"{made.pk}/begin/", f"{made.pk}/stop/", f"{made.pk}/choose/"):
        assert other.post(ADDRESS + path).status_code == 403, path
    assert other.get(f"{ADDRESS}{made.pk}/refused.csv").status_code == 403
    for path in ("begin", "stop", "choose"):
        assert desk.get(f"{ADDRESS}{made.pk}/{path}/").status_code == 405
    assert desk.get(ADDRESS).status_code == 200
    assert desk.post(f"{ADDRESS}{made.pk}/delete/", {"post": "yes"}).status_code == 403


def test_nobody_new_leaves_nothing_to_confirm(desk: Client) -> None:
    briefing = make_briefing()
    for name in ("ada", "bob"):
        make_reader(of=briefing, email=f"{name}@example.org")
    send(desk, briefing=briefing)
    tasks.work_on_imports()
    page = look(desk)
    assert "Nobody in this list is new" in page
    assert "begin/" not in page
    assert Subscription.objects.count() == 2


def test_a_step_that_is_not_open_is_refused(desk: Client) -> None:
    send(desk)
    with pytest.raises(TransitionRefused, match="being checked"):
        SubscriberImport.objects.get().begin(by=None)
