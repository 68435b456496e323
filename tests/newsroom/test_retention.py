"""The retention policy: complete, valid, entered out every night, and refused while it has gaps."""

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
from newsroom.duration_words import in_words
from newsroom.emails import GIVE_UP_AFTER
from newsroom.models import OutgoingEmail
from newsroom.retention import enforcement
from newsroom.retention.policy import (
    Condition,
    PolicyError,
    parse_policy,
    policy_file,
    read_policy,
)
from newsroom.retention.table_columns import columns_of_database, columns_of_models
from newsroom.tasks import apply_retention
from subscribers.models import ConsentRecord, Delivery, SignUp, SignUpChoice, Subscriber
from subscribers.models.address_change import CONFIRM_CHANGE_WITHIN
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.models.subscriber_import import FILE_KEPT_FOR, REFUSED_ROWS_KEPT_FOR
from tests.factories import make_briefing, make_comment, make_published_issue, make_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def rewrite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Replace text in the policy for a test."""
    copy = tmp_path / "retention.toml"
    copy.write_text(policy_file().read_text())
    monkeypatch.setattr("newsroom.retention.policy.policy_file", lambda: copy)

    def change(old: str, new: str) -> None:
        assert old in copy.read_text()
        copy.write_text(copy.read_text().replace(old, new, 1))

    return change


def sign_up(client: Client, briefing: Briefing, address: str, *, days_ago: float) -> SignUp:
    client.post("/subscribe/", {"address": address, "briefings": [briefing.slug]})
    made = SignUp.objects.open().get(address=address)
    made.asked_at = timezone.now() - timedelta(days=days_ago)
    made.save(update_fields=["asked_at"])
    return made


# --- complete


def test_every_column_of_the_database_has_an_entry() -> None:
    """When this fails, list the columns that it names in docs/retention.toml."""
    assert read_policy().gaps(columns_of_database()) == []
    assert read_policy().gaps(columns_of_models()) == []
    assert columns_of_models() == columns_of_database()


def test_a_column_without_an_entry_is_named_and_nothing_is_deleted(
    rewrite: Callable[[str, str], None],
) -> None:
    rewrite('"address_hash", ', "")
    rewrite('"token", ', "")
    Session.objects.create(session_key="x", expire_date=timezone.now() - timedelta(days=1))
    with pytest.raises(PolicyError) as error:
        apply_retention()
    assert "subscribers_subscriber.address_hash has no entry" in str(error.value)
    assert "subscribers_subscriber.token has no entry" in str(error.value)
    assert "subscribers_subscriber.name" not in str(error.value)
    assert Session.objects.exists()
    with pytest.raises(CommandError, match="address_hash has no entry"):
        call_command("apply_retention")
    warned = [one for one in run_checks() if one.id == "newsroom.W001"]
    assert [one.msg.split(" ")[0] for one in warned] == [
        "subscribers_subscriber.address_hash",
        "subscribers_subscriber.token",
    ]


def test_a_column_added_by_hand_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (phone text)")
    gaps = read_policy().gaps(columns_of_database())
    assert gaps == ["left_behind.phone has no entry: list it as personal or other."]


def test_an_entry_without_a_column_is_named(rewrite: Callable[[str, str], None]) -> None:
    rewrite("[auth_group]", "[gone_table]\nother = []\n\n[auth_group]")
    rewrite('"codename"]', '"codename", "gone"]')
    with pytest.raises(PolicyError, match=r"auth_permission\.gone is listed.*gone_table is listed"):
        enforcement.count_due(at=timezone.now())


def test_a_rule_that_asks_for_a_column_that_is_gone_is_named(
    rewrite: Callable[[str, str], None],
) -> None:
    rewrite('unless_in = ["briefings_quotation.comment_id"]', 'unless_in = ["gone_table.row_id"]')
    with pytest.raises(PolicyError, match=r"briefings_comment: .* names gone_table\.row_id"):
        enforcement.count_due(at=timezone.now())


DELETE = {"action": "delete", "after": "a", "days": 3}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"personal": ["a"]}, "t.a is personal, but no rule applies to it"),
        ({"personal": ["a"], "other": ["a"]}, "t.a is listed as both personal and other"),
        ({"other": ["a"], "keep": "long"}, "[t] has the unknown key keep"),
        (["a"], "[t] is not a table"),
    ],
)
def test_an_invalid_table_is_named(entry: Any, problem: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse_policy({"t": entry})
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("delete", "is not a table"),
        (DELETE | {"action": "remove"}, "action must be “delete” or “blank”"),
        (DELETE | {"columns": ["a"]}, "list the columns if the action is “blank”"),
        (DELETE | {"action": "blank"}, "list the columns if the action is “blank”"),
        (DELETE | {"action": "blank", "columns": "a"}, "columns must be a list"),
        ({"action": "delete", "days": 3}, "“after”"),
        (DELETE | {"months": 3}, "give the period once"),
        ({"action": "delete", "after": "a"}, "give the period once"),
        (DELETE | {"days": "soon"}, "days must be a whole number"),
        (DELETE | {"days": -1}, "days must be a whole number"),
        (DELETE | {"days": True}, "days must be a whole number"),
        (DELETE | {"after": "b"}, "uses the column b, which is not listed"),
        (DELETE | {"while": {"b": "x"}}, "uses the column b, which is not listed"),
        (DELETE | {"while_null": ["b"]}, "uses the column b, which is not listed"),
        (DELETE | {"while": {"a": 3}}, "while.a must be a text or a list of texts"),
        (DELETE | {"while": "a is null"}, "write “while” as"),
        (DELETE | {"unless": "x"}, "has the unknown key unless"),
        (DELETE | {"unless_in": ["a"]}, "write in “unless_in” columns as TABLE.COLUMN"),
    ],
)
def test_an_invalid_rule_is_named_with_its_table(rule: Any, problem: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse_policy({"t": {"other": ["a"], "rules": [DELETE, rule]}})
    assert str(error.value).startswith("[t], rule 2")
    assert problem in str(error.value)


def test_conditions_are_values_or_null_or_not_null() -> None:
    rule = DELETE | {
        "while": {"state": ["open", "closed"]},
        "while_null": ["a"],
        "while_not_null": ["b"],
    }
    [table] = parse_policy({"t": {"other": ["a", "b", "state"], "rules": [rule]}}).tables.values()
    assert table.rules[0].conditions == (
        Condition(column="state", values=("open", "closed")),
        Condition(column="a", is_null=True),
        Condition(column="b", is_null=False),
    )


def test_a_file_that_is_not_valid_toml_is_named(rewrite: Callable[[str, str], None]) -> None:
    rewrite("[auth_group]", "[auth_group")
    with pytest.raises(PolicyError, match="is not valid TOML"):
        enforcement.count_due(at=timezone.now())
    assert [one.id for one in run_checks() if "is not valid TOML" in one.msg] == ["newsroom.W001"]


def test_a_rule_that_does_not_fit_the_database_is_refused_before_anything_is_touched(
    rewrite: Callable[[str, str], None],
) -> None:
    rewrite('after = "expire_date"', 'after = "session_data"')
    with pytest.raises(PolicyError, match=r"django_session\.session_data is not a date and time"):
        enforcement.count_due(at=timezone.now())
    rewrite(
        'action = "delete"\nafter = "session_data"',
        'action = "blank"\ncolumns = ["expire_date"]\nafter = "expire_date"',
    )
    rewrite('personal = ["session_key", "session_data"]', "personal = []")
    rewrite('other = ["expire_date"]', 'other = ["session_key", "session_data", "expire_date"]')
    with pytest.raises(PolicyError, match=r"django_session\.expire_date cannot be blank"):
        enforcement.count_due(at=timezone.now())


@pytest.mark.parametrize(
    ("amount", "unit", "period", "at", "cutoff"),
    [
        (1, "days", "1 day", "2027-03-01", "2027-02-28"),
        (1, "months", "1 month", "2027-03-31", "2027-02-28"),
        (12, "months", "12 months", "2028-02-29", "2027-02-28"),
        (2, "years", "2 years", "2027-01-15", "2025-01-15"),
        (3, "months", "3 months", "2027-01-15", "2026-10-15"),
        (0, "days", "0 days", "2027-01-15", "2027-01-15"),
    ],
)
def test_periods_are_calendar_periods(
    amount: int, unit: str, period: str, at: str, cutoff: str
) -> None:
    rule = {"action": "delete", "after": "a", unit: amount, "says": "We delete it after {period}."}
    [table] = parse_policy({"t": {"other": ["a"], "rules": [rule]}}).tables.values()
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert table.rules[0].cutoff(at=moment).date().isoformat() == cutoff
    assert table.says == [f"We delete it after {period}."]


# --- entered out


def test_a_sign_up_not_confirmed_in_time_is_deleted_with_its_choices(client: Client) -> None:
    ward = make_briefing()
    old = sign_up(client, ward, "old@example.org", days_ago=CONFIRM_WITHIN.days)
    young = sign_up(client, ward, "young@example.org", days_ago=CONFIRM_WITHIN.days - 0.1)
    used = sign_up(client, ward, "used@example.org", days_ago=0)
    client.post(f"/confirm/{used.token}/")
    SignUp.objects.filter(pk=used.pk).update(asked_at=old.asked_at)
    apply_retention()
    assert set(SignUp.objects.all()) == {young, used}
    assert set(SignUpChoice.objects.values_list("sign_up", flat=True)) == {young.pk, used.pk}
    page = client.post(f"/confirm/{old.token}/")
    assert page.status_code == 404
    assert f"more than {in_words(CONFIRM_WITHIN)} old" in page.content.decode()


def test_a_repeated_sign_up_starts_a_new_period(client: Client) -> None:
    ward = make_briefing()
    sign_up(client, ward, "ada@example.org", days_ago=CONFIRM_WITHIN.days + 10)
    client.post("/subscribe/", {"address": "ada@example.org", "briefings": [ward.slug]})
    apply_retention()
    assert SignUp.objects.open().filter(address="ada@example.org").exists()


def test_a_comment_not_confirmed_in_time_is_deleted() -> None:
    issue = make_published_issue()
    now = timezone.now()
    day = timedelta(days=1)
    unconfirmed: dict[str, Any] = {"state": CommentState.UNCONFIRMED, "confirmed_at": None}
    make_comment(on=issue, created_at=now - CONFIRM_COMMENT_WITHIN, **unconfirmed)
    kept = {
        make_comment(on=issue, created_at=now - CONFIRM_COMMENT_WITHIN + day, **unconfirmed),
        *(
            make_comment(on=issue, created_at=now - 5 * CONFIRM_COMMENT_WITHIN, state=state)
            for state in set(CommentState) - {CommentState.UNCONFIRMED}
        ),
    }
    apply_retention()
    assert set(Comment.objects.all()) == kept


@pytest.mark.parametrize(
    ("table", "promised"),
    [
        ("subscribers_signup", CONFIRM_WITHIN),
        ("subscribers_addresschange", CONFIRM_CHANGE_WITHIN),
        ("briefings_comment", CONFIRM_COMMENT_WITHIN),
        ("newsroom_outgoingemail", GIVE_UP_AFTER),
    ],
)
def test_nothing_is_deleted_before_its_link_or_its_last_attempt(
    table: str, promised: timedelta
) -> None:
    now = timezone.now()
    first_rule = read_policy().tables[table].rules[0]
    assert now - first_rule.cutoff(at=now) >= promised


def test_the_policy_says_how_long_imported_files_are_kept() -> None:
    tables = read_policy().tables
    at_most = f"at most {in_words(FILE_KEPT_FOR)}"
    assert at_most in tables["subscribers_subscriberimport"].kept
    refused = f"{at_most} and refused rows for {in_words(REFUSED_ROWS_KEPT_FOR)}"
    assert refused in tables["subscribers_importpart"].kept


def test_network_addresses_are_blanked_in_the_proof_of_consent_after_a_year() -> None:
    reader = make_reader(of=make_briefing())
    now = timezone.now()
    for days in (364, 367):
        ConsentRecord.objects.create(
            subscriber=reader.subscriber,
            briefing=reader.briefing,
            action="joined",
            source="/subscribe/",
            wording="Please email me",
            ip="203.0.113.9",
            asked_ip=None if days == 367 else "203.0.113.9",
            at=now - timedelta(days=days),
        )
    apply_retention()
    old, young = ConsentRecord.objects.order_by("at")
    assert (old.ip, old.asked_ip, old.wording) == (None, None, "Please email me")
    assert (young.ip, young.asked_ip) == ("203.0.113.9", "203.0.113.9")
    assert enforcement.apply_policy(at=now).rows == {}  # blank columns are not blanked again


def test_server_replies_ended_pauses_and_old_sessions_are_removed(client: Client) -> None:
    now = timezone.now()
    reader = make_reader(of=make_briefing()).subscriber
    long_ago = now - timedelta(days=100)
    Subscriber.objects.update(paused_at=long_ago, paused_until=now - timedelta(days=31))
    for settled in (long_ago, now):
        Delivery.objects.create(
            dispatch_id=int(settled.timestamp()),
            subscriber=reader,
            state=4,
            server_reply="550 <ada@example.org>",
            settled_at=settled,
        )
    for key, expires in (("old", now - timedelta(days=1)), ("new", now + timedelta(days=1))):
        Session.objects.create(session_key=key, session_data="x", expire_date=expires)
    OutgoingEmail.objects.create(name="x", to="x@example.org", subject="x", created_at=long_ago)
    apply_retention()
    answers = Delivery.objects.order_by("settled_at").values_list("server_reply", flat=True)
    assert list(answers) == [None, "550 <ada@example.org>"]
    reader.refresh_from_db()
    assert (reader.paused_at, reader.paused_until) == (None, None)
    assert [session.session_key for session in Session.objects.all()] == ["new"]
    assert not OutgoingEmail.objects.exists()


def test_rows_are_deleted_in_batches_and_a_run_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr("newsroom.retention.enforcement.BATCH_SIZE", 3)
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


def test_the_task_wakes_itself_until_it_has_finished(monkeypatch: pytest.MonkeyPatch) -> None:
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
    call_command("apply_retention", "--dry-run")
    assert "1 django_session" in capsys.readouterr().out
    assert Session.objects.exists()
    call_command("apply_retention")
    assert "1 row deleted or blanked." in capsys.readouterr().out
    assert not Session.objects.exists()


def test_a_period_changed_by_an_operator_applies(
    rewrite: Callable[[str, str], None], client: Client
) -> None:
    sign_up(client, make_briefing(), "ada@example.org", days_ago=12)
    rule = read_policy().tables["subscribers_signup"].rules[0]
    rewrite(f'after = "{rule.after}"\ndays = {rule.amount}', f'after = "{rule.after}"\ndays = 10')
    assert (
        "we delete it 10 days after you last sent the form"
        in client.get("/privacy/").content.decode()
    )
    apply_retention()
    assert not SignUp.objects.exists()


def test_the_privacy_page_is_made_from_the_policy(
    client: Client, rewrite: Callable[[str, str], None]
) -> None:
    page = client.get("/privacy/").content.decode()
    for table in tomllib.loads(policy_file().read_text()).values():
        if "what" in table:
            assert table["what"] in page
    assert page.count("How long</p>") == page.count("<h3>")  # beside each
    headings = ["Your address", "What you entered in a sign-up", "Your comments and answers"]
    headings += ["Your comments and your messages", "If you checked a draft", "your remarks"]
    places = [page.index(words) for words in headings]
    assert places == sorted(places)  # each under its heading
    rule = read_policy().tables["subscribers_signup"].rules[0]
    assert rule.says.format(period=rule.period) in page
    assert "{period}" not in page
    rewrite("[auth_group]", "[auth_group")
    assert "We are updating this list" in client.get("/privacy/").content.decode()


def test_the_beat_knows_every_task_that_it_asks_for() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert apply_retention.name in asked
    assert asked <= set(app.tasks)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "a-key"])
def test_the_privacy_page_names_akismet_where_it_is_asked(
    client: Client, settings: Any, key: str
) -> None:
    settings.AKISMET_KEY = key
    assert ("Akismet" in client.get("/privacy/").content.decode()) == bool(key)
