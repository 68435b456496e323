"""The house's rules for its own code, as tests."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("newsroom", "briefings", "subscribers")
# Which rooms the code of a room may import; subscribers know of briefings, never the other way.
MAY_IMPORT = {
    "newsroom": {"newsroom"},
    "briefings": {"newsroom", "briefings"},
    "subscribers": {"newsroom", "briefings", "subscribers"},
}
VAGUE = {
    "base",
    "common",
    "core",
    "helper",
    "helpers",
    "misc",
    "service",
    "services",
    "util",
    "utils",
}
MAX_LINES = 350
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock")


@cache
def our_files() -> list[Path]:
    """Return the files that belong to the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:  # an archive without history
        found = [path for path in ROOT.rglob("*") if path.is_file()]
        hidden = {".git", ".venv", "var", "__pycache__", ".mypy_cache", ".ruff_cache"}
        return [path for path in found if not hidden & set(path.relative_to(ROOT).parts)]
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def python_files(*rooms: str) -> list[Path]:
    inside = [file.relative_to(ROOT) for file in our_files() if file.suffix == ".py"]
    return [file for file in inside if not rooms or file.parts[0] in rooms]


def imported_packages(file: Path) -> set[str]:
    """Return the top-level packages that a file imports, by whatever form."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        match node:
            case ast.Import(names=names):
                found |= {name.name.split(".")[0] for name in names}
            case ast.ImportFrom(module=str(module), level=0):
                found.add(module.split(".")[0])
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                found.add(module.split(".")[0])
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_imports_flow_one_way(room: str) -> None:
    forbidden = set(ROOMS) - MAY_IMPORT[room]
    culprits = {file: imported_packages(file) & forbidden for file in python_files(room)}
    assert {str(file): found for file, found in culprits.items() if found} == {}


def test_the_application_never_imports_its_tests() -> None:
    culprits = [str(file) for file in python_files(*ROOMS) if "tests" in imported_packages(file)]
    assert culprits == []


def test_a_module_is_named_for_its_act() -> None:
    culprits = [str(file) for file in python_files() if VAGUE & {*file.parts[:-1], file.stem}]
    assert culprits == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    lines = {
        str(file): len((ROOT / file).read_text().splitlines())
        for file in python_files()
        if "migrations" not in file.parts
    }
    assert {file: number for file, number in lines.items() if number > MAX_LINES} == {}


def test_nothing_connects_signals_of_models() -> None:
    """Work is found by asking the tables; a signal is a call that nobody can read."""
    signals = "django.db.models.signals"
    culprits = [str(file) for file in python_files(*ROOMS) if signals in (ROOT / file).read_text()]
    assert culprits == []


def test_no_file_knows_where_a_developer_keeps_it() -> None:
    home = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
    culprits = [
        file.relative_to(ROOT)
        for file in our_files()
        if home.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


def test_no_file_names_a_package_index() -> None:
    index = re.compile(
        rb"https?://[^\s/]*(?:pypi|pythonhosted)|--(?:extra-)?index-url|\bindex-url *="
    )
    culprits = [
        file.relative_to(ROOT)
        for file in our_files()
        if index.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_hashes_and_names_no_host(name: str) -> None:
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert "--index" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    for entry in entries:
        pinned = r"[a-z0-9][a-z0-9._-]*==\S+ \\\n( +--hash=sha256:[0-9a-f]{64}( \\\n|$))+"
        assert re.fullmatch(pinned, entry), entry


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^(\S+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE)
    return dict(found)


def test_tests_run_with_the_packages_that_are_shipped() -> None:
    shipped, tested = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_every_letter_has_its_three_parts() -> None:
    letters = ROOT / "templates" / "email"
    for folder in letters.iterdir():
        if folder.is_dir():
            found = {part.name for part in folder.iterdir() if not part.name.startswith("_")}
            assert {"subject.txt", "body.txt", "body.html"} <= found, folder.name
