"""Folders and files that only the account of our processes may open, whatever its umask says."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600


def make_private_folder(folder: Path) -> None:
    """Create a folder, or close one of ours to other accounts. Raises OSError."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    _close(folder, FOLDER_MODE)


def make_private_file(file: Path) -> None:
    """Create an empty file, or close one of ours to other accounts, if its folder is there."""
    with suppress(OSError):  # whoever opens it says what is wrong
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))
        _close(file, FILE_MODE)


def _close(path: Path, mode: int) -> None:
    """Take all rights from other accounts.

    What belongs to another account, or is part of an image that nobody can write, stays as it is.
    """
    facts = path.stat()
    if facts.st_uid == os.geteuid() and facts.st_mode & 0o077:
        with suppress(OSError):
            path.chmod(facts.st_mode & 0o700 if path.is_dir() else mode)
