"""Which emphasis or link an element of a page stands for."""

import re

from briefings.document_import.prose import Mark, visible
from briefings.document_import.tags import Start

_MARKS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "cite": "em",
    "dfn": "em",
    "var": "em",
    "u": "u",
    "ins": "u",
    "s": "s",
    "strike": "s",
    "del": "s",
    "sub": "sub",
    "sup": "sup",
}
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_LIGHT = re.compile(r"font-weight\s*:\s*(?:normal|[1-5]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style\s*:\s*italic", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)\S", re.IGNORECASE)


def mark_of(token: Start) -> Mark | None:
    """The mark that an element puts on its words, if any."""
    style = token.attributes.get("style", "")
    if token.tag == "a":
        address = address_of(token)
        return Mark("a", address) if leads_somewhere(address) else None
    if token.tag in {"b", "strong"} and _LIGHT.search(style):
        return None  # the wrapper that Google Docs puts around a whole paste
    if token.tag in _MARKS:
        return Mark(_MARKS[token.tag])
    if token.tag in {"span", "font"} and _BOLD.search(style):
        return Mark("strong")
    if token.tag in {"span", "font"} and _ITALIC.search(style):
        return Mark("em")
    return None


def address_of(token: Start) -> str:
    """Where a link leads, as written."""
    return visible(token.attributes.get("href", "").strip())


def leads_somewhere(address: str) -> bool:
    """Whether an address works outside the page that it stood on."""
    return bool(_ADDRESS.match(address))
