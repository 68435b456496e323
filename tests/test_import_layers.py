"""Imports go one way: between the three apps, inside subscribers, and between any two modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.source_files import APPS, ROOT, module_name, python_files

# The apps that the code of an app may import.
MAY_IMPORT = {
    "newsroom": {"newsroom"},
    "briefings": {"newsroom", "briefings"},
    "subscribers": {"newsroom", "briefings", "subscribers"},
}
# The layers of `subscribers`, top to bottom. A module may import its own layer and those below.
LAYERS: tuple[set[str], ...] = (
    {"apps", "management", "urls", "admin", "templatetags"},
    {"bounces"},
    {"preferences"},
    {"signup"},
    {"restoration"},
    {"sending"},
    {"privacy"},
    {"lists"},
    {"consent", "consent_wording", "locks", "permissions"},
    {"models"},
)
# Imports that have to stand inside a function, and why.
IMPORTS_INSIDE_FUNCTIONS = {
    "briefings/apps.py": "Django loads it before it can import models",
    "briefings/points/encoder.py": "only workers load an encoder, and only with the extra",
    "newsroom/accounts/apps.py": "Django loads it before it can import models",
    "newsroom/connection_errors.py": "manage.py imports it before the settings are loaded",
    "newsroom/supervisor.py": "fcntl exists only on Unix, and only the demo needs it",
    "subscribers/apps.py": "Django loads it before it can import models",
}


class Import(NamedTuple):
    """One name that a file imports: its full dotted name, and where the statement stands."""

    name: str
    line: int
    inside_function: bool


@cache
def imports_of(file: Path) -> list[Import]:
    tree = ast.parse((ROOT / file).read_text())
    return list(_imports(tree, inside_function=False))


def _imports(node: ast.AST, *, inside_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import(names=names):
                for name in names:
                    yield Import(name.name, child.lineno, inside_function)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                for name in names:
                    yield Import(f"{module}.{name.name}", child.lineno, inside_function)
            case ast.Call(
                func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield Import(module, child.lineno, inside_function)
        inner = inside_function or isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
        )
        yield from _imports(child, inside_function=inner)


def application_modules() -> dict[str, Path]:
    """Return the files of the three apps by the name under which they are imported."""
    files = [file for file in python_files(*APPS) if "migrations" not in file.parts]
    return {module_name(file): file for file in files}


def import_graph() -> dict[str, set[str]]:
    """Return for each of our modules the ones that it imports."""
    modules = application_modules()
    graph = {}
    for module, file in modules.items():
        names = {found.name for found in imports_of(file)}
        targets = {name if name in modules else name.rpartition(".")[0] for name in names}
        graph[module] = (targets & modules.keys()) - {module}
    return graph


@pytest.mark.parametrize("app", APPS)
def test_imports_between_the_apps_go_one_way(app: str) -> None:
    forbidden = set(APPS) - MAY_IMPORT[app]
    culprits = [
        f"{file}:{found.line} imports {found.name}"
        for file in python_files(app)
        for found in imports_of(file)
        if found.name.split(".")[0] in forbidden
    ]
    assert culprits == []


def test_the_application_never_imports_its_tests() -> None:
    culprits = [
        f"{file}:{found.line}"
        for file in python_files(*APPS)
        for found in imports_of(file)
        if found.name.split(".")[0] == "tests"
    ]
    assert culprits == []


def layer_of(module: str) -> int:
    """Return the number of a subscribers module's layer, counted from the top."""
    part = module.split(".")[1]
    [layer] = [number for number, names in enumerate(LAYERS) if part in names]
    return layer


def test_imports_inside_subscribers_go_down() -> None:
    graph = import_graph()
    culprits = {
        f"{module} imports {target}"
        for module, targets in graph.items()
        for target in targets
        if module.startswith("subscribers.") and target.startswith("subscribers.")
        if layer_of(target) < layer_of(module)
    }
    assert culprits == set()


def test_no_two_modules_import_each_other() -> None:
    """Not in a longer circle either, nor with one of the imports for type checking only."""
    graph = import_graph()
    in_circle = {module for module in graph if module in _reachable(module, graph)}
    assert in_circle == set()


def _reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    """Return the modules that importing this one imports, directly or not."""
    seen: set[str] = set()
    waiting = set(graph[start])
    while waiting:
        module = waiting.pop()
        seen.add(module)
        waiting |= graph[module] - seen
    return seen


def test_no_import_hides_inside_a_function() -> None:
    """Where one stands there, two modules need each other: move what they share."""
    files = {
        str(file)
        for file in application_modules().values()
        if any(found.inside_function for found in imports_of(file))
    }
    assert files == set(IMPORTS_INSIDE_FUNCTIONS)
