"""The import pages: upload a list, preview, confirm, follow, download refused rows."""

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
from subscribers.models.subscriber_import import IMPORT_TIMEOUT, REFUSED_ROWS_KEPT_FOR
from tests.briefings.admin_client import staff_client
from tests.factories import make_briefing, make_reader, make_scheduled_issue
from tests.subscribers.lists.list_files import EVIDENCE, make_csv

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/subscribers/subscriberimport/"
HEADER = ["email", "name", "consent_date", "source", "wording"]
EVIDENT = ["2024-05-01", "/ward/", "Please email me."]
LIST = make_csv(
    HEADER,
    ["ada@example.org", "Ada Byron", *EVIDENT],
    ["no address", "Nobody", *EVIDENT],
    ["bob@example.org", "=1+1", *EVIDENT],
)


@pytest.fixture
def admin() -> Client:
    return staff_client(may=("import_subscribers", "view_subscriber"))


def upload(admin: Client, data: bytes = LIST, name: str = "list.csv", **fields: Any) -> Page:
    briefing = fields.pop("briefing", None) or make_briefing(title="The Ward Round")
    file = SimpleUploadedFile(name, data)
    return admin.post(f"{ADDRESS}add/", {"briefing": briefing.pk, "file": file}, follow=True)


def look(admin: Client) -> str:
    subscriber_import = SubscriberImport.objects.get()
    return admin.get(subscriber_import.get_absolute_url()).content.decode()


def post_step(admin: Client, step: str, **fields: str) -> Page:
    subscriber_import = SubscriberImport.objects.get()
    return admin.post(f"{ADDRESS}{subscriber_import.pk}/{step}/", fields, follow=True)


def state() -> str:
    return SubscriberImport.objects.get().state


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_list_is_previewed_checked_confirmed_and_imported(admin: Client) -> None:
    page = upload(admin).content.decode()
    assert state() == ImportState.CHECKING
    assert "Waiting for a worker" in page
    for words in ("UTF-8, separated by comma", "ada@example.org", "2024-05-01", "name@example.org"):
        assert words in page

    tasks.process_imports()
    page = look(admin)
    assert "Import 2 subscribers" in page
    assert "name@example.org" in page
    assert not Subscriber.objects.exists()

    post_step(admin, "begin")
    assert state() == ImportState.IMPORTING
    tasks.process_imports()
    page = look(admin)
    assert "What we imported" in page
    assert "We deleted the file" in page
    assert set(Subscriber.objects.values_list("address", flat=True)) == {
        "ada@example.org",
        "bob@example.org",
    }
    assert ConsentRecord.objects.count() == 2
    verbs = [entry.verb for entry in AuditLogEntry.objects.order_by("pk")]
    assert verbs == ["uploaded", "confirmed", "imported subscribers"]


def test_refused_rows_can_be_downloaded_and_the_rest_of_the_file_is_gone(admin: Client) -> None:
    upload(admin)
    subscriber_import = SubscriberImport.objects.get()
    assert admin.get(f"{ADDRESS}{subscriber_import.pk}/refused.csv").status_code == 404
    tasks.process_imports()
    post_step(admin, "begin")
    tasks.process_imports()
    answer = admin.get(f"{ADDRESS}{subscriber_import.pk}/refused.csv")
    assert (
        answer["Content-Disposition"]
        == f'attachment; filename="refused-{subscriber_import.pk}.csv"'
    )
    lines = body(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "line,reason,email,name,consent_date,source,wording"
    assert lines[1].startswith("3,")
    assert "name@example.org" in lines[1]
    assert len(lines) == 2
    assert AuditLogEntry.objects.filter(verb="downloaded refused rows").count() == 1
    subscriber_import.refresh_from_db()
    assert subscriber_import.file_removed_at
    assert subscriber_import.reading == {}
    kept = b"".join(bytes(part.data) for part in ImportPart.objects.all())
    assert b"ada@" not in kept
    assert b"no address" in kept
    tasks.remove_expired_imports()
    assert ImportPart.objects.exists()
    SubscriberImport.objects.update(finished_at=timezone.now() - REFUSED_ROWS_KEPT_FOR)
    tasks.remove_expired_imports()
    assert not ImportPart.objects.exists()
    assert "Download refused rows" not in look(admin)


def test_missing_options_are_asked_for_and_can_be_chosen(admin: Client) -> None:
    page = upload(admin, make_csv(["Kontakt", "Wer"], ["ada@example.org", "Ada"])).content.decode()
    assert state() == ImportState.UPLOADED
    assert "We cannot tell which column contains the email address" in page
    assert "Kontakt · ada@example.org" in page
    page = post_step(admin, "choose", column_address="#1", column_name="#2").content.decode()
    assert state() == ImportState.UPLOADED
    assert "does not say when people agreed" in page
    refused = post_step(admin, "choose", column_address="#1", consented_on="soon")
    assert refused.status_code == 422
    assert "cannot be read" in refused.content.decode()
    assert post_step(admin, "choose", column_address="#9").status_code == 422
    post_step(admin, "choose", column_address="#1", column_name="#2", **EVIDENCE)
    assert state() == ImportState.CHECKING
    tasks.process_imports()
    post_step(admin, "begin")
    tasks.process_imports()
    assert Subscriber.objects.get().name == "Ada"
    assert ConsentRecord.objects.get().wording == EVIDENCE["wording"]


def test_columns_that_we_do_not_understand_are_asked_about(admin: Client) -> None:
    data = make_csv(
        ["email", "q7", "q8", "Do not email", "status", "Town", *HEADER[2:]],
        ["ada@example.org", "a", "yes", "", "active", "York", *EVIDENT],
        ["bob@example.org", "b, unsubscribed", "no", "", "", "York", *EVIDENT],
        ["cyd@example.org", "a", "yes", "yes", "active", "Hull", *EVIDENT],
    )
    page = upload(admin, data).content.decode()
    assert state() == ImportState.UPLOADED
    assert "must not be emailed" in page
    assert "“q8” (yes, no)" in page
    assert "In the file: a, b, unsubscribed" in page
    assert "Refused if yes" in page
    assert "People without a status" in page
    answers = {
        "column_address": "#1",
        "column_consent_date": "#7",
        "column_source": "#8",
        "column_wording": "#9",
        "meaning_2": "ignore",
    }
    page = post_step(admin, "choose", **answers).content.decode()
    assert state() == ImportState.UPLOADED
    assert "“q7”" in page
    assert "“q8” (yes, no)" not in page
    assert post_step(admin, "choose", **answers, meaning_1="only:z").status_code == 422
    answers |= {"meaning_1": "only:a", "blank_status": "import"}
    post_step(admin, "choose", **answers)
    assert state() == ImportState.CHECKING
    tasks.process_imports()
    page = look(admin)
    assert "Import 1 subscriber" in page
    assert "Import only “a”" in page
    assert "Columns that we do not use: q8, Town." in page
    assert "Lines in the file" in page
    post_step(admin, "begin")
    tasks.process_imports()
    assert [one.address for one in Subscriber.objects.all()] == ["ada@example.org"]
    assert "Columns that we do not use: q8, Town." in look(admin)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"ada@example.org\n", "Line 1 contains an email address"),
        (b'email,"name\nada@example.org,Ada\n', "never closed"),
    ],
)
def test_a_file_that_is_not_a_list_is_refused_and_not_stored(
    admin: Client, data: bytes, words: str
) -> None:
    page = upload(admin, data)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not SubscriberImport.objects.exists()


def unclosed_list(rows: int) -> bytes:
    good = b"".join(b"r%d@example.org,a\n" % number for number in range(rows))
    return b"email,name\n" + good + b'x@example.org,"never\n' + b"x" * (1 << 20)


def test_an_error_far_down_the_list_fails_the_check_with_a_sentence(admin: Client) -> None:
    upload(admin, unclosed_list(2_500))
    post_step(admin, "choose", column_address="#1", **EVIDENCE)
    tasks.process_imports()
    assert state() == ImportState.FAILED
    assert "Line 2,503 has more than 1,048,576 characters" in look(admin)
    assert not ImportPart.objects.exists()


def test_an_error_in_the_first_rows_is_said_where_the_columns_are_chosen(admin: Client) -> None:
    upload(admin, unclosed_list(200))
    page = post_step(admin, "choose", column_address="#1", **EVIDENCE)
    assert page.status_code == 422
    assert "Line 203 has more than 1,048,576 characters" in page.content.decode()
    assert not Subscriber.objects.exists()


def test_stopping_writes_nothing_and_removes_the_file(admin: Client) -> None:
    upload(admin)
    tasks.process_imports()
    post_step(admin, "begin")
    page = post_step(admin, "stop").content.decode()
    assert "Nothing was imported" in page
    tasks.process_imports()
    assert state() == ImportState.STOPPED
    assert not Subscriber.objects.exists()
    assert not ImportPart.objects.exists()
    assert "Nothing was changed" in post_step(admin, "stop").content.decode()
    assert "Nothing was changed" in post_step(admin, "begin").content.decode()


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_an_import_stopped_while_it_runs_leaves_nothing(
    admin: Client, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(admin)
    tasks.process_imports()
    post_step(admin, "begin")
    subscriber_import = SubscriberImport.objects.get()
    if moment == "reading":
        real = uploaded_lists.open_stored

        def opened(one: SubscriberImport) -> Any:
            subscriber_import.stop(by=None, at=timezone.now())
            return real(one)

        monkeypatch.setattr(uploaded_lists, "open_stored", opened)
    else:
        conclude = uploaded_lists._finish

        def stopped_meanwhile(*args: Any) -> None:
            # As if committed by another transaction: ours sees it and does not roll it back.
            SubscriberImport.objects.filter(pk=subscriber_import.pk).update(claim=99)
            conclude(*args)

        monkeypatch.setattr(uploaded_lists, "_finish", stopped_meanwhile)
    tasks.process_imports()
    assert not Subscriber.objects.exists()
    assert not AuditLogEntry.objects.filter(verb="imported subscribers").exists()


def test_of_two_workers_one_imports_and_a_dead_one_is_replaced(admin: Client) -> None:
    upload(admin)
    first, second = SubscriberImport.objects.get(), SubscriberImport.objects.get()
    now = timezone.now()
    assert first.claim_for_worker(at=now)
    assert not second.claim_for_worker(at=now)
    assert not SubscriberImport.objects.waiting(at=now).exists()
    later = now + IMPORT_TIMEOUT
    heir = SubscriberImport.objects.waiting(at=later).get()
    assert heir.claim_for_worker(at=later)
    assert not first.record_progress(done=1, at=later)
    assert not first.finish(ImportState.CHECKED, at=later)
    assert heir.record_progress(done=1, at=later)


def test_lists_are_processed_one_after_the_other(admin: Client) -> None:
    briefing = make_briefing()
    upload(admin, briefing=briefing)
    upload(admin, briefing=briefing)
    first, second = SubscriberImport.objects.order_by("pk")
    assert first.claim_for_worker(at=timezone.now())
    tasks.process_imports()
    second.refresh_from_db()
    assert second.state == ImportState.CHECKING
    assert first.finish(ImportState.CHECKED, at=timezone.now())
    tasks.process_imports()
    second.refresh_from_db()
    assert second.state == ImportState.CHECKED


def test_no_list_is_started_shortly_before_the_send_time_of_an_issue(admin: Client) -> None:
    issue = make_scheduled_issue(publish_at=timezone.now() + timedelta(minutes=2))
    upload(admin)
    tasks.process_imports()
    assert state() == ImportState.CHECKING
    Issue.objects.filter(pk=issue.pk).update(publish_at=timezone.now() + timedelta(minutes=20))
    tasks.process_imports()
    assert state() == ImportState.CHECKED


def test_a_list_that_nobody_confirms_is_removed_after_a_day(admin: Client) -> None:
    upload(admin)
    tasks.process_imports()
    tasks.remove_expired_imports()
    assert state() == ImportState.CHECKED
    SubscriberImport.objects.update(created_at=timezone.now() - timedelta(days=1))
    tasks.remove_expired_imports()
    assert state() == ImportState.STOPPED
    assert not ImportPart.objects.exists()


def test_an_unexpected_error_fails_the_import_and_says_so(
    admin: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    upload(admin)

    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(uploaded_lists, "run_import", fail)
    with pytest.raises(ZeroDivisionError):
        tasks.process_imports()
    assert state() == ImportState.FAILED
    assert "Something went wrong on our side" in look(admin)
    assert "failed" in caplog.text


def test_the_progress_is_reported_in_numbers_and_words(admin: Client) -> None:
    upload(admin)
    subscriber_import = SubscriberImport.objects.get()
    subscriber_import.claim_for_worker(at=timezone.now())
    subscriber_import.record_progress(done=subscriber_import.size // 2, at=timezone.now())
    progress = admin.get(f"{ADDRESS}{subscriber_import.pk}/progress.json").json()
    assert progress["state"] == "checking"
    assert 0.4 < progress["share_done"] < 0.6
    assert progress["words"].startswith("Checking: ")


def test_import_pages_need_the_permission_to_import(admin: Client) -> None:
    upload(admin)
    subscriber_import = SubscriberImport.objects.get()
    other = staff_client(may=("view_subscriber", "view_subscriberimport"))
    for path in (
        "",
        "add/",
        f"{subscriber_import.pk}/change/",
        f"{subscriber_import.pk}/progress.json",
    ):
        assert other.get(ADDRESS + path).status_code == 403, path
    for path in (
        "add/",
        f"{subscriber_import.pk}/begin/",
        f"{subscriber_import.pk}/stop/",
        f"{subscriber_import.pk}/choose/",
    ):
        assert other.post(ADDRESS + path).status_code == 403, path
    assert other.get(f"{ADDRESS}{subscriber_import.pk}/refused.csv").status_code == 403
    for path in ("begin", "stop", "choose"):
        assert admin.get(f"{ADDRESS}{subscriber_import.pk}/{path}/").status_code == 405
    assert admin.get(ADDRESS).status_code == 200
    assert (
        admin.post(f"{ADDRESS}{subscriber_import.pk}/delete/", {"post": "yes"}).status_code == 403
    )


def test_a_list_without_new_people_has_nothing_to_confirm(admin: Client) -> None:
    briefing = make_briefing()
    for name in ("ada", "bob"):
        make_reader(of=briefing, email=f"{name}@example.org")
    upload(admin, briefing=briefing)
    tasks.process_imports()
    page = look(admin)
    assert "Nobody in this list is new" in page
    assert "begin/" not in page
    assert Subscription.objects.count() == 2


def test_a_transition_from_the_wrong_state_is_refused(admin: Client) -> None:
    upload(admin)
    with pytest.raises(TransitionRefused, match="state “Checking”"):
        SubscriberImport.objects.get().begin(by=None)
