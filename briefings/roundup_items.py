"""An item of a round-up: title, link, outlet and text, as a list item that page and email know.

`static/newsroom_admin/roundup.js` writes the same list item into an open editor.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from briefings.link_addresses import web_address
from briefings.rendering.section_html import SENTENCE_ENDS
from newsroom.html_tree import Element, parse, write


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundupItem:
    """What somebody entered for an item; none of it has to be there."""

    title: str = ""
    link: str = ""
    outlet: str = ""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not any((self.title, self.link, self.outlet, self.text))


def read_item(title: str, link: str, outlet: str, text: str) -> RoundupItem:
    """Return what was entered, each on one line."""
    title, link, outlet, text = (" ".join(words.split()) for words in (title, link, outlet, text))
    return RoundupItem(title=title, link=link, outlet=outlet, text=text)


def add_item(body: str, item: RoundupItem) -> str:
    """Return a section's body with an item at the end of its last list, or of a new one."""
    tree = parse(body)
    new = parse(f"<li>{_inner_html(item)}</li>").elements[0]
    lists = [block for block in tree.elements if block.tag in {"ul", "ol"}]
    if not lists:
        tree.children.append(Element("ul", {}, [new]))
        return write(tree)
    items = lists[-1]
    items.children = [
        child for child in items.children if not (isinstance(child, Element) and child.is_empty)
    ]
    items.children.append(new)
    return write(tree)


def _inner_html(item: RoundupItem) -> SafeString:
    """Return the words of an item: title in bold as the link, text, and the outlet in italics.

    Words without a title are linked themselves. An address that no browser opens stays as words.
    """
    address = web_address(item.link)
    lead = item.title or item.text or item.outlet or item.link
    linked = (
        format_html('<a href="{}">{}</a>', address, lead) if address else format_html("{}", lead)
    )
    parts = [format_html("<strong>{}{}</strong>", linked, _full_stop(lead))]
    if item.link and not address and item.link != lead:
        parts.append(format_html("({})", item.link))
    if item.text and item.text != lead:
        parts.append(format_html("{}{}", item.text, _full_stop(item.text)))
    if item.outlet and item.outlet != lead:
        parts.append(format_html("<em>{}</em>", item.outlet))
    return SafeString(" ".join(parts))  # each part is escaped above


def _full_stop(words: str) -> str:
    """Return what ends a sentence, unless it has an end: the source is recognised after one."""
    return "" if words.endswith((*SENTENCE_ENDS, ":", ";", ",")) else "."
