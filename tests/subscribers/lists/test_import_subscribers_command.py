"""Lists are imported with evidence of consent, whole or not at all, and resubscribe nobody."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from newsroom.models import AuditLogEntry
from newsroom.tokens import is_row_token
from subscribers.consent import unsubscribe
from subscribers.models import (
    AddressChange,
    AddressChangeState,
    ConsentRecord,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)
from subscribers.models.address_hash import hash_address
from tests.factories import make_briefing, make_reader
from tests.subscribers.lists.list_files import EVIDENCE, import_list, make_csv

pytestmark = pytest.mark.django_db
HEADER = ["email", "name", "consent_date", "source", "wording"]


def row(email: str = "ada@example.org", **cells: str) -> list[str]:
    known = {
        "name": "Ada Byron",
        "consent_date": "2024-05-01 10:00:00",
        "source": "/ward/",
        "wording": "Please email me.",
    }
    return [email, *(known | cells).values()]


def counts(result: dict[str, Any]) -> tuple[int, int, int, int]:
    return result["new"], result["already_there"], result["repeated"], result["refused"]


def reasons(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["line"], one["reason"]) for one in result["refused_rows"]]


def test_a_row_becomes_a_subscriber_with_its_consent() -> None:
    briefing = make_briefing()
    result = import_list(make_csv(HEADER, row("Ada@Example.org")), into=briefing)
    assert counts(result) == (1, 0, 0, 0)
    subscription = Subscription.objects.get()
    subscriber = subscription.subscriber
    assert (subscriber.address, subscriber.name) == ("Ada@example.org", "Ada Byron")
    assert subscriber.address_hash == hash_address("ada@example.org")
    assert is_row_token(subscriber.token)
    assert is_row_token(subscription.token)
    assert subscriber.token != subscription.token
    agreed = datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert (subscription.briefing, subscription.state) == (briefing, "active")
    assert (subscription.joined_at, subscription.unsubscribed_at) == (agreed, None)
    record = ConsentRecord.objects.get()
    assert (record.subscriber, record.briefing, record.action) == (subscriber, briefing, "imported")
    assert (record.at, record.source, record.wording) == (agreed, "/ward/", "Please email me.")
    assert list(Subscription.objects.mailable()) == [subscription]


def test_evidence_may_be_stated_once_for_the_file() -> None:
    result = import_list(
        make_csv(["E-Mail"], ["ada@example.org"]), into=make_briefing(), **EVIDENCE
    )
    assert result["new"] == 1
    record = ConsentRecord.objects.get()
    assert record.at == datetime(2024, 5, 1, tzinfo=UTC)
    assert (record.source, record.wording) == (EVIDENCE["source"], EVIDENCE["wording"])


@pytest.mark.parametrize(
    ("missing", "words"), [("consented_on", "when"), ("source", "where"), ("wording", "told")]
)
def test_nothing_is_imported_without_evidence(missing: str, words: str) -> None:
    stated = {name: result for name, result in EVIDENCE.items() if name != missing}
    with pytest.raises(CommandError, match=f"(?s)Nothing was imported.*{words}"):
        import_list(make_csv(["email"], ["ada@example.org"]), into=make_briefing(), **stated)
    assert not Subscriber.objects.exists()


def test_a_second_import_changes_nothing() -> None:
    briefing = make_briefing()
    data = make_csv(HEADER, row(), row("bob@example.org"))
    import_list(data, into=briefing)
    before = [list(model.objects.values()) for model in (Subscriber, Subscription, ConsentRecord)]
    result = import_list(data, into=briefing)
    assert counts(result) == (0, 2, 0, 0)
    after = [list(model.objects.values()) for model in (Subscriber, Subscription, ConsentRecord)]
    assert after == before


def test_an_address_in_several_spellings_counts_once() -> None:
    result = import_list(
        make_csv(HEADER, row("ada@example.org"), row("ADA@EXAMPLE.org"), row(" Ada@example.ORG ")),
        into=make_briefing(),
    )
    assert counts(result) == (1, 0, 2, 0)
    assert Subscriber.objects.get().address == "ada@example.org"


def test_an_existing_subscriber_gets_another_briefing_and_keeps_their_name() -> None:
    known = make_reader(of=make_briefing(), email="ada@example.org", name="A. Byron")
    other = make_briefing()
    assert counts(import_list(make_csv(HEADER, row()), into=other)) == (1, 0, 0, 0)
    assert Subscriber.objects.get().name == "A. Byron"
    assert set(known.subscriber.subscriptions.values_list("briefing", flat=True)) == {
        known.briefing_id,
        other.pk,
    }


def test_nobody_who_unsubscribed_or_is_suppressed_is_subscribed_again() -> None:
    briefing = make_briefing()
    gone = make_reader(of=briefing, email="gone@example.org")
    unsubscribe(gone, at=timezone.now(), source="email", ip=None)
    gone_all = make_reader(of=make_briefing(), email="gone-all@example.org")
    unsubscribe(gone_all, at=timezone.now(), source="email", ip=None)
    for name in ("erased", "complained", "bounced"):
        Suppression.objects.create(
            address_hash=hash_address(f"{name}@example.org"), reason=SuppressionReason(name)
        )
    records = ConsentRecord.objects.count()
    names = ("gone", "GONE-all", "erased", "complained", "Bounced")
    result = import_list(
        make_csv(HEADER, *(row(f"{name}@example.org") for name in names)), into=briefing
    )
    assert counts(result) == (0, 0, 0, 5)
    assert not Subscription.objects.active().exists()
    assert Subscriber.objects.count() == 2
    assert ConsentRecord.objects.count() == records
    assert [line for line, _ in reasons(result)] == ["2", "3", "4", "5", "6"]
    assert "unsubscribed from the briefing" in result["refused_rows"][0]["reason"]
    assert "unsubscribed from every briefing" in result["refused_rows"][1]["reason"]
    assert "suppressed" in result["refused_rows"][2]["reason"]


def test_nobody_is_subscribed_again_at_their_former_address() -> None:
    briefing = make_briefing()
    reader = make_reader(of=briefing, email="old@example.org").subscriber
    now = timezone.now()
    AddressChange.objects.create(
        subscriber=reader,
        old_address="old@example.org",
        old_address_hash=reader.address_hash,
        new_address="new@example.org",
        new_address_hash=hash_address("new@example.org"),
        state=AddressChangeState.DONE,
        old_agreed_at=now,
        new_agreed_at=now,
    )
    Subscriber.objects.update(
        address="new@example.org", address_hash=hash_address("new@example.org")
    )
    data = make_csv(HEADER, row("OLD@example.org"))
    result = import_list(data, into=briefing)
    assert counts(result) == (0, 0, 0, 1)
    assert "changed their address" in result["refused_rows"][0]["reason"]
    make_reader(of=make_briefing(), email="old@example.org")  # the next owner of that mailbox
    assert import_list(data, into=briefing)["new"] == 1


def test_refused_rows_are_written_with_line_reason_and_cells() -> None:
    result = import_list(
        make_csv(
            HEADER,
            row("no address@example.org"),
            row(name='A name "quoted"', wording="Two\nlines"),
            row(""),
            row("bob@example.org", consent_date="tomorrow"),
            row("cyd@example.org", consent_date="2999-01-01"),
            row("dan@example.org", source=""),
            [*row("eve@example.org"), "one too many"],
            row("fay@example.org")[:3],
            row("gus@example.org", wording="=1+1", consent_date=""),
        ),
        into=make_briefing(),
    )
    assert counts(result) == (1, 0, 0, 8)
    lines, words = zip(*reasons(result), strict=True)
    assert lines == ("2", "5", "6", "7", "8", "9", "10", "11")
    expected = (
        "spaces",
        "no email address",
        "cannot be read",
        "future",
        "where",
        "more",
        "fewer",
        "no consent date",
    )
    for reason, word in zip(words, expected, strict=True):
        assert word in reason
    assert result["refused_rows"][0]["email"] == "no address@example.org"
    assert result["refused_rows"][-1]["wording"] == "'=1+1"
    assert sum(result["reasons"].values()) == 8


@pytest.mark.parametrize(
    ("name", "word"),
    [
        *(("Ann\nBo", "lines"), ("Ann\rBo", "lines"), ("Ann\u2028Bo", "lines")),
        *(("Bo bo@example.org", "address"), ("bo@example.org", "address")),
        *(("Ann,2024-05-01 Bo 2024-05-02", "dates"), ("1.5.2024 Ann 2/5/2024", "dates")),
    ],
)
def test_a_name_that_holds_other_rows_refuses_its_own(name: str, word: str) -> None:
    result = import_list(make_csv(HEADER, row(name=name), row("b@x.example")), into=make_briefing())
    assert counts(result) == (1, 0, 0, 1)
    assert word in result["refused_rows"][0]["reason"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("Ada@Example.org ", ""), ("Ann 3rd, 1.5.2024", "Ann 3rd, 1.5.2024"), ("Ann\r\n", "Ann")],
)
def test_a_name_with_little_wrong_is_imported(name: str, kept: str) -> None:
    import_list(make_csv(HEADER, row(name=name)), into=make_briefing())
    assert Subscriber.objects.get().name == kept


def test_a_stray_quotation_mark_costs_one_row_and_every_line_is_accounted_for() -> None:
    briefing = make_briefing()
    lines = [
        "email,name,consent_date",
        'ann@example.org,"Ann,2024-05-01',
        'bob@example.org,"Bob B",2024-05-01',
        "",
        'cyd@example.org,"Cyd ""C"" Lee",2024-05-01',
        'dan@example.org,"Dan "D" Lee",2024-05-01',
    ]
    data = "\r\n".join(lines).encode()
    result = import_list(data, into=briefing, source="s", wording="w")
    assert counts(result) == (2, 0, 0, 2)
    assert [line for line, _ in reasons(result)] == ["2", "6"]
    assert result["refused_rows"][0]["name"] == '"Ann'
    assert (result["lines"], result["header_lines"], result["empty_lines"]) == (6, 1, 1)
    assert result["rows"] + result["continued_lines"] + 2 == result["lines"]
    names = Subscriber.objects.values_list("address", "name")
    assert dict(names) == {"bob@example.org": "Bob B", "cyd@example.org": 'Cyd "C" Lee'}


def test_a_dry_run_reports_the_same_and_writes_nothing() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="bob@example.org")
    data = make_csv(HEADER, row(), row("bob@example.org"), row("nonsense"))
    dry = import_list(data, into=briefing, dry_run=True)
    assert Subscriber.objects.count() == 1
    assert not AuditLogEntry.objects.exists()
    wet = import_list(data, into=briefing)
    assert {**dry, "dry_run": False, "refused_file": ""} == {**wet, "refused_file": ""}
    assert wet["new"] == 1


def test_an_import_is_logged_without_naming_anybody() -> None:
    briefing = make_briefing()
    import_list(make_csv(HEADER, row()), into=briefing)
    entry = AuditLogEntry.objects.on(briefing).get()
    assert (entry.verb, entry.detail["new"]) == ("imported subscribers", 1)
    assert "ada" not in str(entry.detail)


def test_columns_can_be_chosen_where_their_names_are_unknown() -> None:
    data = make_csv(["Kontakt", "Wer", "Kontakt"], ["Fair", "Ada", "ada@example.org"])
    briefing = make_briefing()
    with pytest.raises(CommandError, match=r"(?s)email address.*Kontakt, Wer.*--columns"):
        import_list(data, into=briefing, **EVIDENCE)
    with pytest.raises(CommandError, match="Choose #1 or #3"):
        import_list(data, into=briefing, columns=["address=Kontakt"], **EVIDENCE)
    with pytest.raises(CommandError, match=r"no column 'Mail'.*Its columns are: Kontakt"):
        import_list(data, into=briefing, columns=["address=Mail"], **EVIDENCE)
    with pytest.raises(CommandError, match="FIELD=COLUMN"):
        import_list(data, into=briefing, columns=["Kontakt"], **EVIDENCE)
    result = import_list(data, into=briefing, columns=["address=#3,name=Wer"], **EVIDENCE)
    assert result["new"] == 1
    assert Subscriber.objects.get().name == "Ada"


def test_dates_are_read_only_where_the_order_of_day_and_month_is_known() -> None:
    header = ["email", "consent_date"]
    stated = {"source": "s", "wording": "w"}
    briefing = make_briefing()
    unclear = make_csv(header, ["ada@example.org", "01/05/2024"], ["bob@example.org", "02/03/2024"])
    with pytest.raises(CommandError, match=r"\(--dates day-first or month-first\)"):
        import_list(unclear, into=briefing, **stated)
    assert import_list(unclear, into=briefing, dates="month-first", **stated)["new"] == 2
    told = make_csv(header, ["cyd@example.org", "01/05/2024"], ["dan@example.org", "31/03/2024"])
    assert import_list(told, into=briefing, **stated)["new"] == 2
    joined = dict(Subscription.objects.values_list("subscriber__address", "joined_at"))
    assert {address: f"{at:%d %b}" for address, at in joined.items()} == {
        "ada@example.org": "05 Jan",
        "bob@example.org": "03 Feb",
        "cyd@example.org": "01 May",
        "dan@example.org": "31 Mar",
    }


def test_addresses_and_names_in_other_scripts_are_imported() -> None:
    briefing = make_briefing()
    data = make_csv(HEADER, row("Jürgen@Bücher.example", name="Zoë\u0000\u202e"), row("b@x.org"))
    result = import_list(data.replace(b"\0", b""), into=briefing)
    assert result["new"] == 2
    reader = Subscriber.objects.at_address("jürgen@xn--bcher-kva.EXAMPLE").get()
    assert (reader.address, reader.name) == ("Jürgen@xn--bcher-kva.example", "Zoë")


def test_a_name_with_a_link_is_left_empty() -> None:
    import_list(make_csv(HEADER, row(name="WIN at www.casino.example")), into=make_briefing())
    assert Subscriber.objects.get().name == ""


def test_cells_that_need_escaping_are_stored_as_they_are() -> None:
    hard = {"name": r"Ada \N Byron\t", "source": "C:\\forms\tone", "wording": "a\nb\\.\n\\N"}
    data = make_csv(["email", "name", "source", "wording"], ["ada@example.org", *hard.values()])
    import_list(data, into=make_briefing(), consented_on="2024-05-01")
    record = ConsentRecord.objects.get()
    assert record.subscriber.name == hard["name"]
    assert (record.source, record.wording) == (hard["source"], hard["wording"])


def test_a_failure_while_writing_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    briefing = make_briefing()

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("subscribers.lists.import_run._refused_file", fail)
    with pytest.raises(OSError, match="disk"):
        import_list(make_csv(HEADER, row()), into=briefing)
    assert not Subscriber.objects.exists()
    assert not ConsentRecord.objects.exists()
    assert not AuditLogEntry.objects.exists()


def test_a_wrong_briefing_file_or_folder_gets_a_plain_error(tmp_path: Path) -> None:
    retired = make_briefing(retired=True)
    with pytest.raises(CommandError, match="retired"):
        import_list(make_csv(HEADER, row()), into=retired)
    with pytest.raises(CommandError, match="There is no briefing 'nobody'"):
        call_command("import_subscribers", "x.csv", briefing="nobody")
    with pytest.raises(CommandError, match=r"'x.csv' cannot be read: No such file"):
        call_command("import_subscribers", "x.csv", briefing=retired.slug)
    file = tmp_path / "list.csv"
    file.write_bytes(make_csv(HEADER, row()))
    words = ("import_subscribers", str(file), f"--refused={file}")
    with pytest.raises(CommandError, match="names the list itself"):
        call_command(*words, briefing=make_briefing().slug)
    assert file.read_bytes() == make_csv(HEADER, row())
    with pytest.raises(CommandError, match="cannot be written"):
        call_command(
            "import_subscribers", str(file), briefing=make_briefing().slug, refused=str(tmp_path)
        )
    assert not Subscriber.objects.exists()


def test_the_command_reports_what_it_did(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(make_csv(HEADER, row(), row("nonsense")))
    out = io.StringIO()
    call_command("import_subscribers", str(file), briefing=make_briefing().slug, stdout=out)
    result = out.getvalue()
    assert "UTF-8, separated by comma" in result
    assert "3 lines: 1 up to the column names, 0 empty, 0 inside a cell" in result
    assert "2 rows: 1 new subscribers to" in result
    assert "1 refused" in result
    assert "name@example.org" in result
    assert "--refused FILE" in result


def test_a_list_can_be_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.TextIOWrapper(io.BytesIO(make_csv(HEADER, row())))
    monkeypatch.setattr("sys.stdin", data)
    call_command("import_subscribers", "-", briefing=make_briefing().slug, stdout=io.StringIO())
    assert Subscriber.objects.get().address == "ada@example.org"


def test_the_file_of_refused_rows_can_be_fixed_and_imported(tmp_path: Path) -> None:
    briefing = make_briefing()
    file, refused = tmp_path / "list.csv", tmp_path / "refused.csv"
    file.write_bytes(make_csv(HEADER, row(), row("=bob.example.org", name="'Bob")))
    call_command(
        *("import_subscribers", str(file), "--refused", str(refused)),
        briefing=briefing.slug,
        stdout=io.StringIO(),
    )
    corrected = refused.read_text(encoding="utf-8-sig").replace("bob.example", "bob@example")
    assert import_list(corrected.encode("utf-8-sig"), into=briefing)["new"] == 1
    assert Subscriber.objects.get(name="'Bob").address == "=bob@example.org"


def test_no_staging_table_is_left_on_the_connection() -> None:
    import_list(make_csv(HEADER, row()), into=make_briefing())
    with connection.cursor() as cursor:
        found = connection.introspection.table_names(cursor)
    assert not [name for name in found if name.startswith("import_")]
