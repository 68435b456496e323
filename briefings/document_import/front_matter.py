"""The fields above the text of a Markdown file: YAML between dashes, TOML between plus signs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from briefings.document_import.blocks import SourceDocument
from briefings.document_import.imported_document import MAX_BYLINE, MAX_STRAPLINE, MAX_TITLE

MAX_CHARACTERS = 20_000
MAX_DEPTH = 20
MAX_SHOWN = 500
_YAML = re.compile(r"\s*---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n(.*?)^\+\+\+[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"[A-Za-z_][\w.:-]{0,60}[ \t]*:(?=[ \t]|$)", re.MULTILINE)
_NESTS = re.compile(r"[\[{]")
_STRAPLINE_KEYS = ("strapline", "subtitle", "description", "summary", "excerpt", "standfirst")
_BYLINE_KEYS = ("author", "authors", "byline", "by")
_USUAL_KEYS = frozenset(
    {"title", "date", "author", "authors", "tags", "layout", "draft", "slug", *_STRAPLINE_KEYS}
)
_NAME_KEYS = ("name", "title", "display_name")


class _Loader(yaml.SafeLoader):
    """Reads words as they stand: a date, `yes` or 007 stays what was written."""


_Loader.yaml_implicit_resolvers = {}


def split_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Split off the fields at the start of a Markdown file; without any, return the text alone."""
    for pattern, load in ((_YAML, _load_yaml), (_TOML, _load_toml)):
        found = pattern.match(text)
        if found is not None and len(found[1]) <= MAX_CHARACTERS:
            fields = load(found[1])
            if fields is not None:
                return fields, text[found.end() :]
    return {}, text


def _load_yaml(source: str) -> dict[str, Any] | None:
    if len(_NESTS.findall(source)) > MAX_CHARACTERS // 100:
        return None
    for attempt in (source, source.replace("\t", "    "), _quoted(source)):
        try:
            # No aliases: a few of them stand for more text than there is memory.
            if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(attempt)):
                return None
            fields = yaml.load(attempt, Loader=_Loader)  # noqa: S506  (a SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError):
            continue
        if isinstance(fields, dict):
            return _as_fields(fields, source)
        if fields is None:
            return {}
    return None


def _as_fields(fields: dict[Any, Any], source: str) -> dict[str, Any] | None:
    """Return the fields; None where an article between two rules only looks like some."""
    named = {str(key): value for key, value in fields.items()}
    has_comments = re.search(r"^\s*#", source, re.MULTILINE) is not None
    if any(" " in key.strip() for key in named):
        return None
    if has_comments and not _USUAL_KEYS.intersection(map(str.lower, named)):
        return None
    return named


def _quoted(source: str) -> str:
    """Return the source with values in quotation marks that have a colon, as authors write them."""
    lines = []
    for line in source.split("\n"):
        key = _KEY.match(line)
        value = line[key.end() :].strip() if key else ""
        if key and (": " in value or value[:1] in "@`%") and value[:1] not in "\"'[{|>":
            line = key[0] + " '" + value.replace("'", "''") + "'"  # noqa: PLW2901
        lines.append(line)
    return "\n".join(lines)


def _load_toml(source: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return None


def apply_front_matter(fields: Mapping[str, Any], document: SourceDocument) -> None:
    """Take title, strapline and byline from the fields; each other one is named as left out."""
    for key, value in fields.items():
        name = key.strip().lower()
        words = "; ".join(_words(value))
        if name == "title" and len(words) <= MAX_TITLE and not document.title:
            document.title = words
        elif name in _STRAPLINE_KEYS and len(words) <= MAX_STRAPLINE and not document.strapline:
            document.strapline = words
        elif name in _BYLINE_KEYS and not document.byline and (names := _names(value)):
            document.byline = names
        elif words:
            document.left_out.append(f"{key}: {words}"[:MAX_SHOWN])


def _words(value: Any, *, depth: int = 0) -> Iterator[str]:
    """Yield the words of a value, of a list's items and of a table's fields with their names."""
    if depth > MAX_DEPTH or value is None:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (f"{key}: {words}" for words in _words(inner, depth=depth + 1))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _words(inner, depth=depth + 1)
    elif words := " ".join(str(value).split()):
        yield words


def _names(value: Any) -> str:
    """Return the byline of an author: a name, a list of names, or a table with a name in it."""
    people = value if isinstance(value, list) else [value]
    names: list[str] = []
    for person in people:
        if isinstance(person, dict):
            lower = {str(key).lower(): inner for key, inner in person.items()}
            person = next((lower[key] for key in _NAME_KEYS if key in lower), None)  # noqa: PLW2901
        names += _words(person) if isinstance(person, str) else []
    joined = " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    return joined if len(joined) <= MAX_BYLINE else ""
