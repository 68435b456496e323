"""What an editor would want to know before an issue goes out. Nothing here forbids anything."""

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

# Longer subjects are cut in most inboxes.
LONG_HEADLINE = 90
# In characters: from there on the letter is weighed, which takes as long as writing it.
LONG_ISSUE = 40_000
HOME_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  (compared with, not bound to)


@dataclass(frozen=True, slots=True)
class Check:
    """A remark: grave ones would embarrass us before readers."""

    words: str
    grave: bool = False


def count_words(sections: Iterable[Section]) -> int:
    """Words that a reader reads, as the page counts them."""
    return sum(len(parse_section(section.body).text.split()) for section in sections)


def minutes(words: int) -> int:
    """How long the reading takes, in whole minutes."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))


def check_issue(issue: Issue, sections: list[Section]) -> list[Check]:
    """Look an issue over, the grave remarks first."""
    remarks = [*_check_head(issue), *_check_hour(issue)]
    if not sections:
        remarks.append(Check("There is no section yet.", grave=True))
    for place, section in enumerate(sections, start=1):
        remarks += _check_section(section, f"“{section.heading}”" if section.heading else place)
    if sum(len(section.body) for section in sections) > LONG_ISSUE:
        warning = measure_issue_email(issue).warning
        remarks += [Check(warning, grave=True)] if warning else []
    return sorted(remarks, key=lambda check: not check.grave)


def _check_head(issue: Issue) -> Iterator[Check]:
    if not issue.strapline:
        yield Check("No strapline.")
    if len(issue.title) > LONG_HEADLINE:
        yield Check(
            f"The headline has {len(issue.title)} characters: inboxes cut it at about"
            f" {LONG_HEADLINE}."
        )


def _check_hour(issue: Issue) -> Iterator[Check]:
    if issue.state == IssueState.PUBLISHED:
        return
    if issue.publish_at is None:
        yield Check("No hour is set.")
    elif issue.publish_at <= timezone.now() and issue.state != IssueState.SCHEDULED:
        yield Check("The hour has passed.")
    else:
        local = issue.publish_at.astimezone(issue.briefing.zone)
        slot = (issue.briefing.slot_weekday, issue.briefing.slot_time)
        if (local.weekday(), local.time().replace(second=0, microsecond=0)) != slot:
            yield Check(f"The hour is not the briefing's slot, {issue.briefing.slot_words}.")


def _check_section(section: Section, name: str | int) -> Iterator[Check]:
    where = f"Section {name}"
    body = parse_section(section.body)
    if body.is_empty:
        yield Check(f"{where} is empty.", grave=True)
    for image in body.find("img"):
        if not image.attributes.get("alt", "").strip():
            yield Check(f"{where}: a picture has no alternative text.", grave=True)
        host = _host(image.attributes.get("src", ""))
        if host not in {"", settings.SITE_HOST}:
            yield Check(
                f"{where}: a picture comes from {host or 'a broken address'}; readers get a link in"
                " its place. Upload it here.",
                grave=True,
            )
    for link in body.find("a"):
        if problem := _link_problem(link):
            yield Check(f"{where}: {problem}", grave=True)


def _host(address: str) -> str | None:
    """The host of an address: empty on our own site, None where there is no making it out."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return None


def _link_problem(link: Element) -> str:
    if "href" not in link.attributes:  # a mark within the text that others lead to
        return ""
    address = link.attributes["href"].strip()
    host = _host(address)
    if host is None:
        return f"a link is broken: {address[:60]}"
    if address in {"", "#"}:
        return "a link leads nowhere."
    if host != settings.SITE_HOST and (host in HOME_HOSTS or host.endswith(".local")):
        return f"a link leads to {host}, which only this machine has."
    if host in {"", settings.SITE_HOST} and urlsplit(address).path.startswith("/admin/"):
        return "a link leads into the desk, where readers cannot go."
    return ""
