"""Lists are exported as CSV: logged, safe in a spreadsheet program, and ready to import."""

from __future__ import annotations

import csv
import io
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from briefings.models import Briefing
from newsroom.models import AuditLogEntry
from subscribers.consent import unsubscribe
from subscribers.lists.columns import OWN_HEADER
from subscribers.lists.export import CHUNK, ExportFilters, ExportStatus, export_csv
from subscribers.models import (
    ConsentAction,
    ConsentRecord,
    Subscriber,
    Subscription,
    Suppression,
)
from tests.briefings.admin_client import staff_client
from tests.factories import make_briefing, make_reader
from tests.subscribers.lists.list_files import import_list

pytestmark = pytest.mark.django_db
PAGE = "/admin/subscribers/subscriber/export/"
ALLOWED = ("view_subscriber", "export_subscribers")


def agreed(reader: Subscription, **facts: Any) -> Subscription:
    facts = {"source": "/ward/", "wording": "Please email me.", "at": reader.joined_at} | facts
    ConsentRecord.objects.create(
        subscriber=reader.subscriber,
        briefing=reader.briefing,
        action=ConsentAction.SUBSCRIBED,
        **facts,
    )
    return reader


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def exported(**wanted: Any) -> list[dict[str, str]]:
    return rows_of("".join(export_csv(ExportFilters(**wanted), by=None)))


def addresses(rows: list[dict[str, str]]) -> list[str]:
    return [row["email"] for row in rows]


def test_a_row_has_the_subscriber_and_how_they_agreed() -> None:
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    briefing = make_briefing(slug="ward")
    agreed(make_reader(of=briefing, email="ada@example.org", name="Ada, Countess", joined_at=at))
    [row] = exported()
    assert tuple(row) == OWN_HEADER
    assert row == dict.fromkeys(OWN_HEADER, "") | {
        "email": "ada@example.org",
        "name": "Ada, Countess",
        "briefing": "ward",
        "status": "active",
        "joined_at": at.isoformat(),
        "consent_date": at.isoformat(),
        "consent_source": "/ward/",
        "consent_wording": "Please email me.",
    }


def test_filters_narrow_the_list() -> None:
    ward, council = make_briefing(slug="ward"), make_briefing(slug="council")
    old = datetime(2020, 1, 1, tzinfo=UTC)
    make_reader(of=ward, email="ada@example.org", joined_at=old)
    make_reader(of=council, email="bob@example.org")
    unsubscribe(
        make_reader(of=ward, email="left@example.org"), at=timezone.now(), source="x", ip=None
    )
    barred = make_reader(of=ward, email="barred@example.org")
    Suppression.objects.create(address_hash=barred.subscriber.address_hash, reason="bounced")
    assert addresses(exported()) == ["ada@example.org", "bob@example.org"]
    assert addresses(exported(briefing=ward)) == ["ada@example.org"]
    assert addresses(exported(status=ExportStatus.UNSUBSCRIBED)) == ["left@example.org"]
    assert [(row["email"], row["status"]) for row in exported(status=ExportStatus.SUPPRESSED)] == [
        ("barred@example.org", "suppressed")
    ]
    assert len(exported(status=ExportStatus.ALL)) == 4
    [gone] = exported(status=ExportStatus.UNSUBSCRIBED)
    assert gone["status"] == "unsubscribed"
    assert gone["unsubscribed_at"]
    since = old + timedelta(seconds=1)
    assert addresses(exported(joined_since=since)) == ["bob@example.org"]
    assert addresses(exported(joined_before=since)) == ["ada@example.org"]


def test_no_cell_is_computed_by_a_spreadsheet_program() -> None:
    agreed(
        make_reader(of=make_briefing(), email="=cmd@example.org", name="@SUM(A1)"),
        source="+1",
        wording="-2+3",
    )
    [row] = exported()
    assert (row["email"], row["name"]) == ("'=cmd@example.org", "'@SUM(A1)")
    assert (row["consent_source"], row["consent_wording"]) == ("'+1", "'-2+3")


# Names as they are stored (NFC), without links, which an import would remove.
NAMES = (
    st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30)
    .map(lambda name: unicodedata.normalize("NFC", name)[:60])
    .filter(lambda name: "://" not in name and "www." not in name.lower())
)
LOCALS = st.from_regex(r"[a-z0-9'=+\-]{1,20}", fullmatch=True)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(
        st.tuples(LOCALS, NAMES, st.text(st.characters(codec="utf-8"), max_size=40)),
        unique_by=lambda person: person[0],
        min_size=1,
        max_size=5,
    )
)
def test_an_export_is_imported_as_it_was(people: list[tuple[str, str, str]]) -> None:
    Subscriber.objects.all().delete()
    briefing = Briefing.objects.filter(slug="ward").first() or make_briefing(slug="ward")
    for local, name, words in people:
        wording = "w" + words.replace("\0", "").strip()
        reader = make_reader(of=briefing, email=f"{local}@example.org", name=name)
        agreed(reader, wording=wording)
    before = exported(briefing=briefing)
    data = "".join(export_csv(ExportFilters(briefing=briefing), by=None)).encode()
    Subscriber.objects.all().delete()
    result = import_list(data, into=briefing)
    assert (result["layout"], result["new"]) == ("Newsroom", len(people))
    key = str.lower
    expected = {key(row["email"]): row for row in before}
    assert {key(row["email"]): row for row in exported(briefing=briefing)} == expected


def test_an_export_of_another_briefing_subscribes_nobody() -> None:
    ward, council = make_briefing(slug="ward"), make_briefing(slug="council")
    agreed(make_reader(of=ward))
    data = "".join(export_csv(ExportFilters(), by=None)).encode()
    result = import_list(data, into=council)
    assert (result["new"], result["refused"]) == (0, 1)
    assert "another briefing" in result["refused_rows"][0]["reason"]


def test_memory_and_queries_stay_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscribers.lists.export.CHUNK", 3)
    briefing = make_briefing()
    for _ in range(7):
        agreed(make_reader(of=briefing))
    with CaptureQueriesContext(connection) as captured:
        assert len(exported(briefing=briefing)) == 7
    reads = [query["sql"] for query in captured if "consentrecord" in query["sql"]]
    assert len(reads) == 3
    assert CHUNK == 2_000


def test_an_export_in_the_admin_is_logged() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.org")
    admin = staff_client(may=ALLOWED)
    assert "keep it safe" in admin.get(PAGE).content.decode()
    counted = admin.post(PAGE, {"status": "active", "briefing": briefing.pk, "count": "yes"})
    assert "1 row" in counted.content.decode()
    assert not AuditLogEntry.objects.exists()
    sent = admin.post(PAGE, {"status": "active", "briefing": briefing.pk})
    assert sent["Content-Type"] == "text/csv; charset=utf-8"
    assert sent["Content-Disposition"].startswith("attachment")
    text = b"".join(sent.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    assert addresses(rows_of(text)) == ["ada@example.org"]
    entry = AuditLogEntry.objects.get()
    assert (entry.verb, entry.subject_id, entry.detail["rows"]) == (
        "exported subscribers",
        str(briefing.pk),
        1,
    )
    assert entry.actor is not None
    assert "ada" not in str(entry.detail)


def test_only_selected_subscribers_are_exported() -> None:
    briefing = make_briefing()
    ada, _ = make_reader(of=briefing, email="ada@example.org"), make_reader(of=briefing)
    admin = staff_client(may=ALLOWED)
    data = {"action": "export_chosen", ACTION_CHECKBOX_NAME: [ada.subscriber.pk]}
    led = admin.post("/admin/subscribers/subscriber/", data)
    assert led["Location"] == f"{PAGE}?chosen={ada.subscriber.pk}"
    assert "1 subscriber you selected" in admin.get(led["Location"]).content.decode()
    sent = admin.post(PAGE, {"status": "all", "chosen": str(ada.subscriber.pk)})
    text = b"".join(sent.streaming_content).decode()  # type: ignore[attr-defined]  # it streams
    assert addresses(rows_of(text)) == ["ada@example.org"]
    assert admin.post(PAGE, {"status": "all", "chosen": "1 OR 1=1"}).status_code == 422


def test_an_export_needs_its_own_permission() -> None:
    make_reader(of=make_briefing(), email="ada@example.org")
    admin = staff_client(may=("view_subscriber",))
    assert admin.get(PAGE).status_code == 403
    assert admin.post(PAGE, {"status": "all"}).status_code == 403
    page = admin.get("/admin/subscribers/subscriber/").content.decode()
    assert PAGE not in page
    assert "export_chosen" not in page
    assert Client().get(PAGE).status_code == 302
    assert not AuditLogEntry.objects.exists()


def test_editors_may_export_and_import() -> None:
    admin = staff_client("Editors")
    assert admin.get(PAGE).status_code == 200
    assert admin.get("/admin/subscribers/subscriberimport/add/").status_code == 200
    assert staff_client("Reporters").get(PAGE).status_code == 403


def test_the_command_writes_to_a_file_or_standard_output(tmp_path: Path) -> None:
    briefing = make_briefing(slug="ward")
    make_reader(of=briefing, email="zoë@example.org", name="Zoë")
    file = tmp_path / "list.csv"
    call_command("export_subscribers", briefing="ward", output=str(file))
    assert addresses(rows_of(file.read_text(encoding="utf-8"))) == ["zoë@example.org"]
    out = io.StringIO()
    call_command("export_subscribers", state="all", joined_since="2020-01-01", stdout=out)
    assert addresses(rows_of(out.getvalue())) == ["zoë@example.org"]
    assert AuditLogEntry.objects.filter(verb="exported subscribers").count() == 2
    with pytest.raises(CommandError, match="no briefing 'nobody'"):
        call_command("export_subscribers", briefing="nobody")
    with pytest.raises(CommandError, match="'soon' is not a date"):
        call_command("export_subscribers", joined_since="soon")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_subscribers", output=str(tmp_path))
