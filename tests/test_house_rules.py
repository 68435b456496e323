"""The project's rules for its own code, as tests; `test_import_layers.py` has those on imports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from briefings.models.briefing import RESERVED_SLUGS
from tests.source_files import APPS, ROOT, project_files, python_files

VAGUE_NAMES = {
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
# Django's own names, which every app or package may have.
SHARED_NAMES = {
    "__init__",
    "admin",
    "apps",
    "forms",
    "models",
    "permissions",
    "tasks",
    "urls",
    "views",
}
# Nouns that happen to end in "ing".
ING_NOUNS = {"briefing", "consent_wording"}
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock")


def application_modules() -> list[Path]:
    return [file for file in python_files(*APPS) if "migrations" not in file.parts]


def test_no_module_has_a_vague_name() -> None:
    culprits = [str(file) for file in python_files() if VAGUE_NAMES & {*file.parts[:-1], file.stem}]
    assert culprits == []


def test_no_two_modules_share_a_name() -> None:
    """A name leads to one file, so that a search for it does too."""
    files = defaultdict(list)
    for file in application_modules():
        files[file.stem].append(str(file))
    shared = {name: found for name, found in files.items() if len(found) > 1}
    assert {name: shared[name] for name in shared.keys() - SHARED_NAMES} == {}


def test_a_module_is_named_for_its_subject_and_not_for_an_activity() -> None:
    names = {file.stem: str(file) for file in application_modules() if file.stem.endswith("ing")}
    assert {name: names[name] for name in names.keys() - ING_NOUNS} == {}


def test_nothing_connects_model_signals() -> None:
    """Work is found by querying the tables; a signal is a call that no reader of the code sees.

    Only the groups of staff are made after a migrate.
    """
    signals = re.compile(r"django\.db\.models\.signals(?! import post_migrate\n)")
    culprits = [
        str(file) for file in python_files(*APPS) if signals.search((ROOT / file).read_text())
    ]
    assert culprits == []


def test_permissions_are_named_once() -> None:
    """`permissions.py` of each app names them; whoever asks uses the constant and `may`."""
    named = re.compile(
        r"has_perms?\(|[\"'](?:briefings|subscribers)\.(?:add|change|delete|view|approve|send"
        r"|moderate|import|export)_\w+[\"']"
    )
    culprits = [
        str(file)
        for file in python_files("briefings", "subscribers")
        if file.name != "permissions.py" and named.search((ROOT / file).read_text())
    ]
    assert culprits == []


def test_no_file_contains_a_path_of_a_developers_machine() -> None:
    home = re.compile(rb"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")
    culprits = [
        file.relative_to(ROOT)
        for file in project_files()
        if home.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


def test_no_file_names_a_package_index() -> None:
    index = re.compile(
        rb"https?://[^\s/]*(?:pypi|pythonhosted)|--(?:extra-)?index-url|\bindex-url *="
    )
    culprits = [
        file.relative_to(ROOT)
        for file in project_files()
        if index.search(file.read_bytes()) and file != Path(__file__)
    ]
    assert culprits == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_has_hashes_and_names_no_host(name: str) -> None:
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


def test_every_email_has_a_subject_a_text_and_an_html_template() -> None:
    for folder in (ROOT / "templates" / "email").iterdir():
        if folder.is_dir():
            found = {part.name for part in folder.iterdir() if not part.name.startswith("_")}
            assert {"subject.txt", "body.txt", "body.html"} <= found, folder.name


def test_no_briefing_can_take_the_address_of_a_page() -> None:
    """A briefing lives at /its-slug/, so the first word of every other address is reserved."""
    routes = [str(pattern.pattern) for pattern in _patterns(get_resolver().url_patterns)]
    words = {route.split("/")[0] for route in routes}
    slugs = {word for word in words if re.fullmatch(r"[a-z0-9-]+", word)}
    assert slugs - RESERVED_SLUGS == set()


def _patterns(found: list[URLPattern | URLResolver]) -> Iterator[URLPattern | URLResolver]:
    """Yield patterns, with those that a pattern without a prefix includes."""
    for pattern in found:
        if isinstance(pattern, URLResolver) and not str(pattern.pattern):
            yield from _patterns(pattern.url_patterns)
        else:
            yield pattern
