"""Backups: what is kept, what damage is noticed, and what comes back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from briefings.models import Contributor
from newsroom import database_epoch
from newsroom.backups import backup_folder, exit_codes
from newsroom.backups.archive_encryption import parse_backup_key
from newsroom.backups.archive_file import (
    ArchiveReader,
    ArchiveWriter,
    BackupDamaged,
    ChunkFile,
    Manifest,
)
from newsroom.backups.media_archive import FileDiffers, MediaStream, unpack
from newsroom.backups.program_pipes import ProgramFailed, feed, output_of, passed_through
from newsroom.models import OutgoingEmail
from tests.factories import make_contributor
from tests.servers.programs import environment, manage

NEWEST = datetime(2026, 11, 26, 3, 10, tzinfo=UTC)  # a Thursday


def backups(*hours_ago: float) -> list[backup_folder.Backup]:
    moments = [NEWEST - timedelta(hours=hours) for hours in hours_ago]
    return [backup_folder.Backup(Path(f"{moment:%d %H}"), moment) for moment in moments]


# --- Which are old


def test_the_last_backup_of_each_recent_day_and_week_is_kept() -> None:
    every_twelve_hours = backups(*range(0, 24 * 40, 12))
    removed = backup_folder.to_remove(every_twelve_hours, daily=3, weekly=3)
    kept = [one for one in every_twelve_hours if one not in removed]
    assert [one.made_at.date().isoformat() for one in kept] == [
        *("2026-11-26", "2026-11-25", "2026-11-24"),
        *("2026-11-22", "2026-11-15"),  # the last ones of the two weeks before
    ]
    assert all(one.made_at.hour == 15 for one in kept[1:])


def test_where_backups_stopped_none_is_removed() -> None:
    assert backup_folder.to_remove(backups(0, 24 * 300, 24 * 301), daily=3, weekly=0) == []


@pytest.mark.parametrize(("daily", "weekly", "left"), [(0, 0, 9), (1, 0, 1), (0, 1, 1)])
def test_zero_for_both_keeps_all_and_the_newest_always_stays(
    daily: int, weekly: int, left: int
) -> None:
    found = backups(*range(9))
    removed = backup_folder.to_remove(found, daily=daily, weekly=weekly)
    assert len(found) - len(removed) == left
    assert found[0] not in removed


def test_other_files_in_the_folder_are_no_backups(tmp_path: Path) -> None:
    for name in ("newsroom-20261126T031000Z.tar", "newsroom-old.tar", "notes.tar", ".lock"):
        (tmp_path / name).touch()
    assert [one.name for one in backup_folder.backups_in(tmp_path)] == [
        "newsroom-20261126T031000Z.tar"
    ]
    assert backup_folder.backups_in(tmp_path / "none") == []


def test_only_one_backup_is_made_at_a_time_and_what_a_killed_one_left_is_removed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backups"
    with backup_folder.locked(folder):
        with (
            pytest.raises(backup_folder.BackupRunning),
            backup_folder.locked(folder),
        ):
            pytest.fail("two at once")
        (folder / ".unfinished-12").mkdir()
    with backup_folder.locked(folder):
        assert [path.name for path in folder.iterdir()] == [".lock"]
    assert folder.stat().st_mode & 0o077 == 0


# --- The file


def archive(path: Path, **members: bytes) -> Path:
    with path.open("wb") as file:
        writer = ArchiveWriter(file)
        for name, content in members.items():
            writer.add(name, [content[:3], content[3:]])
        writer.finish(
            Manifest(
                made_at="2026-11-26T03:10:00+00:00",
                site="https://news.example.com",
                versions={},
                engine="postgresql",
                members=writer.members,
            )
        )
    return path


def test_a_member_comes_back_as_it_was_written(tmp_path: Path) -> None:
    reader = ArchiveReader(archive(tmp_path / "b.tar", database=b"rows" * 1000, media=b""))
    reader.check()
    assert b"".join(reader.stored("database")) == b"rows" * 1000
    assert [member.bytes for member in reader.manifest.members] == [4000, 0]
    listed = subprocess.run(["tar", "-tf", reader.path], capture_output=True, check=True, text=True)
    assert listed.stdout.split() == ["database", "media", "manifest.json"]


def test_a_changed_byte_or_a_cut_is_noticed(tmp_path: Path) -> None:
    file = archive(tmp_path / "b.tar", database=b"rows" * 1000)
    whole = file.read_bytes()
    end = whole.rindex(b"}") + 1
    for position in range(0, end, 117):
        file.write_bytes(whole[:position])
        with pytest.raises(BackupDamaged):
            ArchiveReader(file).check()
    for position in range(512, 4512, 333):  # the content; headers have fields that mean nothing
        changed = bytearray(whole)
        changed[position] ^= 1
        file.write_bytes(changed)
        with pytest.raises(BackupDamaged):
            ArchiveReader(file).check()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 10240])
def test_another_file_is_no_backup(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.tar").write_bytes(content)
    with pytest.raises(BackupDamaged):
        ArchiveReader(tmp_path / "b.tar")


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("", ""),
        ("age1" + "q" * 58, "age"),
        (f"age1{'q' * 58} age1{'p' * 58}", "age"),
        ("0123456789ABCDEF0123456789abcdef01234567", "gpg"),
    ],
)
def test_public_keys_are_recognised(text: str, program: str) -> None:
    assert parse_backup_key(text).program == program


@pytest.mark.parametrize(
    "text",
    ["AGE-SECRET-KEY-1QQQQ", "me@example.com", "01234567", f"age1{'q' * 58} {'0' * 40}"],
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="public keys of age"):
        parse_backup_key(text)


# --- Uploaded files


def test_uploads_come_back_and_files_that_are_being_written_are_left_out(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "issues" / "2026").mkdir(parents=True)
    (source / "issues" / "2026" / "ä b.png").write_bytes(b"x" * 3_000_000)
    (source / "one.webp").write_bytes(b"")
    (source / ".one.webp.abc").write_bytes(b"half")
    stream = MediaStream(source)
    content = b"".join(stream)
    assert unpack([content], target, replace=False) == stream.files == 2
    assert (target / "issues" / "2026" / "ä b.png").read_bytes() == b"x" * 3_000_000
    assert unpack([content], target, replace=False) == 2  # again, over the same files
    (target / "one.webp").write_bytes(b"another")
    with pytest.raises(FileDiffers):
        unpack([content], target, replace=False)
    unpack([content], target, replace=True)
    assert (target / "one.webp").read_bytes() == b""
    assert not list(target.rglob(".*"))


@pytest.mark.parametrize("name", ["../outside.png", "/tmp/outside.png", "a/../../outside.png"])  # noqa: S108
def test_a_name_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    import tarfile

    part = tarfile.TarInfo(name)
    content = part.tobuf() + b"\0" * 1024
    with pytest.raises(BackupDamaged, match="no upload can be"):
        unpack([content], tmp_path / "media", replace=True)
    assert not (tmp_path / "outside.png").exists()


# --- Programs


def test_chunks_pass_through_programs() -> None:
    chunks = [bytes([number]) * 70_000 for number in range(100)]
    assert b"".join(output_of(["cat"], given=iter(chunks))) == b"".join(chunks)
    assert list(passed_through(["cat"], chunks)) == chunks


def test_a_program_that_fails_is_noticed_with_its_words() -> None:
    fails = ["sh", "-c", "head -c 10 >/dev/null; echo no room >&2; exit 3"]
    for run in (lambda: feed(fails, [b"x"] * 9), lambda: list(passed_through(fails, [b"x" * 99]))):
        with pytest.raises(ProgramFailed, match="no room"):
            run()


def test_a_program_never_takes_a_part_for_the_whole(tmp_path: Path) -> None:
    def cut() -> Any:
        yield b"some\n"
        raise BackupDamaged("cut")

    reader = ["sh", "-c", f"cat; touch {tmp_path}/end"]
    with pytest.raises(BackupDamaged, match="cut"):
        feed(reader, cut())
    assert not (tmp_path / "end").exists()


def test_chunks_can_be_read_like_a_file() -> None:
    file = ChunkFile([b"abc", b"", b"defg"])
    assert [file.read(2), file.read(4), file.read(4), file.read(1)] == [b"ab", b"cdef", b"g", b""]


# --- The commands


@pytest.fixture
def small_newsroom(tmp_path: Path) -> dict[str, str]:
    env = environment(DEBUG="true", VAR_DIR=str(tmp_path / "var"), SITE_URL="http://localhost")
    assert manage("migrate", env=env, seconds=600).returncode == 0
    picture = tmp_path / "var" / "media" / "issues" / "a.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    return env


def succeed(*words: str, env: dict[str, str]) -> Any:
    done = manage(*words, "--json", env=env, seconds=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.takes(seconds=25)
def test_a_backup_of_sqlite_is_made_listed_checked_and_restored(
    small_newsroom: dict[str, str], tmp_path: Path
) -> None:
    made = succeed("backup", env=small_newsroom)
    assert made["media_files"] == 1
    assert made["rows"] > 0
    file = Path(made["path"])
    assert file.stat().st_mode & 0o077 == 0
    assert [one["name"] for one in succeed("backup", "--list", env=small_newsroom)] == [file.name]
    assert succeed("backup", "--check", "latest", env=small_newsroom)["name"] == file.name

    refused = manage("restore", str(file), env=small_newsroom, seconds=600)
    assert refused.returncode == exit_codes.REFUSED
    assert "not empty" in refused.stderr

    elsewhere = small_newsroom | {"VAR_DIR": str(tmp_path / "elsewhere")}
    assert succeed("restore", str(file), env=elsewhere)["differences"] == []
    assert (tmp_path / "elsewhere" / "media" / "issues" / "a.png").read_bytes() == b"picture"
    with closing(sqlite3.connect(tmp_path / "elsewhere" / "newsroom.sqlite3")) as database:
        [[reason]] = database.execute("SELECT restored_reason FROM newsroom_databaseepoch")
    assert file.name in reason

    file.write_bytes(file.read_bytes()[:-20_000])
    for words in (("backup", "--check", "latest"), ("backup", "--list"), ("restore", "latest")):
        damaged = manage(*words, env=small_newsroom, seconds=600)
        assert damaged.returncode == exit_codes.DAMAGED, words
        assert "Traceback" not in damaged.stderr


@pytest.fixture
def folders(settings: Any, tmp_path: Path) -> Path:
    """Keep uploads and backups of the test in folders of its own."""
    settings.BACKUP_DIR = tmp_path / "backups"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MEDIA_ROOT.mkdir()
    return tmp_path


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.takes(seconds=8)
@pytest.mark.usefixtures("folders")
def test_a_database_is_replaced_whole_or_not_at_all(settings: Any) -> None:
    def names() -> list[str]:
        return list(Contributor.objects.order_by("name").values_list("name", flat=True))

    make_contributor(name="Before")
    OutgoingEmail.objects.create(name="welcome", to="ada@example.com", subject="Hello", text="Hi")
    call_command("backup")
    make_contributor(name="Later")
    OutgoingEmail.objects.all().delete()

    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", "latest")
    [backup] = backup_folder.backups_in(settings.BACKUP_DIR)
    whole = backup.path.read_bytes()
    cut = whole[: len(whole) // 2] + b"0000" + whole[len(whole) // 2 + 4 :]
    backup.path.write_bytes(cut)
    with pytest.raises(CommandError, match="has changed"):
        call_command("restore", "latest", replace=True)
    backup.path.write_bytes(whole)
    url = "postgres://{USER}@{HOST}:{PORT}/{NAME}".format_map(connection.settings_dict)
    with closing(psycopg2.connect(url)), pytest.raises(CommandError, match="connections to it"):
        call_command("restore", "latest", replace=True)
    assert names() == ["Before", "Later"]

    call_command("restore", "latest", replace=True)
    assert names() == ["Before"]
    assert OutgoingEmail.objects.get().held
    assert database_epoch.restored_epoch() is not None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("age") is None, reason="age is not installed")
def test_only_the_private_key_opens_an_encrypted_backup(
    folders: Path, tmp_path: Path, settings: Any
) -> None:
    key_file = tmp_path / "key"
    said = subprocess.run(
        ["age-keygen", "-o", key_file], capture_output=True, check=True, text=True
    ).stderr
    settings.BACKUP_KEY = parse_backup_key(said.split()[-1])
    secret = b"a picture that nobody has seen"
    (folders / "media" / "a.png").write_bytes(secret)
    call_command("backup")
    [backup] = backup_folder.backups_in(settings.BACKUP_DIR)
    assert secret not in backup.path.read_bytes()
    with pytest.raises(CommandError, match="BACKUP_KEY_FILE"):
        call_command("restore", "latest", replace=True)
    settings.BACKUP_KEY_FILE = key_file
    call_command("backup", check="latest")
