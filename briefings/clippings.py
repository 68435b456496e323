"""The clippings tray: links kept during the week, from a page, a paste or an email."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.conf import settings

from briefings.link_addresses import web_address
from briefings.models import Clipping, IssueState
from briefings.models.clippings_tray import (
    MAX_CLIPPING_ADDRESS,
    MAX_CLIPPING_OUTLET,
    MAX_CLIPPING_TEXT,
    MAX_CLIPPING_TITLE,
)
from briefings.rendering.section_html import parse_section
from newsroom.invisible_characters import storable
from newsroom.site_address import address_with_token
from newsroom.tokens import sign_id, verify_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from briefings.models import Briefing, Issue
    from newsroom.audit_log import Actor

# More links than this at once are a page pasted by mistake.
MAX_LINKS_AT_ONCE = 100
ADDRESS_PURPOSE = "clippings of briefing"
# Parameters that tell a site who sent its reader; they do not belong to the address.
_TRACKING = re.compile(
    r"(?:utm_\w+|mc_[ce]id|mkt_tok|fbclid|gclid|dclid|msclkid|yclid|igshid|_hsenc|_hsmi|ref_src"
    r"|wt_mc|at_medium|at_campaign|cmpid|ocid|smid|sref)",
    re.IGNORECASE,
)
_MARKDOWN_LINK = re.compile(r"\[([^\]\n]*)\]\(\s*<?((?:https?://|www\.)[^\s<>]*?)>?\s*\)(?!\))")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>\"“”]+", re.IGNORECASE)
_SEPARATORS = " \t-–—:|•*·>,;."
_EMPTY_BRACKETS = re.compile(r"[(\[<]\s*[)\]>]")
_SAFE = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """A link in what somebody pasted or wrote, with the words beside it."""

    url: str
    title: str = ""
    outlet: str = ""
    text: str = ""


def canonical_address(written: str) -> str:
    """Return the web address that is meant, without tracking; empty if there is none.

    Two links to one page get the same address, so that it is in the tray once.
    """
    address = web_address(written)
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower().rstrip("."), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or "." not in host:
        return ""
    query = parts.query
    fields = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in fields if not _TRACKING.fullmatch(name)]
    if len(kept) != len(fields):
        query = urlencode(kept)
    own_port = {"http": 80, "https": 443}[parts.scheme.lower()]
    found = parts._replace(
        scheme=parts.scheme.lower(),
        netloc=host if port in {None, own_port} else f"{host}:{port}",
        path=quote(parts.path, safe=_SAFE) or "/",
        query=quote(query, safe=_SAFE),
        fragment="" if parts.fragment.startswith(":~:") else quote(parts.fragment, safe=_SAFE),
    ).geturl()
    return found if len(found) <= MAX_CLIPPING_ADDRESS else ""


def read_links(text: str) -> list[FoundLink]:
    """Return the links in some lines of text, each once, with the words that belong to them.

    The words on a link's own line are its title, or else the line above it. A line below it, up to
    the next link or empty line, is its text.
    """
    blocks = re.split(r"\n[ \t]*\n", storable(text).replace("\r\n", "\n").replace("\r", "\n"))
    found: dict[str, FoundLink] = {}
    for block in blocks:
        for link in _links_of_block(block.split("\n")):
            found.setdefault(link.url, link)
            if len(found) == MAX_LINKS_AT_ONCE:
                return list(found.values())
    return list(found.values())


def _links_of_block(lines: list[str]) -> Iterator[FoundLink]:
    """Yield the links in lines without an empty one between them."""
    above = ""
    for number, line in enumerate(lines):
        links = list(_links_of_line(line))
        if not links:
            above = f"{above} {line.strip()}".strip()
            continue
        after: list[str] = []
        for later in lines[number + 1 :]:
            if any(_links_of_line(later)):
                after = []  # it is the title of the next link
                break
            after.append(later.strip())
        for url, words in links:
            title = words or (above if len(links) == 1 else "")
            yield FoundLink(url=url, title=title, text=" ".join(after) if len(links) == 1 else "")
        above = ""


def _links_of_line(line: str) -> Iterator[tuple[str, str]]:
    """Yield the addresses in a line, each with its words: those before it, or of the only one."""
    for label, written in _MARKDOWN_LINK.findall(line):
        if url := canonical_address(written):
            yield url, _trimmed(label)
    rest = _MARKDOWN_LINK.sub(" ", line)
    written = [_without_end(address) for address in _ADDRESS.findall(rest)]
    addresses = [one for one in written if canonical_address(one)]
    for address in addresses:
        before, _, after = rest.partition(address)
        words = f"{before} {after}" if len(addresses) == 1 else before
        rest = after
        yield canonical_address(address), _trimmed(words)


def _without_end(address: str) -> str:
    """Return an address without the punctuation of the sentence that it ends."""
    address = address.rstrip(".,;:!?'’*_")
    while address.endswith((")", "]")) and address.count("(") + address.count("[") < (
        address.count(")") + address.count("]")
    ):
        address = address[:-1].rstrip(".,;:!?'’")
    return address


def _trimmed(words: str) -> str:
    return " ".join(_EMPTY_BRACKETS.sub(" ", words).split()).strip(_SEPARATORS)


def outlet_of(url: str) -> str:
    """Return the site of an address, to name the outlet until somebody names it better."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def keep_clipping(
    briefing: Briefing, link: FoundLink, *, by: Actor, at: datetime, may_revive: bool = True
) -> tuple[Clipping, bool]:
    """Put a link into a briefing's tray; return it, and whether it was not there before.

    What is there already gets the words that it lacks. With `may_revive`, a link that was removed,
    or that a published issue has used, comes back.
    """
    words = {
        "title": storable(link.title)[:MAX_CLIPPING_TITLE],
        "outlet": storable(link.outlet or outlet_of(link.url))[:MAX_CLIPPING_OUTLET],
        "text": storable(link.text)[:MAX_CLIPPING_TEXT],
    }
    person = by if by is not None and by.pk is not None else None
    clipping, is_new = Clipping.objects.get_or_create(
        briefing=briefing, url=link.url, defaults={**words, "added_by": person, "at": at}
    )
    if is_new:
        return clipping, True
    changes: dict[str, object] = {
        name: value for name, value in words.items() if value and not getattr(clipping, name)
    }
    used_in = clipping.used_in
    is_used = used_in is not None and used_in.state == IssueState.PUBLISHED
    comes_back = may_revive and (clipping.removed_at is not None or is_used)
    if comes_back:
        changes |= {"removed_at": None, "used_in": None, "at": at, "added_by": person}
    if changes:
        for name, value in changes.items():
            setattr(clipping, name, value)
        clipping.save(update_fields=list(changes))
    return clipping, comes_back


def tick_off(issue: Issue) -> None:
    """Note which clippings an issue uses: those whose links are in its text now.

    Call it in the transaction that saves the text. What it does not use any more is in the tray.
    """
    clippings = Clipping.objects.filter(briefing=issue.briefing_id)
    if not clippings.exists():
        return
    urls = {
        canonical_address(link.attributes.get("href", ""))
        for body in issue.sections.values_list("body", flat=True)
        for link in parse_section(body).find("a")
    } - {""}
    clippings.filter(used_in=None, url__in=urls).update(used_in=issue, removed_at=None)
    clippings.filter(used_in=issue).exclude(url__in=urls).update(used_in=None)


def clippings_address(briefing: Briefing) -> str:
    """Return the address to which staff email links for a briefing; empty without a mailbox."""
    if not settings.REPLY_ADDRESS:
        return ""
    return address_with_token(settings.REPLY_ADDRESS, sign_id(ADDRESS_PURPOSE, briefing.pk))


def briefing_of_token(token: str) -> int | None:
    """Return the key of the briefing whose clippings address has this token."""
    return verify_id(ADDRESS_PURPOSE, token)
