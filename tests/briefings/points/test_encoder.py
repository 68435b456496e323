"""The encoder: only files with the right hash are used, only in workers, and where it helps."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from briefings.models import Comment, CommentState, PointVector, ResponseVector
from briefings.models.point import words_hash
from briefings.points.encoded_words import FRESH_FOR, encode_missing
from briefings.points.encoder import Encoder, EncoderUnusable, hash_of_files
from briefings.points.point_edits import rename
from briefings.points.ranked_pieces import next_pieces, points_of
from tests.briefings.points.points_in_tests import (
    LATE,
    OTHERS,
    make_point,
    respond,
    use_encoder,
)
from tests.factories import make_briefing, make_published_issue
from tests.source_files import ROOT

pytestmark = pytest.mark.django_db

LOADED = """
import sys, newsroom.wsgi, briefings.admin, newsroom.urls
print([name for name in ("onnxruntime", "tokenizers") if name in sys.modules])
"""


def test_files_with_another_hash_are_not_used(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"words")
    with pytest.raises(EncoderUnusable, match="not POINTS_MODEL_HASH"):
        Encoder(tmp_path, sha256="0" * 64)


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnusable, match=r"model\.onnx"):
        hash_of_files(tmp_path)


def test_the_hash_is_what_the_settings_say_how_to_find(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"model")
    (tmp_path / "tokenizer.json").write_bytes(b"tokenizer")
    said = subprocess.run(
        ["sh", "-c", "cat model.onnx tokenizer.json | sha256sum"],  # as .env.example has it
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert said.stdout.split()[0] == hash_of_files(tmp_path)


def test_a_wrong_folder_is_an_error_in_the_log_and_stops_nothing(
    settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.POINTS_MODEL, settings.POINTS_MODEL_HASH = str(tmp_path), "0" * 64
    respond(make_published_issue(), *LATE)
    assert encode_missing(at=timezone.now()) == 0
    assert "The encoder cannot be used" in caplog.text


def test_without_an_encoder_nothing_is_read(settings: Any) -> None:
    settings.POINTS_MODEL = ""
    respond(make_published_issue(), *LATE)
    assert encode_missing(at=timezone.now()) == 0
    assert not ResponseVector.objects.exists()


def test_pieces_that_mean_the_same_come_first_in_other_words(settings: Any) -> None:
    use_encoder(settings)
    issue = make_published_issue()
    late = respond(issue, *LATE)
    respond(issue, *OTHERS)
    point = make_point(issue, "Passengers wait too long for the boat.")
    assert encode_missing(at=timezone.now()) == len(LATE) + len(OTHERS) + 1
    found = points_of(issue)
    assert found.by_meaning
    assert found.unread == 0
    queue = next_pieces(point, found)
    assert {ranked.comment for ranked in queue[: len(LATE)]} == {*late}


def test_what_was_read_is_read_again_only_after_it_was_edited(settings: Any) -> None:
    use_encoder(settings)
    issue, now = make_published_issue(), timezone.now()
    first, *_ = respond(issue, *LATE)
    assert encode_missing(at=now) == len(LATE)
    assert encode_missing(at=now + timedelta(seconds=1)) == 0
    edited = now + timedelta(seconds=2)
    Comment.objects.filter(pk=first.pk).update(body=OTHERS[0], edited_at=edited)
    assert points_of(issue).unread == 1
    assert encode_missing(at=now + timedelta(seconds=3)) == 1
    assert points_of(issue).unread == 0


def test_a_new_name_of_a_point_is_read_again(settings: Any) -> None:
    use_encoder(settings)
    point = make_point(make_published_issue())
    encode_missing(at=timezone.now())
    before = bytes(PointVector.objects.get(point=point).vector)
    rename(point, "The library is shut.", was=point.sentence, by=None)
    assert encode_missing(at=timezone.now()) == 1
    assert bytes(PointVector.objects.get(point=point).vector) != before


def test_a_point_that_is_renamed_while_it_is_read_is_read_again(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.POINTS_MODEL, settings.POINTS_MODEL_HASH = "/encoder", "0" * 64
    point = make_point(make_published_issue())
    read: list[str] = []

    class Renaming:
        def __init__(self, folder: Path, *, sha256: str) -> None:
            pass

        def encode(self, texts: list[str]) -> list[bytes]:
            if not read:
                rename(point, "The library is shut.", was=point.sentence, by=None)
            read.extend(texts)
            return [b""] * len(texts)

    monkeypatch.setattr("briefings.points.encoded_words.Encoder", Renaming)
    encode_missing(at=timezone.now())
    assert read == ["The ferry is late.", "The library is shut."]
    assert PointVector.objects.get().words_hash == words_hash("The library is shut.")


def test_an_encoder_that_does_not_know_the_language_reads_nothing(settings: Any) -> None:
    use_encoder(settings)
    issue = make_published_issue(briefing=make_briefing(language="de"))
    respond(issue, *LATE)
    make_point(issue)
    assert encode_missing(at=timezone.now()) == 0
    found = points_of(issue)
    assert not found.by_meaning
    assert found.unread == 0


def test_old_responses_are_read_once_there_is_a_point_about_them(settings: Any) -> None:
    use_encoder(settings)
    issue = make_published_issue(at=timezone.now() - FRESH_FOR - timedelta(days=1))
    respond(issue, *LATE)
    assert encode_missing(at=timezone.now()) == 0
    make_point(issue)
    assert encode_missing(at=timezone.now()) == len(LATE) + 1


def test_nothing_is_kept_of_what_is_no_response_any_more(settings: Any) -> None:
    use_encoder(settings)
    issue = make_published_issue()
    first, second, third = respond(issue, *LATE)
    encode_missing(at=timezone.now())
    first.delete()
    Comment.objects.filter(pk=second.pk).update(state=CommentState.WITHDRAWN)
    settings.POINTS_MODEL = ""  # nor once the encoder is switched off
    encode_missing(at=timezone.now())
    assert [one.comment_id for one in ResponseVector.objects.all()] == [third.pk]


def test_the_website_does_not_load_the_encoder() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert loaded.stdout.strip() == "[]"
