"""The project's own files, for the tests that check the code itself."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("newsroom", "briefings", "subscribers")


@cache
def project_files() -> list[Path]:
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
    return sorted(file for file in files if file.is_file())


def python_files(*folders: str) -> list[Path]:
    """Return the Python files in these top-level folders (in all without any), from the root."""
    found = [file.relative_to(ROOT) for file in project_files() if file.suffix == ".py"]
    return [file for file in found if not folders or file.parts[0] in folders]


def module_name(file: Path) -> str:
    """Return the name under which a file is imported."""
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
