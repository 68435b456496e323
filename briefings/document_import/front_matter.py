"""Read the fields above a text: YAML between dashes, TOML between plus signs, or JSON.

MultiMarkdown has its fields there without a line around them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from briefings.document_import.blocks import (
    MAX_BYLINE,
    MAX_STRAPLINE,
    MAX_TITLE,
    SourceDocument,
)
from newsroom.invisible_characters import remove_invisible
from newsroom.word_lists import listed

MAX_FRONT_MATTER = 20_000  # characters
MAX_FIELD_DEPTH = 20
MAX_SHOWN = 500
MAX_WORDS_OF_A_KEY = 4
_COMMENT = re.compile(r"\s*<!--(.{0,500}?)-->", re.DOTALL)
_YAML = re.compile(
    r"\s*---[ \t]*(?:ya?ml)?[ \t]*\n(.*?)^ ?(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE
)
_TOML_IN_DASHES = re.compile(
    r"\s*---[ \t]*toml[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE
)
_JSON_IN_MARKS = re.compile(
    r"\s*(?:---[ \t]*json|;;;(?:[ \t]*json)?)[ \t]*\n(.*?)^(?:---|;;;)[ \t]*$\n?",
    re.DOTALL | re.MULTILINE,
)
# Pandoc's title, authors and date, each on a line of its own.
_PERCENT = re.compile(r"\s*%[ \t]+(\S[^\n]*)\n%[ \t]+(\S[^\n]*)\n(?:%[ \t]+(\S[^\n]*)\n)?")
_TOML = re.compile(
    r"\s*\+\+\+[ \t]*(?:toml)?[ \t]*\n(.*?)^\+\+\+[ \t]*$\n?", re.DOTALL | re.MULTILINE
)
# Without a line around them, or with one above them only: two or more usual fields down to the
# first blank line.
_UNFENCED = re.compile(
    r"\s*+(?:---[ \t]*\n)?((?:[A-Za-z][\w -]{0,40}:[ \t]+[^\s][^\n]*\n){2,}+)[ \t]*\n",
)
_JSON = re.compile(
    r"\s*(?=\{)((?:\{[ \t]*\n.*?^\}|\{[^\n]*\})[ \t]*$)\n?", re.DOTALL | re.MULTILINE
)
_KEY = re.compile(r"[A-Za-z_][\w.:-]{0,60}[ \t]*:(?=[ \t]|$)", re.MULTILINE)
_NESTS = re.compile(r"[\[{]")
_STRAPLINE_KEYS = ("strapline", "subtitle", "description", "summary", "excerpt", "standfirst")
_SUBJECT_KEYS = ("subject", "subject_line", "email_subject")
_PREHEADER_KEYS = ("preheader", "preview_text", "email_preheader")
_BYLINE_KEYS = ("author", "authors", "byline", "by")
_USUAL_KEYS = frozenset(
    {"title", "date", "author", "authors", "tags", "layout", "draft", "slug", *_STRAPLINE_KEYS}
    | {"permalink", "categories", "category", "keywords", "image", "published", "template"}
)
# What stands above a text that was saved from a mail program.
_MAIL_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "sent", "date", "subject", "reply-to", "importance", "attachments"}
    | {"von", "an", "gesendet", "betreff", "datum", "de", "envoyé", "objet", "verzonden", "aan"}
    | {"onderwerp", "enviado", "para", "asunto", "inviato", "oggetto"}
)
_NAME_KEYS = ("name", "title", "display_name")
_READ_BY_LINE = (
    "The fields above the text have mistakes in them, so each line was read by itself. Check the"
    " title, the strapline and the author."
)


@dataclass(slots=True, kw_only=True)
class FrontMatter:
    """The fields above a text, the text below them, and lines beside the fields that are none."""

    body: str
    fields: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """Reads words as they stand: a date, `yes` or 007 stays what was written.

    A field that stands there twice is a mistake: the first value would be lost.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  (PyYAML's own signature)
        fields = super().construct_mapping(node, deep=deep)
        if len(fields) < len(node.value):
            raise yaml.constructor.ConstructorError(problem="a field stands there twice")
        return fields


_Loader.yaml_implicit_resolvers = {}


def split_front_matter(source: str) -> FrontMatter:
    """Return the fields at the start of a text, if there are any, and the rest of the text.

    Fields with mistakes in them are read line by line: their names are never words of the text.
    """
    start = source[: 2 * MAX_FRONT_MATTER]
    if remove_invisible(start).lstrip()[:1] not in set("-+{<;"):
        return _split_unfenced(source) or FrontMatter(body=source)
    text = remove_invisible(source).replace("\r\n", "\n").replace("\r", "\n")
    comments: list[str] = []
    end = 0
    while comment := _COMMENT.match(text, end):
        comments += (f"Comment: {words}" for words in _words(comment[1]))
        end = comment.end()
    text = text[end:]
    read = _split_fenced(text) or _split_unfenced(text)
    if read is None:
        return FrontMatter(body=source)
    read.left_out += comments
    return read


def _split_fenced(text: str) -> FrontMatter | None:
    """Return the fields between dashes, plus signs or braces."""
    for pattern, load in _FORMATS:
        found = pattern.match(text, 0, 2 * MAX_FRONT_MATTER)
        if found is None or len(found[1]) > MAX_FRONT_MATTER:
            continue
        body = text[found.end() :]
        fields = load(found[1])
        if fields is not None and _are_fields(fields, found[1]):
            return FrontMatter(body=body, fields=_with_spaced_keys(fields))
        by_line = _read_by_line(found[1], load, body=body)
        if by_line is not None:
            return by_line
    return None


def _split_unfenced(source: str) -> FrontMatter | None:
    """Return the fields of MultiMarkdown; the first is a title, an author or a date."""
    text = remove_invisible(source).replace("\r\n", "\n")
    if lines := _PERCENT.match(text, 0, 2 * MAX_FRONT_MATTER):
        title, authors, date = lines.groups()
        people = [name.strip() for name in authors.split(";")]
        return FrontMatter(
            body=text[lines.end() :], fields={"title": title, "author": people, "date": date}
        )
    found = _UNFENCED.match(text, 0, 2 * MAX_FRONT_MATTER)
    if found is None:
        return None
    body = text[found.end() :]
    names = {line.partition(":")[0].strip().lower() for line in found[1].splitlines()}
    if names <= _MAIL_HEADERS:
        return FrontMatter(body=body, left_out=found[1].splitlines())
    if found[1].partition(":")[0].strip().lower() not in {"title", "author", "date"}:
        return None
    fields = _load_yaml(found[1]) or {}
    usual = _USUAL_KEYS.intersection(key.strip().lower() for key in fields)
    if len(usual) < 2 or len(fields) < found[1].count("\n"):
        return None
    return FrontMatter(body=body, fields=_with_spaced_keys(fields))


def _load_yaml(source: str) -> dict[str, Any] | None:
    if len(_NESTS.findall(source)) > MAX_FRONT_MATTER // 100:
        return None
    for attempt in (source, source.replace("\t", "    "), _quoted(source)):
        try:
            # No aliases: a few of them stand for more text than there is memory.
            if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(attempt)):
                return None
            fields = yaml.load(attempt, Loader=_Loader)  # noqa: S506  (a SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError, TypeError):
            continue
        if isinstance(fields, dict):
            return {str(key): value for key, value in fields.items()}
        if fields is None:
            return {}
    return None


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


def _load_json(source: str) -> dict[str, Any] | None:
    """Return the fields of JSON, also with a comma after the last one or with comments."""
    try:
        fields = json.loads(source, object_pairs_hook=_fields_once)
    except (RecursionError, ValueError):
        return _load_yaml(source)
    return fields if isinstance(fields, dict) else None


def _fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field stands there twice")
    return fields


def _are_fields(fields: dict[str, Any], source: str) -> bool:
    """Whether names and values are fields; an article between two rules may look like some."""
    keys = {key.strip().lower().partition(":")[0] for key in fields}
    if _USUAL_KEYS.intersection(keys):
        return True
    return (
        not any(" " in key.strip() for key in fields)
        and re.search(r"^\s*#", source, re.MULTILINE) is None
        and not any(isinstance(value, str) and _is_sentence(value) for value in fields.values())
    )


def _is_sentence(value: str) -> bool:
    return value.rstrip("”’\"' \n").endswith((".", "!", "?", "…")) and " " in value.strip()


def _with_spaced_keys(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with `title:Ferries: a history` as the title."""
    made: dict[str, Any] = {}
    for key, value in fields.items():
        name, _, start = key.partition(":")
        is_tight = start and isinstance(value, str) and name.lower() in _USUAL_KEYS - set(fields)
        made[name if is_tight else key] = f"{start}: {value}" if is_tight else value
    return made


_FORMATS: tuple[tuple[re.Pattern[str], Callable[[str], dict[str, Any] | None]], ...] = (
    (_YAML, _load_yaml),
    (_TOML_IN_DASHES, _load_toml),
    (_TOML, _load_toml),
    (_JSON_IN_MARKS, _load_json),
    (_JSON, _load_json),
)


# --- fields with mistakes in them ------------------------------------------------------------

_NAME = r"(?P<quote>[\"']?)(?P<key>[^\W\d][\w .:/@-]{0,60}?)(?P=quote)[ \t]*"
_SPACED = re.compile(_NAME + r":(?:[ \t]+(?P<value>.*)|)$")
_EQUALS = re.compile(_NAME + r"=[ \t]*(?P<value>.*)$")
_TIGHT = re.compile(_NAME + r":(?!//)(?P<value>\S.*)$")
_BULLETS = re.compile(r"\A\s*(?:-[ \t]+)*")
_CONTINUES = re.compile(r"[ \t]|-(?:[ \t]|$)|[\]})]")
_TEMPLATE_OR_TABLE = re.compile(r"\{[%{#].*[%}#]\}\s*$|\[[^\]]*\]\]?\s*$|[{}]\s*$")


def _read_by_line(
    source: str, load: Callable[[str], dict[str, Any] | None], *, body: str
) -> FrontMatter | None:
    """Return the fields of lines such as `key: value`; None where the lines are a text.

    Each field is read as the format has it and, where that fails too, as it stands.
    """
    read = FrontMatter(body=body, left_out=[_READ_BY_LINE])
    fields: list[tuple[re.Match[str], list[str]]] = []
    odd: list[str] = []
    after_blank = False
    for line in source.split("\n"):
        found = _field(line.strip() if load is _load_json else line)
        if not line.strip() or line.lstrip().startswith("#") or _TEMPLATE_OR_TABLE.match(line):
            read.left_out += [line.strip()] if line.strip(" \t#{}") else []
        elif found is not None:
            fields.append((found, []))
        elif fields and _CONTINUES.match(line):
            fields[-1][1].append(line)
        elif fields and not after_blank:
            odd.append(line.strip())
        else:
            return None
        after_blank = not line.strip()
    for found, more in fields:
        key, value = found["key"].strip(), _value_of(found, more, load, read.left_out)
        if key in read.fields:
            read.left_out.append(f"{key}: {'; '.join(_words(value))}"[:MAX_SHOWN])
        else:
            read.fields[key] = value
    read.left_out += odd
    if len(odd) >= max(len(fields), 1) or not _are_fields(read.fields, source):
        return None
    read.fields = _with_spaced_keys(read.fields)
    return read


def _field(line: str) -> re.Match[str] | None:
    """Return the match of a line that is a field; a name has few words."""
    for pattern in (_SPACED, _EQUALS, _TIGHT):
        found = pattern.match(line)
        if found is not None and len(found["key"].split()) <= MAX_WORDS_OF_A_KEY:
            return found
    return None


def _value_of(
    found: re.Match[str],
    more: list[str],
    load: Callable[[str], dict[str, Any] | None],
    left_out: list[str],
) -> Any:
    """Return a field's value with the lines under it; those that do not belong are left out."""
    alone = load("\n".join([found[0].rstrip(", ") if load is _load_json else found[0], *more]))
    if alone is not None and len(alone) == 1:
        return next(iter(alone.values()))
    words = [_unquoted((found["value"] or "").strip())]
    names: list[str] = []
    for line in more:
        bare = _BULLETS.sub("", line).strip()
        inner = _field(bare)
        is_name = inner and found["key"].strip().lower() in _BYLINE_KEYS
        if inner and is_name and inner["key"].strip().lower() in _NAME_KEYS and inner["value"]:
            names.append(_unquoted(inner["value"].strip()))
        elif inner:
            left_out.append(bare[:MAX_SHOWN])
        else:
            words.append(bare)
    return names or " ".join(filter(None, words))


def _unquoted(value: str) -> str:
    """Return a value without the quotation marks around the whole of it."""
    bare = value.rstrip(",") if value[:1] in "\"'" else value
    mark = bare[:1]
    if len(bare) < 2 or mark not in "\"'" or bare[-1] != mark:
        return value
    closes_within = re.search(rf"\w{mark}[\s,.;:!?]", bare[1:-1])
    return value if closes_within and bare.count(mark) % 2 == 0 else bare[1:-1]


# --- from fields to the parts of an issue ----------------------------------------------------


def apply_front_matter(front_matter: FrontMatter, document: SourceDocument) -> None:
    """Take the head of the issue from the fields; each other one is named as left out."""
    for key, value in front_matter.fields.items():
        name = key.strip().lower()
        words = "; ".join(_words(value))
        if name == "title" and 0 < len(words) <= MAX_TITLE and not document.title:
            document.title = words
        elif name in _STRAPLINE_KEYS and len(words) <= MAX_STRAPLINE and not document.strapline:
            document.strapline = words
        elif name in _SUBJECT_KEYS and len(words) <= MAX_TITLE and not document.subject:
            document.subject = words
        elif name in _PREHEADER_KEYS and len(words) <= MAX_TITLE and not document.preheader:
            document.preheader = words
        elif name in _BYLINE_KEYS and not document.byline and (names := _names(value)):
            document.byline = names
        elif words:
            document.left_out.append(f"{key}: {words}"[:MAX_SHOWN])
    document.left_out += front_matter.left_out


def _words(value: Any, *, depth: int = 0) -> Iterator[str]:
    """Yield the words of a value, of a list's items and of a table's fields with their names."""
    if depth > MAX_FIELD_DEPTH or value is None:
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
    joined = listed(names)
    return joined if len(joined) <= MAX_BYLINE else ""
