"""Other accounts of the machine open nothing of ours."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from newsroom.private_files import make_private_file, make_private_folder
from tests.servers.programs import environment, manage


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def test_other_accounts_open_nothing_of_ours(tmp_path: Path) -> None:
    """Not of a new newsroom, and not of one that was started by an earlier version."""
    var = tmp_path / "var"
    env = environment(
        SECRET_KEY="0123456789" * 5,
        SITE_URL="https://news.example.com",
        EMAIL_URL="smtp://127.0.0.1:2525",
        VAR_DIR=str(var),
    )
    assert manage("check", env=env).returncode == 0
    assert mode(var) == "0700"
    assert mode(var / "newsroom.sqlite3") == "0600"
    var.chmod(0o755)
    (var / "newsroom.sqlite3").chmod(0o644)
    assert manage("check", env=env).returncode == 0
    assert (mode(var), mode(var / "newsroom.sqlite3")) == ("0700", "0600")


@pytest.mark.parametrize(("given", "left"), [(0o755, "0700"), (0o700, "0700"), (0o577, "0500")])
def test_a_folder_loses_the_rights_of_others_and_gains_none(
    tmp_path: Path, given: int, left: str
) -> None:
    folder = tmp_path / "a" / "b"
    make_private_folder(folder)
    assert mode(folder) == "0700"
    folder.chmod(given)
    make_private_folder(folder)
    assert mode(folder) == left


def test_a_file_keeps_its_content_and_a_missing_folder_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("words")
    file.chmod(0o664)
    make_private_file(file)
    assert (file.read_text(), mode(file)) == ("words", "0600")
    make_private_file(tmp_path / "missing" / "data")
