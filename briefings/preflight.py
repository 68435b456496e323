"""Preflight: what an editor should check before an issue goes out. Serious findings stop it."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from briefings.link_addresses import is_on_this_site, web_address
from briefings.local_time import format_local
from briefings.models import Issue, IssueState
from briefings.rendering.issue_email import measure_issue_email
from briefings.rendering.page_html import WORDS_A_MINUTE
from briefings.rendering.section_html import parse_section
from newsroom.html_tree import Element
from newsroom.site_address import ascii_host, site_host
from newsroom.transitions import TransitionRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from briefings.models import Section

# Most inboxes cut longer subjects.
LONG_HEADLINE = 90
# Characters of HTML above which we measure the email, which takes as long as rendering it.
LONG_ISSUE = 40_000
# Issues in the wrong order that a page names; an imported archive may have hundreds.
MAX_OUT_OF_ORDER = 3
# Two issues of a briefing that go out within this time are in one slot.
ONE_SLOT = timedelta(hours=1)
LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  (compared with, not bound to)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to check. A serious one would be a mistake in readers' eyes and stops the issue."""

    message: str
    is_serious: bool = False


def count_words(sections: Iterable[Section]) -> int:
    """Return the number of words in sections, as the page counts them."""
    return sum(len(parse_section(section.body).text.split()) for section in sections)


def reading_time(words: int) -> int:
    """Return how many minutes it takes to read a number of words, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def refuse_serious(issue: Issue, *, publish_at: datetime | None) -> None:
    """Raise TransitionRefused, with its sentences, if an issue has serious findings.

    `publish_at` is the send time that the issue would get. Call it with the row locked.
    """
    if serious := serious_findings(issue, publish_at=publish_at):
        raise TransitionRefused(f"This issue is not ready. {' '.join(serious)}")


def serious_findings(issue: Issue, *, publish_at: datetime | None) -> list[str]:
    """Return the sentences of what stops an issue from going out at a time."""
    findings = check_issue(issue, list(issue.sections.all()), publish_at=publish_at)
    return [finding.message for finding in findings if finding.is_serious]


def check_issue(
    issue: Issue, sections: list[Section], *, publish_at: datetime | None
) -> list[Finding]:
    """Return the findings about an issue with this send time, the serious ones first."""
    findings = [*_check_head(issue)]
    if issue.state != IssueState.PUBLISHED:
        findings += _check_send_time(issue, publish_at)
        findings += _check_order(issue, publish_at) if publish_at else []
    if not sections:
        findings.append(Finding("The issue has no sections.", is_serious=True))
    elif not any(_has_words(parse_section(section.body).text) for section in sections):
        findings.append(Finding("The issue has no words in its sections.", is_serious=True))
    for place, section in enumerate(sections, start=1):
        findings += _check_section(section, f"“{section.heading}”" if section.heading else place)
    if sum(len(section.body) for section in sections) > LONG_ISSUE:
        warning = measure_issue_email(issue).warning
        findings += [Finding(warning, is_serious=True)] if warning else []
    return sorted(findings, key=lambda finding: not finding.is_serious)


def _has_words(text: str) -> bool:
    """Whether a text has a letter or digit; dashes and invisible characters are not words."""
    return any(character.isalnum() for character in text)


def _check_head(issue: Issue) -> Iterator[Finding]:
    if not _has_words(issue.title):
        yield Finding("The headline has no words.", is_serious=True)
    if not issue.strapline:
        yield Finding("There is no strapline.")
    if len(issue.title) > LONG_HEADLINE:
        yield Finding(
            f"The headline has {len(issue.title)} characters. Most inboxes show about"
            f" {LONG_HEADLINE}."
        )


def _check_send_time(issue: Issue, publish_at: datetime | None) -> Iterator[Finding]:
    if publish_at is None:
        yield Finding("There is no send time.")
    elif publish_at <= timezone.now() and issue.state != IssueState.SCHEDULED:
        yield Finding("The send time has passed.")
    elif not issue.briefing.slot.is_at(publish_at):
        yield Finding(f"The send time is not the usual one, {issue.briefing.slot.words}.")


def _check_order(issue: Issue, publish_at: datetime) -> Iterator[Finding]:
    """Yield what is wrong between this issue and the others of its briefing."""
    others = Issue.objects.filter(briefing=issue.briefing_id).exclude(pk=issue.pk)
    minute = publish_at.replace(second=0, microsecond=0)
    close = others.planned().filter(
        publish_at__gt=publish_at - ONE_SLOT, publish_at__lt=publish_at + ONE_SLOT
    )
    for other in close.order_by("number"):
        other_time = other.publish_at or publish_at  # planned issues have one
        is_same = other_time.replace(second=0, microsecond=0) == minute
        yield Finding(
            f"Issue {other.number} has {'the same' if is_same else 'almost the same'} send time,"
            f" {format_local(other_time, issue.briefing.zone)}. Choose another time for one of"
            " them.",
            is_serious=True,
        )
    timed = others.annotate(goes_out=Coalesce("published_at", "publish_at"))
    out_of_order = timed.filter(
        Q(number__gt=issue.number, goes_out__lt=publish_at)
        | Q(number__lt=issue.number, goes_out__gt=publish_at)
    )
    for other in out_of_order.order_by("number")[:MAX_OUT_OF_ORDER]:
        is_later = other.number > issue.number
        yield Finding(
            f"The numbers are out of order: issue {other.number}"
            f" {'went' if other.state == IssueState.PUBLISHED else 'goes'} out"
            f" {'before' if is_later else 'after'} this one."
        )


def _check_section(section: Section, name: str | int) -> Iterator[Finding]:
    where = f"Section {name}"
    body = parse_section(section.body)
    if body.is_empty:
        yield Finding(f"{where} is empty.", is_serious=True)
    for image in body.find("img"):
        if not image.attributes.get("alt", "").strip():
            yield Finding(f"{where}: an image has no alternative text.", is_serious=True)
        host = _host(image.attributes.get("src", ""))
        if host not in {"", site_host()}:
            yield Finding(
                f"{where}: an image comes from {host or 'a broken address'}, so readers get a link"
                " instead. Upload the image here.",
                is_serious=True,
            )
    for link in body.find("a"):
        if problem := _link_problem(link):
            yield Finding(f"{where}: {problem}", is_serious=True)


def _host(address: str) -> str | None:
    """Return the host of an address: empty on our own site, None if the address is broken.

    A host is broken if DNS cannot hold its name: an empty label, or one that has no A-label.
    """
    try:
        host = (urlsplit(address).hostname or "").lower()
        with suppress(ValueError):
            host = ascii_host(host)
        # The older IDNA encodes what browsers also open, such as a heart.
        return host.encode("idna").decode()
    except ValueError:
        return None


def _called(link: Element) -> str:
    """Return words that lead an editor to a link."""
    words = " ".join(link.text.split())
    return f"the link “{words[:40]}{'…' if words[40:] else ''}”" if words else "a link"


def _link_problem(link: Element) -> str:
    """Return what is wrong with a link, or an empty string."""
    if "href" not in link.attributes:
        is_anchor = not {"id", "name"}.isdisjoint(link.attributes)
        return "" if is_anchor else f"{_called(link)} has no address, or one that no browser opens."
    address = link.attributes["href"].strip()
    if address in {"", "#"}:
        return f"{_called(link)} has no address."
    host = _host(address)
    if host is None or not (is_on_this_site(address) or web_address(address)):
        return (
            f"{_called(link)} leads nowhere: {address[:60]}. Write the full address, which starts"
            " with https://."
        )
    if host != site_host() and (host in LOCAL_HOSTS or host.endswith(".local")):
        return f"a link leads to {host}, which exists only on your computer."
    if host and "." not in host and ":" not in host and host != site_host():
        return f"a link leads to {host}, which readers cannot reach."
    if host in {"", site_host()} and urlsplit(address).path.startswith("/admin/"):
        return "a link leads to the admin, which readers cannot open."
    return ""
