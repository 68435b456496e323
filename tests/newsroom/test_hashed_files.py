"""The addresses of static files are worked out once, and are those that Whitenoise gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from whitenoise.storage import CompressedManifestStaticFilesStorage

from newsroom.hashed_files import HashedFilesStorage


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Return the folder of a site whose static files were collected."""
    name = "page.css"
    (tmp_path / name).write_text("p { margin: 0 }")
    storage = CompressedManifestStaticFilesStorage(str(tmp_path), base_url="/static/")
    for _, _, done in storage.post_process({name: (storage, name)}):
        assert done is True
    return str(tmp_path)


def test_an_address_is_that_of_whitenoise_and_worked_out_once(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = CompressedManifestStaticFilesStorage(folder, base_url="/static/").url("page.css")
    assert address != "/static/page.css"
    asked: list[str] = []

    class Counting(HashedFilesStorage):
        def stored_name(self, name: str) -> Any:
            asked.append(name)
            return super().stored_name(name)

    storage = Counting(folder, base_url="/static/")
    assert [storage.url("page.css") for _ in range(3)] == [address] * 3
    assert asked == ["page.css"]


def test_a_file_that_was_not_collected_is_an_error_each_time(folder: str) -> None:
    storage = HashedFilesStorage(folder, base_url="/static/")
    for _ in range(2):
        with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
            storage.url("absent.css")
