"""The retention policy: complete, readable, carried out every night, and refused while it lacks."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing, Comment, CommentState
from briefings.models.comment import CONFIRM_WITHIN as CONFIRM_COMMENT_WITHIN
from newsroom.celery import app
from newsroom.models import OutgoingEmail
from newsroom.retention import enforcement
from newsroom.retention.columns import columns_of_database, columns_of_models
from newsroom.retention.policy import PolicyError, parse_policy, policy_file, read_policy
from newsroom.tasks import apply_retention
from subscribers.models import ConsentRecord, Delivery, SignUp, SignUpChoice, Subscriber
from subscribers.models.sign_up import CONFIRM_WITHIN
from tests.factories import make_briefing, make_comment, make_published_issue, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def rewrite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Change words of the policy for a test."""
    words = policy_file().read_text()
    copy = tmp_path / "retention.toml"
    copy.write_text(words)
    monkeypatch.setattr("newsroom.retention.policy.policy_file", lambda: copy)

    def change(old: str, new: str) -> None:
        assert old in copy.read_text()
        copy.write_text(copy.read_text().replace(old, new, 1))

    return change


def ask(client: Client, briefing: Briefing, address: str, *, days_ago: float) -> SignUp:
    client.post("/subscribe/", {"address": address, "briefings": [briefing.slug]})
    asked = SignUp.objects.open().get(address=address)
    asked.asked_at = timezone.now() - timedelta(days=days_ago)
    asked.save(update_fields=["asked_at"])
    return asked


# --- complete


def test_every_column_of_the_database_has_an_entry() -> None:
    """When this fails, write the columns it names into docs/retention.toml."""
    assert read_policy().gaps(columns_of_database()) == []
    assert read_policy().gaps(columns_of_models()) == []
    assert columns_of_models() == columns_of_database()


def test_a_column_without_an_entry_is_named_and_stops_the_night(
    rewrite: Callable[[str, str], None],
) -> None:
    rewrite(
        '"address", "address_hash", "name", "token", "moved_at"', '"address", "name", "moved_at"'
    )
    Session.objects.create(session_key="x", expire_date=timezone.now() - timedelta(days=1))
    with pytest.raises(PolicyError) as refused:
        apply_retention()
    assert "subscribers_subscriber.address_hash lacks an entry" in str(refused.value)
    assert "subscribers_subscriber.token lacks an entry" in str(refused.value)
    assert "subscribers_subscriber.name" not in str(refused.value)
    assert Session.objects.exists()
    with pytest.raises(CommandError, match="address_hash lacks an entry"):
        call_command("keep_retention")
    warned = [one for one in run_checks() if one.id == "newsroom.W001"]
    assert [one.msg.split(" ")[0] for one in warned] == [
        "subscribers_subscriber.address_hash",
        "subscribers_subscriber.token",
    ]


def test_a_column_that_somebody_added_by_hand_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (phone text)")
    gaps = read_policy().gaps(columns_of_database())
    assert gaps == ["left_behind.phone lacks an entry: list it as personal or other."]


def test_an_entry_without_a_column_is_named(rewrite: Callable[[str, str], None]) -> None:
    rewrite("[auth_group]", "[gone_table]\nother = []\n\n[auth_group]")
    rewrite('"codename"]', '"codename", "gone"]')
    with pytest.raises(PolicyError, match=r"auth_permission\.gone is listed.*gone_table is listed"):
        enforcement.count_due(at=timezone.now())


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"personal": ["a"]}, "t.a is personal, but no rule touches it"),
        ({"personal": ["a"], "other": ["a"]}, "t.a is listed as personal and as other"),
        ({"other": ["a"], "rules": [{"do": "delete rows soon"}]}, "not understood: “delete rows"),
        ({"other": ["a"], "rules": ["delete rows"]}, "is not understood"),
        (
            {"other": ["a"], "rules": [{"do": "delete rows 3 days after b"}]},
            "names b, which is not listed",
        ),
        (
            {"other": ["a"], "rules": [{"do": "delete rows 3 days after a while a = 3"}]},
            "after “while”: “a = 3”",
        ),
        ({"other": ["a"], "keep": "long"}, "what it cannot have"),
        (["a"], "what it cannot have"),
    ],
)
def test_a_policy_that_cannot_be_understood_says_where(entry: Any, words: str) -> None:
    with pytest.raises(PolicyError, match=r"\bt\b") as refused:
        parse_policy({"t": entry})
    assert words in str(refused.value)


def test_a_file_that_is_no_policy_is_told(rewrite: Callable[[str, str], None]) -> None:
    rewrite("[auth_group]", "[auth_group")
    with pytest.raises(PolicyError, match="is no TOML"):
        enforcement.count_due(at=timezone.now())
    assert [one.id for one in run_checks() if "is no TOML" in one.msg] == ["newsroom.W001"]


def test_a_rule_that_the_database_cannot_follow_is_refused_before_anything_is_touched(
    rewrite: Callable[[str, str], None],
) -> None:
    rewrite("delete rows 0 days after expire_date", "delete rows 0 days after session_data")
    with pytest.raises(PolicyError, match=r"django_session\.session_data is no moment"):
        enforcement.count_due(at=timezone.now())
    rewrite("delete rows 0 days after session_data", "blank expire_date 0 days after expire_date")
    rewrite("delete rows 24 months after action_time", "blank user_id 1 day after action_time")
    with pytest.raises(PolicyError, match=r"user_id cannot be blank|no rule touches"):
        enforcement.count_due(at=timezone.now())


@pytest.mark.parametrize(
    ("period", "at", "cutoff"),
    [
        ("1 day", "2027-03-01", "2027-02-28"),
        ("1 month", "2027-03-31", "2027-02-28"),
        ("12 months", "2028-02-29", "2027-02-28"),
        ("2 years", "2027-01-15", "2025-01-15"),
        ("3 months", "2027-01-15", "2026-10-15"),
        ("0 days", "2027-01-15", "2027-01-15"),
    ],
)
def test_periods_are_counted_as_people_do(period: str, at: str, cutoff: str) -> None:
    rule = {"do": f"delete rows {period} after a", "says": "gone after {period}"}
    [table] = parse_policy({"t": {"other": ["a"], "rules": [rule]}}).tables.values()
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert table.rules[0].cutoff(at=moment).date().isoformat() == cutoff
    assert table.says == [f"gone after {period}"]


# --- carried out


def test_a_sign_up_nobody_confirmed_for_30_days_goes_with_its_evidence(client: Client) -> None:
    ward = make_briefing()
    old = ask(client, ward, "old@example.org", days_ago=30)
    young = ask(client, ward, "young@example.org", days_ago=29.9)
    used = ask(client, ward, "used@example.org", days_ago=0)
    client.post(f"/confirm/{used.token}/")
    SignUp.objects.filter(pk=used.pk).update(asked_at=old.asked_at)
    apply_retention()
    assert set(SignUp.objects.all()) == {young, used}
    assert set(SignUpChoice.objects.values_list("sign_up", flat=True)) == {young.pk, used.pk}
    page = client.post(f"/confirm/{old.token}/")
    assert page.status_code == 404
    assert "older than 30 days" in page.content.decode()


def test_a_sign_up_asked_for_anew_begins_anew(client: Client) -> None:
    ward = make_briefing()
    ask(client, ward, "ada@example.org", days_ago=40)
    client.post("/subscribe/", {"address": "ada@example.org", "briefings": [ward.slug]})
    apply_retention()
    assert SignUp.objects.open().filter(address="ada@example.org").exists()


def test_a_comment_nobody_confirmed_for_7_days_goes() -> None:
    issue = make_published_issue()
    now = timezone.now()
    week, day = timedelta(days=7), timedelta(days=1)
    unconfirmed: dict[str, Any] = {"state": CommentState.UNCONFIRMED, "confirmed_at": None}
    make_comment(on=issue, created_at=now - week, **unconfirmed)
    kept = {
        make_comment(on=issue, created_at=now - week + day, **unconfirmed),
        *(
            make_comment(on=issue, created_at=now - 5 * week, state=state)
            for state in set(CommentState) - {CommentState.UNCONFIRMED}
        ),
    }
    apply_retention()
    assert set(Comment.objects.all()) == kept


def test_no_link_that_a_letter_promises_is_taken_away_before_its_time() -> None:
    tables = read_policy().tables
    now = timezone.now()
    for table, promised in (
        ("subscribers_signup", CONFIRM_WITHIN),
        ("briefings_comment", CONFIRM_COMMENT_WITHIN),
    ):
        assert now - tables[table].rules[0].cutoff(at=now) >= promised, table


def test_network_addresses_leave_the_proof_of_consent_after_a_year() -> None:
    reader = make_reader(of=make_briefing())
    now = timezone.now()
    for days in (364, 367):
        ConsentRecord.objects.create(
            subscriber=reader.subscriber,
            briefing=reader.briefing,
            action="joined",
            source="/subscribe/",
            wording="Please e-mail me",
            ip="203.0.113.9",
            asked_ip=None if days == 367 else "203.0.113.9",
            at=now - timedelta(days=days),
        )
    apply_retention()
    old, young = ConsentRecord.objects.order_by("at")
    assert (old.ip, old.asked_ip, old.wording) == (None, None, "Please e-mail me")
    assert (young.ip, young.asked_ip) == ("203.0.113.9", "203.0.113.9")
    assert enforcement.apply_policy(at=now).rows == {}  # what is blank is not blanked again


def test_what_mail_servers_said_a_pause_that_ended_and_old_sessions_go(client: Client) -> None:
    now = timezone.now()
    reader = make_reader(of=make_briefing()).subscriber
    long_ago = now - timedelta(days=100)
    Subscriber.objects.update(paused_at=long_ago, paused_until=now - timedelta(days=31))
    for settled in (long_ago, now):
        Delivery.objects.create(
            dispatch_id=int(settled.timestamp()),
            subscriber=reader,
            state=4,
            answer="550 <ada@example.org>",
            settled_at=settled,
        )
    for key, expires in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
        Session.objects.create(session_key=key, session_data="x", expire_date=expires)
    OutgoingEmail.objects.create(name="x", to="x@example.org", subject="x", created_at=long_ago)
    apply_retention()
    answers = Delivery.objects.order_by("settled_at").values_list("answer", flat=True)
    assert list(answers) == [None, "550 <ada@example.org>"]
    reader.refresh_from_db()
    assert (reader.paused_at, reader.paused_until) == (None, None)
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert not OutgoingEmail.objects.exists()


def test_the_night_works_in_batches_and_a_stretch_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr("newsroom.retention.enforcement.BATCH", 3)
    now = timezone.now()
    long_ago = now - timedelta(days=2)
    Session.objects.bulk_create(
        Session(session_key=f"k{n:02}", session_data="x", expire_date=long_ago) for n in range(10)
    )
    first = enforcement.apply_policy(at=now, seconds=0)
    assert (first.rows, first.is_finished) == ({"django_session": 3}, False)
    rest = enforcement.apply_policy(at=now)
    assert (rest.rows, rest.is_finished) == ({"django_session": 7}, True)
    assert enforcement.apply_policy(at=now).rows == {}


def test_the_task_has_itself_woken_until_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsroom.retention.enforcement.RUN_SECONDS", 0.0)
    woken: list[object] = []
    monkeypatch.setattr("newsroom.tasks.wake", woken.append)
    long_ago = timezone.now() - timedelta(days=2)
    Session.objects.create(session_key="k", session_data="x", expire_date=long_ago)
    apply_retention()
    apply_retention()
    assert woken == [apply_retention.name]


def test_a_dry_run_counts_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    Session.objects.create(session_key="k", session_data="x", expire_date=long_ago)
    call_command("keep_retention", "--dry-run")
    assert "1 django_session" in capsys.readouterr().out
    assert Session.objects.exists()
    call_command("keep_retention")
    assert "1 rows: done." in capsys.readouterr().out
    assert not Session.objects.exists()


def test_a_period_that_an_operator_changes_holds(
    rewrite: Callable[[str, str], None], client: Client
) -> None:
    ask(client, make_briefing(), "ada@example.org", days_ago=12)
    rewrite("delete rows 30 days after asked_at", "delete rows 10 days after asked_at")
    assert "deleted 10 days after the form" in client.get("/privacy/").content.decode()
    apply_retention()
    assert not SignUp.objects.exists()


def test_the_privacy_page_says_what_is_carried_out(
    client: Client, rewrite: Callable[[str, str], None]
) -> None:
    page = client.get("/privacy/").content.decode()
    for table in tomllib.loads(policy_file().read_text()).values():
        if "what" in table:
            assert table["what"] in page
    assert "Not confirmed: deleted 30 days after the form was last sent." in page
    assert "{period}" not in page
    rewrite("[auth_group]", "[auth_group")
    assert "This list is being revised" in client.get("/privacy/").content.decode()


def test_the_beat_knows_every_task_that_it_asks_for() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert apply_retention.name in asked
    assert asked <= set(app.tasks)
