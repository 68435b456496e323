"""A person is erased from uploaded lists in any state, and from refused rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from briefings.models import Briefing
from subscribers.lists import tasks, uploaded_lists
from subscribers.lists.import_plan import ImportOptions, make_plan
from subscribers.lists.uploaded_lists import read_parts
from subscribers.models import (
    ImportPart,
    ImportState,
    PartKind,
    Subscriber,
    SubscriberImport,
)
from subscribers.models.address_hash import hash_address
from subscribers.privacy import list_erasure
from subscribers.privacy import tasks as privacy_tasks
from subscribers.privacy.erasure import erase
from subscribers.privacy.list_erasure import AddressMatcher
from subscribers.privacy.personal_data import person_at
from tests.factories import make_briefing, make_reader
from tests.subscribers.lists.list_files import EVIDENCE_OPTIONS, make_csv
from tests.subscribers.subscriber_lives import every_value

pytestmark = pytest.mark.django_db
WHO = "Adelheid.Quill@bücher.example"
HEADER = ["email", "name", "note"]
ROWS = [
    ["ada@example.org", "Ada", "first"],
    ["ADELHEID.quill@xn--bcher-kva.EXAMPLE", "Adelheid Quillfeather", "two\nlines, and\r\nthree"],
    ["not-adelheid.quill@bücher.example", "Somebody else", ""],
    ["no address of mine", "Nobody", "told by Adelheid <adelheid.QUILL@bücher.example>; thanks"],
    ["nonsense", "Refused", "quoted\nnote"],
    [" adelheid.quill@BÜCHER.example ", "Adelheid again", ""],
    ["bob@example.org", "Bob", "last"],
]
OTHERS = ["ada@example.org", "bob@example.org", "not-adelheid.quill@xn--bcher-kva.example"]


def upload(
    data: bytes, *, options: ImportOptions = EVIDENCE_OPTIONS, briefing: Briefing | None = None
) -> SubscriberImport:
    return uploaded_lists.store_upload(
        io.BytesIO(data),
        name="list.csv",
        size=len(data),
        briefing=briefing or make_briefing(),
        options=options,
        by=None,
    )


def record_erasure(address: str) -> dict[str, int]:
    """Erase a person as their own page does."""
    return dict(erase(person_at(address), keep_words=False))


def finish_erasures() -> None:
    """Do what is left to a worker."""
    for _ in range(10):
        if not SubscriberImport.objects.with_people_to_erase().exists():
            return
        privacy_tasks.finish_erasures()
    raise AssertionError("a list is searched again and again")


def erase_at(address: str) -> None:
    record_erasure(address)
    finish_erasures()


def stored(subscriber_import: SubscriberImport, kind: PartKind = PartKind.FILE) -> bytes:
    return b"".join(read_parts(subscriber_import, kind))


def work() -> None:
    tasks.process_imports()


def confirm() -> None:
    SubscriberImport.objects.get().begin(by=None)


def take() -> None:
    """Have a worker claim the import and report nothing."""
    assert SubscriberImport.objects.get().claim_for_worker(at=timezone.now())


def traces() -> set[str]:
    return {
        column
        for column, values in every_value().items()
        if any("adelheid" in one.lower().replace("not-adelheid", "") for one in values)
    }


WAYS: dict[str, tuple[Callable[[], None], ...]] = {
    "checking": (),
    "checking, in a worker's hands": (take,),
    "checked": (work,),
    "importing": (work, confirm),
    "importing, in a worker's hands": (work, confirm, take),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_waiting_list_loses_their_rows_and_is_imported_without_them(way: str) -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS))
    for step in WAYS[way]:
        step()
    assert traces() >= {"subscribers_importpart.data", "subscribers_subscriberimport.reading"}
    erase_at(WHO)
    assert traces() == set()

    work()
    subscriber_import.refresh_from_db()
    if subscriber_import.state == ImportState.CHECKED:
        assert subscriber_import.figures["new"] == 3  # as the button says
        subscriber_import.begin(by=None)
        work()
    subscriber_import.refresh_from_db()
    assert subscriber_import.state == ImportState.DONE
    assert sorted(Subscriber.objects.values_list("address", flat=True)) == OTHERS
    assert (subscriber_import.figures["rows"], subscriber_import.figures["refused"]) == (4, 1)
    # Line numbers are those of the uploaded file.
    text = stored(subscriber_import, PartKind.REFUSED).decode("utf-8-sig")
    [refused] = csv.DictReader(io.StringIO(text, newline=""))
    assert (refused["line"], refused["email"]) == ("8", "nonsense")
    assert traces() == set()


def test_a_list_with_missing_options_loses_their_rows() -> None:
    subscriber_import = upload(make_csv(HEADER, ROWS[1], *ROWS), options=ImportOptions())
    assert subscriber_import.state == ImportState.UPLOADED
    assert "Adelheid" in json.dumps(subscriber_import.reading)  # as the example of each column
    erase_at(WHO)
    assert traces() == set()
    subscriber_import.refresh_from_db()
    assert "does not say when" in subscriber_import.trouble
    assert subscriber_import.reading["header"][1] == {"name": "name", "example": "Ada"}
    uploaded_lists.change_options(subscriber_import, EVIDENCE_OPTIONS)
    work()
    confirm()
    work()
    assert sorted(Subscriber.objects.values_list("address", flat=True)) == OTHERS


def test_a_file_of_refused_rows_loses_their_rows() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.org")
    rows = [["=cmd@nowhere", "Mallory", ""], ["adelheid.quill@bücher", "Adelheid", WHO], *ROWS]
    subscriber_import = upload(make_csv(HEADER, *rows), briefing=briefing)
    work()
    confirm()
    work()
    assert "subscribers_importpart.data" in traces()
    before = stored(subscriber_import, PartKind.REFUSED).decode("utf-8-sig").splitlines()
    erase_at(WHO)
    assert traces() == set()
    after = stored(subscriber_import, PartKind.REFUSED).decode("utf-8-sig").splitlines()
    assert after == [line for line in before if "delheid" not in line]
    assert len(after) == 4  # the header, Mallory, and the nonsense on two lines
    subscriber_import.refresh_from_db()
    assert subscriber_import.state == ImportState.DONE


@pytest.mark.parametrize(
    ("name", "is_renamed"),
    [
        ("Adelheid.Quill@bücher.example.csv", True),
        ("list of ADELHEID QUILL (1).csv", True),
        ("adelheid-quillfeather_readers.tsv", True),
        ("readers of the ward.csv", False),
        ("quill.csv", False),
    ],
)
def test_the_name_of_a_file_does_not_keep_who_was_erased(name: str, is_renamed: bool) -> None:
    subscriber_import = upload(make_csv(HEADER, ROWS[0]))
    SubscriberImport.objects.update(file_name=name)
    make_reader(of=make_briefing(), email=WHO, name="Adelheid Quillfeather")
    assert record_erasure(WHO)["names of uploaded files"] == is_renamed
    subscriber_import.refresh_from_db()
    assert (subscriber_import.file_name == name) != is_renamed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_a_rewritten_list_keeps_its_encoding(encoding: str, line_end: str) -> None:
    data = make_csv(
        HEADER, *ROWS, encoding=encoding, lineterminator=line_end, quoting=csv.QUOTE_ALL
    )
    subscriber_import = upload(data)
    erase_at(WHO)
    left = stored(subscriber_import)
    codec = "utf-16" if encoding == "utf-16" else encoding
    assert "adelheid" not in left.decode(codec).lower().replace("not-adelheid", "")
    rows = list(csv.reader(io.StringIO(left.decode(codec), newline="")))
    assert [row for row in rows if row] == [HEADER, ROWS[0], ROWS[2], ROWS[4], ROWS[6]]
    assert left[:4] == data[:4]


def test_a_list_without_the_person_is_not_changed() -> None:
    subscriber_import = upload(make_csv(HEADER, ROWS[0], ROWS[2]))
    take()
    before = every_value()
    erase_at(WHO)
    changed = {column for column, values in every_value().items() if values != before.get(column)}
    assert {column for column in changed if not column.startswith("subscribers_suppression.")} == {
        "subscribers_subscriberimport.erased_until"
    }
    subscriber_import.refresh_from_db()
    assert subscriber_import.claim == 1  # its worker can finish


def test_a_worker_that_read_their_rows_before_cannot_finish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS))

    def erased_meanwhile(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        plan = make_plan(*args, **kwargs)
        erase_at(WHO)  # after the worker has fetched the file
        return plan

    monkeypatch.setattr("subscribers.lists.uploaded_lists.make_plan", erased_meanwhile)
    work()
    subscriber_import.refresh_from_db()
    assert (subscriber_import.state, subscriber_import.figures) == (ImportState.CHECKING, {})
    assert traces() == set()
    work()
    subscriber_import.refresh_from_db()
    assert (subscriber_import.state, subscriber_import.figures["new"]) == (ImportState.CHECKED, 3)
    assert traces() == set()


def test_a_list_whose_rows_cannot_be_told_apart_is_removed_as_a_whole() -> None:
    # No column of notes, which an upload reads to the end.
    rows = [[f"r{number}@example.org", "x" * 80] for number in range(2_000)]
    data = make_csv(["email", "name"], *rows, [WHO, "Adelheid"]) + b"x" * (1 << 20)
    subscriber_import = upload(data)
    erase_at(WHO)
    subscriber_import.refresh_from_db()
    assert subscriber_import.state == ImportState.FAILED
    assert "Line 2,003 has more than 1,048,576 characters" in subscriber_import.trouble
    assert not ImportPart.objects.exists()


def test_a_row_after_a_stray_quotation_mark_is_removed_alone() -> None:
    data = make_csv(HEADER, ["bob@example.org", "Bob", ""], [WHO, "Adelheid", ""])
    upload(data.replace(b"Bob", b'"Bob') + b"cyd@example.org,Cyd,\n")
    erase_at(WHO)
    kept = b"".join(bytes(part.data) for part in ImportPart.objects.order_by("position"))
    assert WHO.encode() not in kept
    assert b'bob@example.org,"Bob' in kept
    assert b"cyd@example.org" in kept


def test_whoever_erases_a_person_waits_for_no_list(
    django_assert_max_num_queries: Any,
) -> None:
    """A list may have 256 MB, and reading it takes minutes."""
    upload(make_csv(HEADER, *ROWS))
    work()
    with django_assert_max_num_queries(100) as queries:
        record_erasure(WHO)
    about_parts = [one["sql"] for one in queries.captured_queries if "importpart" in one["sql"]]
    assert about_parts == []
    assert SubscriberImport.objects.with_people_to_erase().exists()


def test_a_list_is_searched_once_for_all_who_were_erased_since() -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS))
    for address in (WHO, "bob@example.org", "nobody@example.org"):
        record_erasure(address)
    privacy_tasks.finish_erasures()
    assert not SubscriberImport.objects.with_people_to_erase().exists()
    assert traces() == set()
    assert b"bob@" not in stored(subscriber_import)
    record_erasure("ada@example.org")
    assert SubscriberImport.objects.with_people_to_erase().exists()
    finish_erasures()
    assert b"ada@" not in stored(subscriber_import)


def test_an_erasure_before_a_list_was_uploaded_does_not_concern_it() -> None:
    record_erasure(WHO)
    upload(make_csv(HEADER, *ROWS))
    assert not SubscriberImport.objects.with_people_to_erase().exists()


def test_options_chosen_while_a_list_is_searched_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS), options=ImportOptions())
    record_erasure(WHO)
    real = list_erasure._copy_without

    def chosen_meanwhile(*args: Any, **kwargs: Any) -> int:
        monkeypatch.undo()
        uploaded_lists.change_options(subscriber_import, EVIDENCE_OPTIONS)
        return real(*args, **kwargs)

    monkeypatch.setattr(list_erasure, "_copy_without", chosen_meanwhile)
    privacy_tasks.finish_erasures()
    subscriber_import.refresh_from_db()
    assert (subscriber_import.state, traces() == set()) == (ImportState.CHECKING, False)
    finish_erasures()
    subscriber_import.refresh_from_db()
    assert (subscriber_import.state, traces()) == (ImportState.CHECKING, set())
    assert subscriber_import.choices["source"] == EVIDENCE_OPTIONS.source


@pytest.mark.parametrize("ending", ["imported", "stopped"])
def test_an_import_that_ends_while_its_list_is_searched_keeps_nothing_of_them(
    monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS))
    work()
    confirm()
    record_erasure(WHO)
    real = list_erasure._copy_without

    def ended_meanwhile(*args: Any, **kwargs: Any) -> int:
        monkeypatch.undo()
        if ending == "imported":
            work()
        else:
            SubscriberImport.objects.get().stop(by=None, at=timezone.now())
        return real(*args, **kwargs)

    monkeypatch.setattr(list_erasure, "_copy_without", ended_meanwhile)
    privacy_tasks.finish_erasures()
    assert not ImportPart.objects.filter(kind=PartKind.FILE).exists()
    finish_erasures()
    assert traces() == set()
    subscriber_import.refresh_from_db()
    done = ending == "imported"
    assert subscriber_import.state == (ImportState.DONE if done else ImportState.STOPPED)
    assert (b"nonsense" in stored(subscriber_import, PartKind.REFUSED)) == done
    assert not Subscriber.objects.at_address(WHO).exists()


def test_a_list_that_cannot_be_searched_does_not_keep_others_from_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = upload(make_csv(HEADER, *ROWS))
    second = upload(make_csv(HEADER, *ROWS), briefing=Briefing.objects.get())
    record_erasure(WHO)
    real = list_erasure.erase_from_list

    def fail_for_the_first(one: SubscriberImport) -> int:
        if one.pk == first.pk:
            raise RuntimeError("the lights went out")
        return real(one)

    monkeypatch.setattr(list_erasure, "erase_from_list", fail_for_the_first)
    privacy_tasks.finish_erasures()
    assert b"delheid Q" not in stored(second)
    assert "cannot erase people from import" in caplog.text
    monkeypatch.undo()
    finish_erasures()
    assert traces() == set()


def test_a_column_name_with_their_address_goes_with_the_list() -> None:
    header = ["email", f"added by {WHO}", "note"]
    subscriber_import = upload(make_csv(header, ROWS[0]))
    erase_at(WHO)
    subscriber_import.refresh_from_db()
    assert subscriber_import.state == ImportState.FAILED
    assert "column name" in subscriber_import.trouble
    assert traces() == set()


def test_a_column_name_with_their_address_is_removed_from_refused_rows() -> None:
    names = [f"a person of the list number {number}" for number in (1, 2)]  # no marks to ask about
    rows = ["ada@example.org", names[0], "first"], ["nonsense", names[1], "quoted\nnote"]
    subscriber_import = upload(make_csv(["email", f"added by {WHO}", "note"], *rows))
    work()
    confirm()
    work()
    erase_at(WHO)
    assert traces() == set()
    lines = stored(subscriber_import, PartKind.REFUSED).decode("utf-8-sig").splitlines()
    assert lines[0].endswith("email,,note")
    assert len(lines) == 3  # the header, and the refused row with its two lines


@pytest.mark.parametrize(
    "cell",
    [
        "adelheid\0.quill@b\u00fccher.example",
        "=adelheid.quill@b\u00fccher.example",
        "+Adelheid.Quill@B\u00fccher.Example",
        "Adelheid <adelheid.quill@b\u00fccher.example",
        '"adelheid.quill"@b\u00fccher.example',
    ],
)
def test_a_refused_row_is_found_as_it_is_written(cell: str) -> None:
    """With null characters replaced, and an apostrophe before what could be a formula."""
    short = ["row without enough cells"]
    subscriber_import = upload(make_csv(HEADER, ["no address", "Nobody", cell], short, ROWS[0]))
    work()
    confirm()
    work()
    address = cell if cell[0] in "=+" else WHO
    assert "delheid" in stored(subscriber_import, PartKind.REFUSED).decode()
    erase_at(address)
    assert "delheid" not in stored(subscriber_import, PartKind.REFUSED).decode()
    assert "enough cells" in stored(subscriber_import, PartKind.REFUSED).decode()


def test_a_list_uploaded_during_the_erasure_loses_their_rows_and_its_name() -> None:
    """Its transaction began before the erasure, which cannot see it, and ends afterwards."""
    began = timezone.now()
    record_erasure(WHO)
    subscriber_import = upload(make_csv(HEADER, *ROWS))
    SubscriberImport.objects.update(erased_until=began, file_name=f"{WHO}.csv")
    finish_erasures()
    assert traces() == set()
    subscriber_import.refresh_from_db()
    assert subscriber_import.file_name == list_erasure.ERASED_FILE_NAME


def test_an_erasure_does_not_extend_how_long_a_list_is_kept() -> None:
    subscriber_import = upload(make_csv(HEADER, *ROWS))
    work()
    erase_at(WHO)
    subscriber_import.refresh_from_db()
    work()
    uploaded_lists.remove_expired(at=subscriber_import.created_at + timedelta(days=1))
    subscriber_import.refresh_from_db()
    assert subscriber_import.state == ImportState.STOPPED
    assert not ImportPart.objects.exists()


@pytest.mark.parametrize(
    "cell",
    [
        *("ada@example.org", "ADA@Example.ORG", '"Ada"@example.org', "'ada@example.org"),
        *(
            "Ada <ada@example.org>",
            "mailto:ada@example.org?subject=x",
            "\ufeffada@example.org\u200b",
        ),
        *(
            "bob@example.org;ada@example.org.",
            "Ada [mailto: Ada@EXAMPLE.org]",
            "a\nada@example.org",
        ),
        "\u017fue@x.org, a\u0064a@example.org",
    ],
)
def test_an_address_is_found_in_any_spelling(cell: str) -> None:
    assert AddressMatcher([hash_address("Ada@example.org")]).matches(["", cell])


@pytest.mark.parametrize(
    "cell",
    [
        *("canada@example.org", "ada@example.org.uk", "ada@example.com", "ada@sub.example.org"),
        *(
            "x+ada@example.org",
            "ada",
            "ada@",
            "example.org",
            "ada.@example.org",
            "ada@@example.org",
        ),
    ],
)
def test_an_address_is_not_found_in_another_one(cell: str) -> None:
    assert not AddressMatcher([hash_address("ada@example.org")]).matches(["", cell])
