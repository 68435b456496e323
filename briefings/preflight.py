"""Preflight: what an editor should check before an issue goes out. Findings stop no step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from briefings.models import Issue, IssueState
from briefings.rendering.issue_email import measure_issue_email
from briefings.rendering.page_html import WORDS_A_MINUTE
from briefings.rendering.section_html import parse_section
from newsroom.html_tree import Element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefings.models import Section

# Most inboxes cut longer subjects.
LONG_HEADLINE = 90
# Characters of HTML above which we measure the email, which takes as long as rendering it.
LONG_ISSUE = 40_000
LOCAL_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  (compared with, not bound to)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to check: a serious one would be a mistake in readers' eyes."""

    message: str
    is_serious: bool = False


def count_words(sections: Iterable[Section]) -> int:
    """Return the number of words in sections, as the page counts them."""
    return sum(len(parse_section(section.body).text.split()) for section in sections)


def reading_time(words: int) -> int:
    """Return how many minutes it takes to read a number of words, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def check_issue(issue: Issue, sections: list[Section]) -> list[Finding]:
    """Return the findings about an issue, the serious ones first."""
    findings = [*_check_head(issue), *_check_send_time(issue)]
    if not sections:
        findings.append(Finding("The issue has no sections.", is_serious=True))
    for place, section in enumerate(sections, start=1):
        findings += _check_section(section, f"“{section.heading}”" if section.heading else place)
    if sum(len(section.body) for section in sections) > LONG_ISSUE:
        warning = measure_issue_email(issue).warning
        findings += [Finding(warning, is_serious=True)] if warning else []
    return sorted(findings, key=lambda finding: not finding.is_serious)


def _check_head(issue: Issue) -> Iterator[Finding]:
    if not issue.strapline:
        yield Finding("There is no strapline.")
    if len(issue.title) > LONG_HEADLINE:
        yield Finding(
            f"The headline has {len(issue.title)} characters. Most inboxes show about"
            f" {LONG_HEADLINE}."
        )


def _check_send_time(issue: Issue) -> Iterator[Finding]:
    if issue.state == IssueState.PUBLISHED:
        return
    if issue.publish_at is None:
        yield Finding("There is no send time.")
    elif issue.publish_at <= timezone.now() and issue.state != IssueState.SCHEDULED:
        yield Finding("The send time has passed.")
    elif not issue.briefing.slot.is_at(issue.publish_at):
        yield Finding(f"The send time is not the usual one, {issue.briefing.slot.words}.")


def _check_section(section: Section, name: str | int) -> Iterator[Finding]:
    where = f"Section {name}"
    body = parse_section(section.body)
    if body.is_empty:
        yield Finding(f"{where} is empty.", is_serious=True)
    for image in body.find("img"):
        if not image.attributes.get("alt", "").strip():
            yield Finding(f"{where}: an image has no alternative text.", is_serious=True)
        host = _host(image.attributes.get("src", ""))
        if host not in {"", settings.SITE_HOST}:
            yield Finding(
                f"{where}: an image comes from {host or 'a broken address'}, so readers get a link"
                " instead. Upload the image here.",
                is_serious=True,
            )
    for link in body.find("a"):
        if problem := _link_problem(link):
            yield Finding(f"{where}: {problem}", is_serious=True)


def _host(address: str) -> str | None:
    """Return the host of an address: empty on our own site, None if the address is broken."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return None


def _link_problem(link: Element) -> str:
    """Return what is wrong with a link, or an empty string."""
    if "href" not in link.attributes:  # an anchor that other links lead to
        return ""
    address = link.attributes["href"].strip()
    host = _host(address)
    if host is None:
        return f"a link is broken: {address[:60]}"
    if address in {"", "#"}:
        return "a link has no address."
    if host != settings.SITE_HOST and (host in LOCAL_HOSTS or host.endswith(".local")):
        return f"a link leads to {host}, which exists only on your computer."
    if host in {"", settings.SITE_HOST} and urlsplit(address).path.startswith("/admin/"):
        return "a link leads to the admin, which readers cannot open."
    return ""
