"""An issue as a letter: subject, e-mail HTML and plain text, once for all its readers."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import dateformat
from django.utils.safestring import SafeString, mark_safe

from briefings.models import Issue, Section
from briefings.rendering.email_html import email_html
from briefings.rendering.email_text import email_text
from briefings.rendering.html_wrap import wrap_html
from briefings.rendering.page_html import WORDS_A_MINUTE

# Gmail shows the first 102 KB of a letter and hides the rest, the way to unsubscribe included. What
# a relay adds to the HTML (a tracking rewrite, another encoding) needs some room.
GMAIL_CLIP_BYTES = 100_000
PREVIEW_CHARS = 140

_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailLinks:
    """Complete addresses; the first three may be stand-ins that become a reader's own later.

    `subscribe` is where the sign-up pages begin; which issue leads there is added to it.
    """

    unsubscribe: str
    preferences: str
    view: str
    subscribe: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
    """A letter as it is frozen into a dispatch."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSize:
    """How heavy a letter's HTML is, in octets; `warning` is empty or a sentence for an editor."""

    bytes: int
    warning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _DressedSection:
    kind: str
    heading: str
    html: SafeString
    text: str

    @property
    def words(self) -> int:
        """How many words a reader has before them."""
        return len(self.text.split())


def render_issue_email(issue: Issue, *, links: EmailLinks) -> RenderedEmail:
    """Write an issue's letter. The links come through byte for byte; in text each has a line."""
    words = issue_email_context(issue, links=links)
    html = _inliner.inline(render_to_string("email/issue/body.html", words))
    text = render_to_string("email/issue/body.txt", words)
    return RenderedEmail(
        subject=words["subject"],
        html=wrap_html(html) + "\n",
        text=text.strip("\n") + "\n",
    )


def issue_email_context(issue: Issue, *, links: EmailLinks) -> dict[str, Any]:
    """What the templates of templates/email/issue/ are told, the dressed sections included."""
    url = settings.SITE_URL + issue.get_absolute_url()
    sections = _dress_sections(issue, url=url)
    return {
        "issue": issue,
        "briefing": issue.briefing,
        "author": issue.author,
        "sections": sections,
        "links": links,
        # Which issue brought a new reader, and nothing of whose copy it was.
        "own_copy_url": f"{links.subscribe}{issue.briefing.slug}/?issue={issue.number}",
        "inks": issue.briefing.inks,
        "subject": _subject(issue),
        "preview": issue.strapline.strip() or _opening(sections),
        "url": url,
        "comments_url": f"{url}#comments" if issue.briefing.comments_close_after else "",
        "briefing_url": settings.SITE_URL + issue.briefing.get_absolute_url(),
        "can_reply": bool(
            issue.briefing.reply_address or settings.REPLY_ADDRESS or issue.briefing.lead.contact
        ),
        # Formatted here: a template would move it from the briefing's clock to the site's.
        "day": dateformat.format(issue.dateline, "j F Y"),
        "minutes": max(1, math.ceil(sum(it.words for it in sections) / WORDS_A_MINUTE)),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "site_host": urlsplit(settings.SITE_URL).netloc,
        "postal_address": settings.POSTAL_ADDRESS,
    }


def measure_issue_email(issue: Issue) -> EmailSize:
    """Weigh the letter that an issue would become, so that its editor can shorten it in time."""
    stand_in = f"{settings.SITE_URL}/unsubscribe/{'x' * 48}/"
    links = EmailLinks(
        unsubscribe=stand_in, preferences=stand_in, view=stand_in, subscribe=stand_in
    )
    size = len(render_issue_email(issue, links=links).html.encode())
    warning = ""
    if size > GMAIL_CLIP_BYTES:
        warning = (
            f"The email has {size // 1000} KB of HTML. Gmail cuts emails off at"
            f" {GMAIL_CLIP_BYTES // 1000} KB, and the unsubscribe link with them. Shorten the"
            " issue, or move part of it to the web."
        )
    return EmailSize(bytes=size, warning=warning)


def _subject(issue: Issue) -> str:
    """Make the subject: one line, and nothing in it that a header could mistake for its end."""
    line = render_to_string("email/issue/subject.txt", {"issue": issue, "briefing": issue.briefing})
    return "".join(char for char in " ".join(line.split()) if unicodedata.category(char) != "Cc")


def _dress_sections(issue: Issue, *, url: str) -> list[_DressedSection]:
    """Give each section its two dresses; links are numbered through the whole text."""
    dressed: list[_DressedSection] = []
    note = 1
    for section in issue.sections.all():
        text, note = email_text(section.body, base_url=url, first_note=note)
        heading = _heading(section, issue, is_first=not dressed)
        if not (heading or text):
            continue
        html = email_html(section.body, kind=section.kind, headed=bool(heading), base_url=url)
        dressed.append(
            _DressedSection(
                kind=section.kind,
                heading=heading,
                html=mark_safe(html),  # written from a tree of sanitised HTML
                text=text,
            )
        )
    return dressed


def _heading(section: Section, issue: Issue, *, is_first: bool) -> str:
    """Show no second heading where the first section repeats the headline."""
    heading = " ".join(section.heading.split())
    repeats = heading.casefold() == " ".join(issue.title.split()).casefold()
    return "" if is_first and repeats else heading


def _opening(sections: list[_DressedSection]) -> str:
    """The first words, for the line that an inbox shows beside the subject."""
    words = " ".join(sections[0].text.split()) if sections else ""
    if len(words) <= PREVIEW_CHARS:
        return words
    return words[:PREVIEW_CHARS].rpartition(" ")[0] + "…"
