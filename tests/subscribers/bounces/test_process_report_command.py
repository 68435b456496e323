"""manage.py process_report, at the end of a pipe."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from subscribers.models import BounceEvent, Suppression
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    write_bounce,
)

pytestmark = pytest.mark.django_db


def run(*words: str, message: bytes = b"", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    out = io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(message)))
    call_command("process_report", *words, stdout=out)
    return out.getvalue()


def test_a_message_from_a_pipe_is_processed(monkeypatch: pytest.MonkeyPatch) -> None:
    delivery = make_sent_delivery()
    message = write_bounce(to=bounce_address(delivery))
    facts = json.loads(run("--json", message=message, monkeypatch=monkeypatch))
    assert facts["kind"] == "bounce"
    assert facts["action"] == "suppressed"
    [failure] = facts["failures"]
    assert failure["address"] == "ivy@ward.example"
    assert failure["classification"] == "hard"
    assert failure["status"] == "5.1.1"
    assert "no such mailbox" in failure["diagnostic"]
    assert Suppression.objects.exists()


def test_nothing_is_printed_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(message=b"Subject: x\n\nhello\n", monkeypatch=monkeypatch) == ""


@pytest.mark.parametrize("message", [b"", b"\0\xff" * 50, b"From: a\n" * 3])
def test_an_unreadable_message_is_no_error(message: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = json.loads(run("--json", message=message, monkeypatch=monkeypatch))
    assert facts["failures"] == []


def test_a_dry_run_reads_files_and_changes_nothing(tmp_path: Path) -> None:
    delivery = make_sent_delivery()
    for number in range(2):
        (tmp_path / f"{number}.eml").write_bytes(write_bounce(to=bounce_address(delivery)))
    lines = run("--dry-run", "--json", *map(str, sorted(tmp_path.iterdir()))).splitlines()
    facts: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [Path(one["file"]).name for one in facts] == ["0.eml", "1.eml"]
    assert {one["action"] for one in facts} == {"suppressed"}
    assert not BounceEvent.objects.exists()


def test_a_missing_file_exits_with_66(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        call_command("process_report", "--file", "nowhere.eml")
    assert end.value.code == 66
    assert "cannot read nowhere.eml" in capsys.readouterr().err


def test_an_unreachable_database_asks_the_mail_server_to_try_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OperationalError("no connection")

    monkeypatch.setattr(
        "subscribers.management.commands.process_report.process_message", unreachable
    )
    with pytest.raises(SystemExit) as end:
        run(message=b"Subject: x\n\n", monkeypatch=monkeypatch)
    assert end.value.code == 75
    assert "try again later" in capsys.readouterr().err
