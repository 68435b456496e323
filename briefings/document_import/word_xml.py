"""Read elements of Word's XML by their names without namespaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET


def parse_part(xml: bytes) -> ET.Element:
    """Return the root of a part that was checked to be well-formed and without entities."""
    return ET.fromstring(xml)  # noqa: S314  (checked before: no entities, limited size and depth)


def is_tag(element: ET.Element | None, *names: str) -> bool:
    """Whether an element has one of these names."""
    return element is not None and element.tag.rpartition("}")[2] in names


def children_of(element: ET.Element | None, name: str) -> Iterator[ET.Element]:
    """Yield the children of an element that have this name."""
    return (child for child in (element if element is not None else ()) if is_tag(child, name))


def child_of(element: ET.Element | None, name: str) -> ET.Element | None:
    """Return the first child of an element that has this name."""
    return next(children_of(element, name), None)


def qualified(element: ET.Element, name: str) -> str:
    """Return a name in the namespace of an element."""
    return f"{element.tag.rpartition('}')[0]}}}{name}" if "}" in element.tag else name


def value_of(element: ET.Element | None, name: str = "val") -> str:
    """Return an attribute, with or without a namespace; empty where there is none."""
    if element is None:
        return ""
    found = (value for key, value in element.items() if key.rpartition("}")[2] == name)
    return next(found, "")


def int_of(text: str, *, otherwise: int = 0) -> int:
    """Return a whole number that is written in digits."""
    return int(text) if re.fullmatch(r"\d{1,9}", text) else otherwise


def words_of(element: ET.Element | None, *, strip: bool = True) -> str:
    """Return the words in an element, deleted ones too; with `strip`, each space once."""
    parts: list[str] = []
    for node in element.iter() if element is not None else ():
        if is_tag(node, "t", "delText"):
            parts.append(node.text or "")
        elif is_tag(node, "tab", "br", "p"):
            parts.append(" ")
    return joined(parts) if strip else "".join(parts)


def joined(parts: Iterator[str] | list[str]) -> str:
    """Return pieces of text as one, with each space once."""
    return " ".join("".join(parts).split())
