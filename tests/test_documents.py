"""What the documents name exists: files, commands, variables, modules, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.source_files import APPS, ROOT, project_files, python_files

DOCUMENTS = [
    file
    for file in project_files()
    if file.suffix == ".md" and file.parent in {ROOT, ROOT / "docs"}
]
# Files that come into being when Newsroom runs, or that the reader writes.
MADE_LATER = ("var/", ".venv/", ".env", "/", "*")
FOLDERS = tuple(f"{file.name}/" for file in ROOT.iterdir() if file.is_dir())

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)


def code_in(document: Path) -> set[str]:
    """Return what stands in backticks, or in lines of a code block."""
    text = document.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return {*re.findall(r"`([^`\n]+)`", text), *lines}


@documents
def test_every_path_leads_to_a_file(document: Path) -> None:
    paths = {
        code
        for code in code_in(document)
        if code.startswith(FOLDERS) and re.fullmatch(r"[\w./-]+", code)
        if not code.startswith(MADE_LATER)
    }
    assert {path for path in paths if not (ROOT / path).exists()} == set()


@documents
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    local = {link for link in links if "://" not in link}
    assert {link for link in local if not (document.parent / link).exists()} == set()


@documents
def test_every_command_exists(document: Path) -> None:
    code = "\n".join(code_in(document))
    commands = set(re.findall(r"manage\.py (\w+)", code))
    targets = set(re.findall(r"\bmake ([a-z-]+)", code))
    makefile = (ROOT / "Makefile").read_text()
    assert commands - get_commands().keys() == set()
    assert targets - set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == set()


@documents
def test_every_variable_is_in_the_example(document: Path) -> None:
    example = (ROOT / ".env.example").read_text()
    known = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    named = {
        name for code in code_in(document) for name in re.findall(r"^([A-Z]+(?:_[A-Z]+)+)", code)
    }
    assert {name for name in named - known if not is_setting_of_code(name)} == set()


def is_setting_of_code(name: str) -> bool:
    """Whether a name in capitals is a constant of the code, or a variable that only tests read."""
    constant = re.compile(rf"^{name}\b.* = |[\"']{name}[\"']", re.MULTILINE)
    return any(
        constant.search(file.read_text()) for file in project_files() if file.suffix == ".py"
    )


def test_every_name_in_the_glossary_is_in_the_code() -> None:
    """The third column of its tables has names of the code, files and folders."""
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    cells = [
        row.rstrip("|").rsplit("|", 1)[1] for row in re.findall(r"^\|.*\|$", glossary, re.MULTILINE)
    ]
    names = {name for cell in cells for name in re.findall(r"`([A-Za-z_.]+)`", cell)}
    code = "\n".join((ROOT / file).read_text() for file in python_files(*APPS))
    assert {name for name in names if not re.search(rf"\b{re.escape(name)}\b", code)} == set()
