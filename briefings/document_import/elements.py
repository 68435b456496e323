"""An element of a page while it is open, and what its class says about its words."""

from __future__ import annotations

import re

from briefings.document_import.blocks import Role
from briefings.document_import.boxes import Box
from briefings.document_import.prose import Mark
from briefings.document_import.tags import Start

_STRAPLINE = re.compile(r"strap-?line|standfirst|subtitle|tag-?line|\bdek\b", re.IGNORECASE)
_BYLINE = re.compile(r"by-?line|\bauthor\b", re.IGNORECASE)


class Element:
    """An open element."""

    __slots__ = ("box", "mark", "role", "tag")

    def __init__(
        self,
        tag: str,
        *,
        mark: Mark | None = None,
        box: Box | None = None,
        role: Role = Role.NONE,
    ) -> None:
        self.tag = tag
        self.mark = mark
        self.box = box
        self.role = role


def role_of(token: Start) -> Role:
    """What a class such as `standfirst` or `byline` says that an element's words are."""
    names = f"{token.attributes.get('class', '')} {token.attributes.get('itemprop', '')}"
    if _STRAPLINE.search(names):
        return Role.STRAPLINE
    if _BYLINE.search(names):
        return Role.BYLINE
    return Role.NONE
