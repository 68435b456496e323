"""`make lint` and `make messages` refuse translations that are empty or not well formed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "messages.sh"
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
BROKEN = {
    "empty": "",
    "without_header": 'msgid "Issues"\nmsgstr "Ausgaben"\n',
    "cut_off": f'{HEADER}msgid "Issues"\nmsgstr "Ausga',
    "merge_conflict": f'{HEADER}<<<<<<< HEAD\nmsgid "Issues"\nmsgstr "Ausgaben"\n',
}


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="needs gettext")
@pytest.mark.parametrize("action", ["check", "update"])
@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_and_not_overwritten(
    tmp_path: Path, words: str, action: str
) -> None:
    (tmp_path / "tools").mkdir()
    tool = shutil.copy(TOOL, tmp_path / "tools")
    broken = tmp_path / "locale" / "de" / "LC_MESSAGES" / "django.po"
    broken.parent.mkdir(parents=True)
    broken.write_text(words, encoding="utf-8")
    # Compiled, it is empty too: a comparison of the two would find nothing.
    broken.with_suffix(".mo").touch()

    ended = subprocess.run(
        ["sh", tool, action], capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    assert "locale/de/LC_MESSAGES/django.po is empty or not well formed" in ended.stderr
    assert broken.read_text(encoding="utf-8") == words
