"""Where the links of an issue lead: nowhere, into the admin, to a page of ours, or elsewhere."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from django.db.models import Model
from django.urls import Resolver404, ResolverMatch, resolve

from briefings.link_addresses import is_on_this_site, web_address
from briefings.models import Briefing, Contributor, Issue, Topic
from briefings.picture_files import is_stored
from briefings.preflight.findings import shortened
from newsroom.site_address import ascii_host, site_host

if TYPE_CHECKING:
    from collections.abc import Collection

    from newsroom.html_tree import Element

LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  (compared with, not bound to)
_PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".home.arpa", ".lan")
_PRIVATE_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
_FULL_ADDRESS = "Write the full address, which starts with https://."
_EMAIL = re.compile(r"[^\s@,?]+@[^\s@,?]+\.[^\s@,?]+")
# Characters that no host has, hyphens around a label (RFC 1123, section 2.1), and labels of a kind
# that nobody may register (RFC 5891, section 4.2.3.1; some video sites have three hyphens there).
_NO_HOST = re.compile(r"[^a-z0-9._:-]|(?:^|\.)(?:-|(?!xn--)[a-z0-9]{2}--(?!-))|-(?:\.|$)")
# Browsers read this as the number of a machine (RFC 3696, section 2).
_ENDS_IN_NUMBER = re.compile(r"\.\d+\.?$")
# A path that somebody meant to fill in.
_PLACEHOLDER = re.compile(
    r"(?:^|[/#])(?:TK|TBC|TBD|X{3,}|\[?(?:link|url|insert[^/]*)\]?|%5B[^/]*%5D)(?:$|[/#&]|\?(?!\w+=))",
)
# Pages of ours whose address belongs to one person, or that nobody outside the newsroom opens.
_PERSONAL = re.compile(r"token|erase|undo|data$|webhook|media_upload")


# Whose slug stands in the address of a page; in all others it is a briefing's.
_NAMED_BY_SLUG: dict[str, tuple[type[Model], str]] = {
    "contributor_detail": (Contributor, "a contributor"),
    "contributor_contact": (Contributor, "a contributor"),
    "topic_detail": (Topic, "a topic"),
    "topic_feed": (Topic, "a topic"),
}


class Problem(NamedTuple):
    """What is wrong with a link, as the end of a sentence, and how to fix it."""

    words: str
    fix: str


def host_of(address: str) -> str | None:
    """Return the host of an address: empty on our own site, None if the address is broken.

    A host is broken if DNS cannot hold its name: an empty label, or one that has no A-label.
    """
    try:
        host = (urlsplit(address).hostname or "").lower()
        with suppress(ValueError):
            host = ascii_host(host)
        # The older IDNA encodes what browsers also open, such as a heart.
        host = host.encode("idna").decode()
    except ValueError:
        return None
    if _NO_HOST.search(host) or (_ENDS_IN_NUMBER.search(host) and _machine(host) is None):
        return None
    return host


def is_external(address: str) -> bool:
    """Whether an address leads to a web page of another site."""
    return address.lower().startswith(("http://", "https://")) and host_of(address) not in {
        None,
        "",
        site_host(),
    }


def called(link: Element) -> str:
    """Return words that lead an editor to a link."""
    words = shortened(link.text)
    return f"the link “{words}”" if words else "a link"


def link_problem(link: Element, *, anchors: Collection[str], issue: Issue) -> Problem | None:
    """Return what is wrong with a link of an issue; `anchors` are the places on its own page."""
    if "href" not in link.attributes:
        if {"id", "name"}.isdisjoint(link.attributes):
            return Problem(
                f"{called(link)} has no address, or one that no browser opens.", _FULL_ADDRESS
            )
        return None
    address = link.attributes["href"].strip()
    if address in {"", "#"}:
        return Problem(f"{called(link)} has no address.", "Add it, or remove the link.")
    if address.lower().startswith(("mailto:", "tel:")):
        return _contact_problem(link, address)
    host = host_of(address)
    if host is None or not (is_on_this_site(address) or web_address(address)):
        return Problem(f"{called(link)} leads nowhere: {address[:60]}.", _FULL_ADDRESS)
    if _PLACEHOLDER.search(address):
        return Problem(
            f"{called(link)} has a placeholder as its address: {address[:60]}.",
            "Replace it with the address that belongs there.",
        )
    if host not in {"", site_host()}:
        return _space_problem(link, address) or _host_problem(host)
    return _own_page_problem(link, address, anchors, issue)


def _contact_problem(link: Element, address: str) -> Problem | None:
    kind, _, rest = address.partition(":")
    if kind.lower() == "mailto":
        # Without a recipient, but with something to say, the reader chooses whom to write to.
        is_whole = _EMAIL.search(unquote(rest)) or re.match(r"\?(?:subject|body)=\S", rest)
    else:
        is_whole = re.search(r"\d{2}", rest)
    if is_whole:
        return None
    what = "email address" if kind.lower() == "mailto" else "telephone number"
    return Problem(f"{called(link)} has no {what}: {address[:60]}.", "Complete it.")


def _space_problem(link: Element, address: str) -> Problem | None:
    if not re.search(r"\s", address):
        return None
    return Problem(
        f"{called(link)} has a space in its address: {address[:60]}.",
        "Correct the address; a space within it is written as %20.",
    )


def _host_problem(host: str) -> Problem | None:
    if host in LOCAL_HOSTS or host.endswith(_PRIVATE_ENDINGS):
        return Problem(
            f"a link leads to {host}, which exists only on your computer.",
            "Link to a page that readers can open.",
        )
    if ("." not in host and ":" not in host) or _is_private(host):
        return Problem(
            f"a link leads to {host}, which readers cannot reach.",
            "Link to a page that readers can open.",
        )
    return None


def _is_private(host: str) -> bool:
    """Whether a host is the number of a machine on a private network."""
    address = _machine(host)
    if address is None:
        return False
    return address.is_loopback or any(
        address.version == network.version and address in network for network in _PRIVATE_NETWORKS
    )


def _machine(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the number of a machine that a host is; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _own_page_problem(
    link: Element, address: str, anchors: Collection[str], issue: Issue
) -> Problem | None:
    parts = urlsplit(address)
    if not parts.path and not parts.netloc:
        if not parts.fragment or unquote(parts.fragment) in anchors:
            return None
        return Problem(
            f"{called(link)} leads to “{parts.fragment[:40]}”, which is nowhere in this issue.",
            "Link to a section that is there.",
        )
    path = unquote(parts.path) or "/"
    if re.match(r"/(?:admin|inbox)(?:/|$)", path):
        return Problem(
            "a link leads to the admin, which readers cannot open.",
            "Link to the public page instead.",
        )
    if path.startswith("/static/"):
        return None
    match = _resolve(path)
    if match is None:
        return Problem(
            f"{called(link)} leads to a page that is not on this site: {path[:60]}.",
            "Correct the address.",
        )
    if match.kwargs.keys() & {"token", "signature", "secret"} or _PERSONAL.search(
        match.url_name or ""
    ):
        return Problem(
            f"{called(link)} leads to a page of one person only.",
            "Link to a page that everybody may open.",
        )
    return _missing_page(link, match, issue)


def _resolve(path: str) -> ResolverMatch | None:
    for candidate in (path, f"{path}/"):
        try:
            return resolve(candidate)
        except Resolver404:
            continue
    return None


def _missing_page(link: Element, match: ResolverMatch, issue: Issue) -> Problem | None:
    """Return what is wrong where a page of ours has no content, or has none yet."""
    given, name = match.kwargs, match.url_name
    if name == "media":
        return None if is_stored(str(given["name"])) else _not_there(link, "a file")
    if "number" in given:
        issues = Issue.objects.filter(briefing__slug=given["slug"], number=given["number"])
        is_own = (given["slug"], given["number"]) == (issue.briefing.slug, issue.number)
        if is_own or issues.published().exists():
            return None  # its own page is there as soon as the link is
        if issues.exists():
            return Problem(
                f"{called(link)} leads to issue {given['number']}, which is not published yet.",
                "Link to it once it is published.",
            )
        return _not_there(link, "an issue")
    if "slug" in given:
        model, what = _NAMED_BY_SLUG.get(name or "", (Briefing, "a page"))
        found = model._default_manager.filter(slug=given["slug"]).exists()
        return None if found else _not_there(link, what)
    return None


def _not_there(link: Element, what: str) -> Problem:
    return Problem(
        f"{called(link)} leads to {what} that is not on this site.", "Correct the address."
    )
