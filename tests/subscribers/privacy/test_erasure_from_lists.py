"""Erasing a person from lists that wait, in whatever state, and from refused rows that are kept."""

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
from subscribers.lists.import_plan import Choices, make_plan
from subscribers.lists.uploaded_lists import read_parts
from subscribers.models import (
    ImportPart,
    ImportState,
    PartKind,
    Subscriber,
    SubscriberImport,
)
from subscribers.privacy.erasure import erase
from subscribers.privacy.list_erasure import Sought
from subscribers.privacy.personal_data import person_at
from tests.factories import make_briefing, make_reader
from tests.subscribers.lists.list_files import EVIDENCE, make_csv
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
STATED = Choices(**EVIDENCE)  # type: ignore[arg-type]  # it names no columns


def send_in(
    data: bytes, *, choices: Choices = STATED, briefing: Briefing | None = None
) -> SubscriberImport:
    return uploaded_lists.keep(
        io.BytesIO(data),
        name="list.csv",
        size=len(data),
        briefing=briefing or make_briefing(),
        choices=choices,
        by=None,
    )


def erase_at(address: str) -> dict[str, int]:
    return dict(erase(person_at(address), keep_words=False, at=timezone.now()))


def stored(made: SubscriberImport, kind: PartKind = PartKind.FILE) -> bytes:
    return b"".join(read_parts(made, kind))


def work() -> None:
    tasks.work_on_imports()


def confirm() -> None:
    SubscriberImport.objects.get().begin(by=None)


def take() -> None:
    """Let a worker have it in hand, and be silent."""
    assert SubscriberImport.objects.get().take(at=timezone.now())


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
def test_a_waiting_list_loses_the_rows_and_brings_all_others(way: str) -> None:
    made = send_in(make_csv(HEADER, *ROWS))
    for step in WAYS[way]:
        step()
    assert traces() >= {"subscribers_importpart.data", "subscribers_subscriberimport.reading"}
    assert erase_at(WHO)["rows of lists"] == 3
    assert traces() == set()

    work()
    made.refresh_from_db()
    if made.state == ImportState.CHECKED:
        assert made.figures["new"] == 3  # what the button says is what comes
        made.begin(by=None)
        work()
    made.refresh_from_db()
    assert made.state == ImportState.DONE
    assert sorted(Subscriber.objects.values_list("address", flat=True)) == OTHERS
    assert (made.figures["rows"], made.figures["refused"]) == (4, 1)
    # Lines are counted as in the file that was sent.
    text = stored(made, PartKind.REFUSED).decode("utf-8-sig")
    [refused] = csv.DictReader(io.StringIO(text, newline=""))
    assert (refused["line"], refused["email"]) == ("8", "nonsense")
    assert traces() == set()


def test_a_list_that_is_still_to_be_completed_loses_them_too() -> None:
    made = send_in(make_csv(HEADER, ROWS[1], *ROWS), choices=Choices())
    assert made.state == ImportState.UPLOADED
    assert "Adelheid" in json.dumps(made.reading)  # as the example of each column
    erase_at(WHO)
    assert traces() == set()
    made.refresh_from_db()
    assert "does not say when" in made.trouble
    assert made.reading["header"][1] == {"name": "name", "example": "Ada"}
    uploaded_lists.choose(made, STATED)
    work()
    confirm()
    work()
    assert sorted(Subscriber.objects.values_list("address", flat=True)) == OTHERS


def test_refused_rows_that_are_kept_lose_theirs() -> None:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.org")
    rows = [["=cmd@nowhere", "Mallory", ""], ["adelheid.quill@bücher", "Adelheid", WHO], *ROWS]
    made = send_in(make_csv(HEADER, *rows), briefing=briefing)
    work()
    confirm()
    work()
    assert "subscribers_importpart.data" in traces()
    before = stored(made, PartKind.REFUSED).decode("utf-8-sig").splitlines()
    erase_at(WHO)
    assert traces() == set()
    after = stored(made, PartKind.REFUSED).decode("utf-8-sig").splitlines()
    assert after == [line for line in before if "delheid" not in line]
    assert len(after) == 4  # the header, Mallory, and the nonsense on two lines
    made.refresh_from_db()
    assert made.state == ImportState.DONE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "cp1252", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_other_encodings_keep_theirs(encoding: str, line_end: str) -> None:
    data = make_csv(
        HEADER, *ROWS, encoding=encoding, lineterminator=line_end, quoting=csv.QUOTE_ALL
    )
    made = send_in(data)
    erase_at(WHO)
    left = stored(made)
    codec = "utf-16" if encoding == "utf-16" else encoding
    assert "adelheid" not in left.decode(codec).lower().replace("not-adelheid", "")
    rows = list(csv.reader(io.StringIO(left.decode(codec), newline="")))
    assert [row for row in rows if row] == [HEADER, ROWS[0], ROWS[2], ROWS[4], ROWS[6]]
    assert left[:4] == data[:4]


def test_a_list_without_the_person_is_left_as_it_is() -> None:
    made = send_in(make_csv(HEADER, ROWS[0], ROWS[2]))
    take()
    before = every_value()
    assert erase_at(WHO)["rows of lists"] == 0
    changed = {column for column, values in every_value().items() if values != before.get(column)}
    assert {column.split(".")[0] for column in changed} == {"subscribers_suppression"}
    made.refresh_from_db()
    assert made.claim == 1  # the worker goes on


def test_a_worker_that_read_them_before_is_heard_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    made = send_in(make_csv(HEADER, *ROWS))

    def erased_meanwhile(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.undo()
        plan = make_plan(*args, **kwargs)
        erase_at(WHO)  # after the worker has fetched the file
        return plan

    monkeypatch.setattr("subscribers.lists.uploaded_lists.make_plan", erased_meanwhile)
    work()
    made.refresh_from_db()
    assert (made.state, made.figures) == (ImportState.CHECKING, {})
    assert traces() == set()
    work()
    made.refresh_from_db()
    assert (made.state, made.figures["new"]) == (ImportState.CHECKED, 3)
    assert traces() == set()


def test_a_list_that_cannot_be_taken_apart_goes_as_a_whole() -> None:
    rows = [[f"r{number}@example.org", "x" * 80, ""] for number in range(2_000)]
    data = make_csv(HEADER, *rows, [WHO, "Adelheid", ""]) + b'x@example.org,"never closed\n'
    made = send_in(data)
    erase_at(WHO)
    made.refresh_from_db()
    assert made.state == ImportState.FAILED
    assert "line 2,003 is never closed" in made.trouble
    assert not ImportPart.objects.exists()


def test_a_list_is_rewritten_only_with_the_rest_of_the_erasure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send_in(make_csv(HEADER, *ROWS))
    before = every_value()

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr("subscribers.privacy.erasure.letters_to", break_down)
    with pytest.raises(RuntimeError):
        erase_at(WHO)
    assert every_value() == before


def test_periods_are_as_before() -> None:
    made = send_in(make_csv(HEADER, *ROWS))
    work()
    erase_at(WHO)
    made.refresh_from_db()
    work()
    uploaded_lists.forget(at=made.created_at + timedelta(days=1))
    made.refresh_from_db()
    assert made.state == ImportState.STOPPED
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
def test_an_address_is_found_in_whatever_shape(cell: str) -> None:
    sought = Sought(["Ada@example.org"])
    assert sought.is_in(["", cell])
    assert sought.may_be_in(cell)


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
def test_an_address_is_not_found_in_somebody_elses(cell: str) -> None:
    assert not Sought(["ada@example.org"]).is_in(["", cell])
