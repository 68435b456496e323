"""Elements of a page that hold no words of the article, followed to their end."""

from __future__ import annotations

import re

from briefings.document_import.prose import visible
from briefings.document_import.tags import End, Start, Token

CODE = frozenset({"script", "style", "template"})
# A page's controls, films and frames.
CONTROLS = frozenset(
    {
        *("nav", "button", "select", "textarea", "dialog", "noscript"),
        *("iframe", "object", "video", "audio", "canvas", "svg", "math", "noembed", "noframes"),
    }
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def is_aside(token: Start) -> bool:
    """Whether an element's words are not the article's: code, controls, hidden, the page's name."""
    return (
        token.tag in CODE
        or token.tag in CONTROLS
        or token.tag == "title"
        or "hidden" in token.attributes
        or bool(_HIDDEN.search(token.attributes.get("style", "")))
    )


class Aside:
    """Collects the words of one such element, for the report."""

    def __init__(self, token: Start) -> None:
        self.tag = token.tag
        self.depth = 1
        self._words: list[str] = []
        if token.tag == "iframe" and token.attributes.get("src"):
            self._words.append(f"A frame with {visible(token.attributes['src'])[:200]}. ")

    def hear(self, token: Token) -> None:
        """Follow the page by one token; `depth` is 0 when the element has ended."""
        if isinstance(token, str):
            self._words.append("" if self.tag in CODE else visible(token))
        elif token.tag == self.tag:
            self.depth += -1 if isinstance(token, End) else 1
        else:
            self._words.append(" ")

    @property
    def words(self) -> str:
        """What the element said."""
        return " ".join("".join(self._words).split())
