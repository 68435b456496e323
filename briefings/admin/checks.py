"""What an editor would want to know before an issue goes out. Nothing here forbids anything."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from briefings.models import Issue, IssueState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from briefings.models import Section

WORDS_A_MINUTE = 230
# Longer subjects are cut in most inboxes.
LONG_HEADLINE = 90
HOME_HOSTS = {"localhost", "127.0.0.1", "0.0.0.0", "::1"}  # noqa: S104  (compared with, not bound to)


@dataclass(frozen=True, slots=True)
class Check:
    """A remark: grave ones would embarrass us before readers."""

    words: str
    grave: bool = False


class _Reading(HTMLParser):
    """Counts words, and notes pictures and links."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.images: list[dict[str, str]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.text.append(" ")
        if tag == "img":
            self.images.append(values)
        if tag == "a" and "href" in values:
            self.links.append(values["href"].strip())

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"strong", "em", "u", "s", "sub", "sup", "a"}:
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def words(self) -> int:
        return len("".join(self.text).split())


def _read(html: str) -> _Reading:
    reading = _Reading()
    reading.feed(html)
    reading.close()
    return reading


def count_words(sections: Iterable[Section]) -> int:
    """Words that a reader reads, headings included."""
    return sum(_read(section.body).words + len(section.heading.split()) for section in sections)


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
    reading = _read(section.body)
    if not reading.words and not reading.images:
        yield Check(f"{where} is empty.", grave=True)
    for image in reading.images:
        if not image.get("alt", "").strip():
            yield Check(f"{where}: a picture has no alternative text.", grave=True)
        host = _host(image.get("src", ""))
        if host not in {"", settings.SITE_HOST}:
            yield Check(
                f"{where}: a picture comes from {host or 'a broken address'}; readers will not see"
                " it. Upload it here.",
                grave=True,
            )
    for link in reading.links:
        if problem := _link_problem(link):
            yield Check(f"{where}: {problem}", grave=True)


def _host(address: str) -> str | None:
    """The host of an address: empty on our own site, None where there is no making it out."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return None


def _link_problem(link: str) -> str:
    host = _host(link)
    if host is None:
        return f"a link is broken: {link[:60]}"
    if link in {"", "#"}:
        return "a link leads nowhere."
    if host != settings.SITE_HOST and (host in HOME_HOSTS or host.endswith(".local")):
        return f"a link leads to {host}, which only this machine has."
    if host in {"", settings.SITE_HOST} and urlsplit(link).path.startswith("/admin/"):
        return "a link leads into the desk, where readers cannot go."
    return ""
