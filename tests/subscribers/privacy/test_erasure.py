"""After an erasure no column of any table has anything of the person."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from briefings.models import Comment, CommentState
from briefings.models.comment import REMOVED_COMMENT
from newsroom.emails import queue_email
from newsroom.inbox import storage
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.retention import enforcement
from subscribers.lists import uploaded_lists
from subscribers.models import (
    Delivery,
    Dispatch,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address
from subscribers.privacy import tasks
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_of
from subscribers.sending import ledger
from tests.factories import make_briefing, make_comment, make_published_issue, make_reader
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, make_csv
from tests.subscribers.sending import sending_setup
from tests.subscribers.subscriber_lives import (
    IP,
    IP6,
    NAME,
    NEW,
    OLD,
    TAKEN,
    THIRD,
    Life,
    every_value,
    live,
    owner_link,
)

pytestmark = pytest.mark.django_db
# Parts too: a first name, a local part, an address in another spelling.
NEEDLES = ["adelheid", "quill", "third@", IP, IP6, "203.0.113", "2001:db8:77"]


def log_in_admin(model: type[Model], pk: int, words: str, flag: int) -> None:
    user, _ = User.objects.get_or_create(username="editor")
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(model),
        object_id=str(pk),
        object_repr=words,
        action_flag=flag,
        change_message=json.dumps([{"deleted": {"name": "comment", "object": words}}]),
    )


@pytest.fixture
def life(client: Client) -> Life:
    """A reader with traces in every table that the project writes."""
    lived = live(client)
    log_in_admin(Comment, lived.comment.pk, f"{NAME} on Something", CHANGE)
    log_in_admin(Comment, 4711, f"{NAME} on Something else", DELETION)
    log_in_admin(Subscriber, lived.subscriber.pk, NEW, CHANGE)
    a_day = timedelta(days=1)
    queue_email("preferences_link", to=NEW, context={"link": "/", "valid_for": a_day})
    queue_email("confirm_new_address", to=THIRD, context={"link": "/", "confirm_within": a_day})
    Suppression.objects.create(
        address_hash=hash_address(NEW), reason="bounced", detail=f"550 {NEW} unknown"
    )
    upload_list(lived)
    upload_list(lived, is_imported=True)
    return lived


def upload_list(lived: Life, *, is_imported: bool = False) -> None:
    """Upload a list that names the reader; let it wait, or have it imported."""
    rows = [[NEW.upper(), NAME], [f"Else <{OLD}>", "Somebody"], ["bob@example.org", "Bob"]]
    data = make_csv(["email", "name"], *rows)
    facts: dict[str, Any] = {"size": len(data), "options": EVIDENCE_OPTIONS, "by": None}
    subscriber_import = uploaded_lists.store_upload(
        io.BytesIO(data), name="list.csv", briefing=lived.briefings[0], **facts
    )
    if is_imported:
        uploaded_lists.process(subscriber_import)
        subscriber_import.refresh_from_db()
        subscriber_import.begin(by=None)
        uploaded_lists.process(subscriber_import)


def finish_erasures() -> None:
    """Do what is left to a worker: two lists to search."""
    tasks.finish_erasures()
    tasks.finish_erasures()


def traces() -> dict[str, list[str]]:
    """Return what is found of the reader, by table.column."""
    found = {
        column: [value for value in values if any(one in value.lower() for one in NEEDLES)]
        for column, values in every_value().items()
    }
    sessions = [str(session.get_decoded()) for session in Session.objects.all()]
    found["sessions"] = [one for one in sessions if any(part in one.lower() for part in NEEDLES)]
    return {column: values for column, values in found.items() if values}


def test_nothing_of_an_erased_reader_is_in_any_column_of_any_table(
    client: Client, life: Life
) -> None:
    assert {column.split(".")[0] for column in traces()} == {
        "briefings_comment",
        "briefings_commenter",
        "briefings_commentreport",
        "briefings_earlierwords",
        "briefings_quoteconsent",
        "django_admin_log",
        "newsroom_outgoingemail",
        "subscribers_addresschange",
        "subscribers_consentrecord",
        "subscribers_delivery",
        "subscribers_importpart",
        "subscribers_bounceevent",
        "subscribers_signup",
        "subscribers_signupchoice",
        "subscribers_subscriber",
        "subscribers_subscriberimport",
        "subscribers_suppression",
    }
    link = owner_link(Subscriber.objects.get(pk=life.subscriber.pk))
    asked = client.get(f"{link}erase/")
    assert "Erase everything about you?" in asked.content.decode()
    assert Subscriber.objects.filter(pk=life.subscriber.pk).exists()
    answer = client.post(f"{link}erase/")
    # A worker does the rest.
    assert traces().keys() <= {
        "subscribers_importpart.data",
        "subscribers_subscriberimport.reading",
    }
    finish_erasures()
    assert "Your data has been erased" in answer.content.decode()
    assert traces() == {}
    assert client.get(link).status_code == 404
    hashes = Suppression.objects.filter(reason=SuppressionReason.ERASED)
    assert set(hashes.values_list("address_hash", flat=True)) == {
        hash_address(NEW),
        hash_address(OLD),
    }
    # Other people's data is still there.
    assert {one.address for one in Subscriber.objects.all()} == {TAKEN, "bob@example.org"}


def test_the_counts_of_a_dispatch_stay_right(client: Client, life: Life) -> None:
    before = list(Delivery.objects.values_list("pk", "dispatch", "state", "subscriber"))
    erase(person_of(life.subscriber), keep_words=False)
    assert list(Delivery.objects.values_list("pk", "dispatch", "state", "subscriber")) == before
    assert not Delivery.objects.exclude(server_reply=None).exists()
    for link in life.links["issue"]:
        assert client.get(link).status_code in {200, 404}, link


def test_a_waiting_delivery_to_an_erased_reader_is_skipped(client: Client, life: Life) -> None:
    Delivery.objects.update(state=0, server_reply=None, settled_at=None)
    erase(person_of(life.subscriber), keep_words=False)
    for dispatch in Dispatch.objects.order_by("pk"):
        assert sending_setup.take(dispatch) is None
        assert ledger.finish_if_settled(dispatch)


def test_an_erased_address_cannot_be_signed_up_or_emailed(client: Client, life: Life) -> None:
    erase(person_of(life.subscriber), keep_words=False)
    data = {"address": NEW.upper(), "briefings": [life.briefings[0].slug]}
    assert client.post("/subscribe/", data).status_code == 200
    assert client.post("/preferences/", {"address": OLD}).status_code == 200
    assert not OutgoingEmail.objects.exists()
    assert not Subscriber.objects.at_address(NEW).exists()


@pytest.mark.parametrize("keep_words", [True, False])
def test_comments_are_kept_only_if_the_reader_wants_it(client: Client, keep_words: bool) -> None:
    issue = make_published_issue()
    reader = make_reader(of=issue.briefing, email="Ada@example.org", name="Ada").subscriber
    facts: dict[str, Any] = {"on": issue, "email": "ada@EXAMPLE.org", "name": "Ada"}
    shown = make_comment(body="shown", **facts)
    answered = make_comment(body="answered", **facts)
    answer = make_comment(on=issue, body="the answer", parent=answered, name="Bob")
    own_answer = make_comment(body="own answer", **{**facts, "parent": shown})
    waiting = make_comment(body="waits", state=CommentState.PENDING, **facts)
    make_comment(body="never shown", state=CommentState.REJECTED, **facts)
    make_comment(body="never confirmed", state=CommentState.UNCONFIRMED, **facts)
    client.post(f"{owner_link(reader)}erase/", {"keep_words": "on"} if keep_words else {})
    assert not Comment.objects.exclude(email="").exists()
    assert set(Comment.objects.exclude(name="").values_list("name", flat=True)) == {"Bob"}
    words = dict(Comment.objects.values_list("pk", "body"))
    if keep_words:
        assert words == {
            shown.pk: "shown",
            answered.pk: "answered",
            answer.pk: "the answer",
            own_answer.pk: "own answer",
            waiting.pk: "waits",
        }
    else:
        assert words == {answered.pk: REMOVED_COMMENT, answer.pk: "the answer"}


def test_an_erasure_is_all_or_nothing(monkeypatch: pytest.MonkeyPatch, life: Life) -> None:
    before = every_value()

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr("subscribers.privacy.erasure.deliveries_to", break_down)
    with pytest.raises(RuntimeError):
        erase(person_of(life.subscriber), keep_words=False)
    assert every_value() == before


def test_only_the_owner_can_erase(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email="ada@example.org").subscriber
    for path in (f"/preferences/{reader.token}/erase/", f"/preferences/{reader.token}/data/"):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"/preferences/{reader.token}/"
    for path in ("/preferences/nonsense/erase/", "/preferences/nonsense/data/"):
        assert client.post(path).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"{owner_link(reader)}erase/").status_code == 403
    assert Subscriber.objects.exists()


def test_a_former_address_that_is_somebody_elses_now_is_left_alone(
    client: Client, life: Life
) -> None:
    heir = make_reader(of=life.briefings[0], email=OLD)
    erase(person_of(life.subscriber), keep_words=False)
    assert heir in Subscription.objects.mailable()


def test_emails_to_the_reader_are_deleted_from_the_development_inbox(
    settings: Any,
    tmp_path: Path,
    life: Life,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.INBOX_DIR = tmp_path
    for address in (NEW, OLD.upper(), TAKEN):
        storage.store(b"Subject: x\r\n\r\nx", to=address)
    with django_capture_on_commit_callbacks(execute=True):
        erase(person_of(life.subscriber), keep_words=False)
    assert [email.to for email in storage.stored_emails()] == [TAKEN]


# --- by staff


def test_staff_confirm_an_erasure_and_the_log_does_not_name_the_reader(
    client: Client, life: Life, admin_client: Client
) -> None:
    page = f"/admin/subscribers/subscriber/{life.subscriber.pk}"
    assert f"{page}/erase/" in admin_client.get(f"{page}/change/").content.decode()
    assert NEW in admin_client.get(f"{page}/erase/").content.decode()
    assert Subscriber.objects.filter(pk=life.subscriber.pk).exists()
    answer = admin_client.post(f"{page}/erase/")
    assert answer.status_code == 302
    finish_erasures()
    assert traces() == {}
    entry = AuditLogEntry.objects.get(verb="erased")
    assert (entry.actor_name, entry.subject_id) == ("admin", str(life.subscriber.pk))
    assert admin_client.get(answer.headers["Location"]).status_code == 200
    assert admin_client.get(f"{page}/erase/").status_code == 404


def test_an_erasure_in_the_admin_needs_the_permission_to_delete(client: Client) -> None:
    reader = make_reader(of=make_briefing()).subscriber
    client.force_login(User.objects.create_user("reporter", is_staff=True))
    path = f"/admin/subscribers/subscriber/{reader.pk}/erase/"
    assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)
    assert Subscriber.objects.exists()


def test_requests_by_others_to_use_an_erased_address_are_deleted(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email="bob@example.org").subscriber
    ada = make_reader(of=make_briefing(), email="ada@example.org").subscriber
    client.post(owner_link(reader), {"change-address": "1", "address": "ada@example.org"})
    erase(person_of(ada), keep_words=False)
    found = {where for where, values in every_value().items() if "ada@" in str(values).lower()}
    assert found == set()
    assert Subscriber.objects.get() == reader


def test_a_command_erases_an_address_of_a_subscriber_or_not(client: Client) -> None:
    ward = make_briefing()
    client.post("/subscribe/", {"address": "Typed@example.org", "briefings": [ward.slug]})
    make_comment(on=make_published_issue(briefing=ward), email="typed@example.org", name="Typed")
    with pytest.raises(CommandError, match="--yes"):
        call_command("erase_person", "typed@example.org")
    assert SignUp.objects.exists()
    with pytest.raises(CommandError, match=r"name@example\.org"):
        call_command("erase_person", "typed", "--yes")
    call_command("erase_person", "TYPED@example.org", "--yes")
    assert not SignUp.objects.exists()
    assert not Comment.objects.exists()
    assert Suppression.objects.at_address("typed@example.org").exists()


def test_an_erasure_finds_everything_after_retention_removed_some_fields(life: Life) -> None:
    later = timezone.now() + timedelta(days=900)
    enforcement.apply_policy(at=later)
    assert any(NAME in value for value in every_value()["briefings_comment.name"])
    person = person_of(Subscriber.objects.get(pk=life.subscriber.pk))
    erase(person, keep_words=False)
    finish_erasures()
    assert traces() == {}
