"""The environment variables that the settings read, and those that `.env.example` documents."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READERS = {"parsed", "read", "required"}


def variables_read() -> set[str]:
    """Return each name that newsroom/settings.py reads from the environment."""
    tree = ast.parse((ROOT / "newsroom" / "settings.py").read_text())
    return {
        name
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _reads_the_environment(call)
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(name := argument.value, str)
    }


def variables_documented() -> dict[str, str]:
    """Return each name in .env.example with the comment directly above it."""
    documented: dict[str, str] = {}
    text = ""
    for line in (ROOT / ".env.example").read_text().splitlines():
        if match := re.match(r"#?([A-Z][A-Z0-9_]*)=", line):
            documented[match[1]] = text
            text = ""
        elif line.startswith("# "):
            text = f"{text} {line[2:]}".strip()
        elif not line:
            text = ""
    return documented


def _reads_the_environment(call: ast.Call) -> bool:
    match call.func:
        case ast.Name(id=name):
            return name in READERS
        case ast.Attribute(value=ast.Name(id="env")):
            return True
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="os"), attr="environ")):
            return True
    return False
