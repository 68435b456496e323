"""A feed in Atom (RFC 4287)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator

from briefings.feed_entries import BEFORE_THE_FIRST_ISSUE
from newsroom.invisible_characters import remove_forbidden_in_xml

if TYPE_CHECKING:
    from briefings.feed_entries import Feed


class WholeTextFeed(Atom1Feed):
    """Atom with `content` beside the summary; its date changes only when an entry does."""

    def latest_post_date(self) -> datetime:
        """Return when the latest entry changed."""
        return max((item["updateddate"] for item in self.items), default=BEFORE_THE_FIRST_ISSUE)

    def item_attributes(self, item: dict[str, Any]) -> dict[str, str]:
        """Return the language of an entry that is in another one than the feed."""
        differs = item["language"] != self.feed["language"]
        return {"xml:lang": item["language"]} if differs else {}

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item | {"description": None})
        if item["standfirst"]:
            handler.addQuickElement("summary", item["standfirst"], {"type": "text"})
        handler.addQuickElement("content", item["html"], {"type": "html"})


def atom_feed(feed: Feed) -> HttpResponse:
    """Return a feed as Atom."""
    atom = WholeTextFeed(
        title=_xml_text(feed.title),
        link=feed.page,
        description="",
        subtitle=_xml_text(feed.subtitle) or None,
        language=feed.language,
        feed_url=feed.atom,
        feed_guid=feed.id,
    )
    for entry in feed.entries:
        atom.add_item(
            title=_xml_text(entry.title),
            language=entry.language,
            link=entry.page,
            description="",
            unique_id=entry.id,
            pubdate=entry.published,
            updateddate=entry.updated,
            author_name=_xml_text(entry.author),
            author_link=entry.author_page,
            categories=[_xml_text(subject) for subject in entry.subjects],
            standfirst=_xml_text(entry.summary),
            html=_xml_text(entry.html),
        )
    return HttpResponse(
        atom.writeString("utf-8"),
        content_type="application/atom+xml; charset=utf-8",
        headers={"Last-Modified": http_date(feed.updated.timestamp())},
    )


def _xml_text(words: str) -> str:
    """Return a text without the characters that XML 1.0 does not allow (section 2.2)."""
    return remove_forbidden_in_xml(words)
