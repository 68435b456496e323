"""An issue as an email: subject, HTML and plain text, rendered once for all its subscribers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe

from briefings.models import Issue, Section
from briefings.next_issue import line_for_email
from briefings.quotations.chain import read_quoted_comments
from briefings.quotations.quoted_blocks import RESPONSE
from briefings.rendering.email_html import email_html
from briefings.rendering.email_portrait import email_portrait
from briefings.rendering.email_question import EmailQuestion, email_question
from briefings.rendering.email_text import email_text
from briefings.rendering.html_wrap import wrap_html
from briefings.rendering.page_html import reading_time
from briefings.rendering.section_html import parse_section, quoted_from
from briefings.rendering.sister_list import rendered_kind, with_sister_titles
from briefings.share_links import share_links
from newsroom.email_addresses import readable_domain
from newsroom.email_styles import inline_styles
from newsroom.invisible_characters import one_line
from newsroom.reader_language import in_language

# Gmail shows the first 102 KB of an email and hides the rest, the unsubscribe link included. The
# difference leaves room for what a relay adds to the HTML (tracking, another encoding).
GMAIL_CLIP_BYTES = 100_000
PREVIEW_CHARS = 140
# Of the text, on the page that sends it.
FIRST_LINES_CHARS = 320


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailLinks:
    """The email's links, as full addresses.

    All may be placeholders for each subscriber's own links, but `subscribe` is the root of the
    sign-up pages. Without `comments`, the email leads to the comments on the issue's page.
    """

    unsubscribe: str
    preferences: str
    view: str
    subscribe: str
    comments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedEmail:
    """An issue email as it is stored in a dispatch."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofNote:
    """What a proof says of itself: who sent it, when in words, and whether its words are saved."""

    who: str
    when: str
    is_unsaved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSize:
    """The size of an email's HTML in bytes; `warning` is empty or a sentence for an editor."""

    bytes: int
    warning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _EmailSection:
    kind: str
    heading: str
    html: SafeString
    text: str
    plain_words: str  # without the marks of plain text, such as “>” and “[1]”
    question: EmailQuestion | None = None

    @property
    def words(self) -> int:
        """The number of words."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSummary:
    """What an inbox shows of an email before it is opened, and how its text begins."""

    subject: str
    preview: str
    first_lines: str


def summarise_issue_email(issue: Issue, *, links: EmailLinks) -> EmailSummary:
    """Return the subject, the line beside it and the first lines of an issue's email."""
    with in_language(issue.briefing.language):
        context = issue_email_context(issue, links=links)
    return EmailSummary(
        subject=context["subject"],
        preview=context["preview"],
        first_lines=_first_words(context["sections"], chars=FIRST_LINES_CHARS),
    )


def render_issue_email(
    issue: Issue, *, links: EmailLinks, proof: ProofNote | None = None
) -> RenderedEmail:
    """Return an issue's email. Its links are unchanged; in the text, each has its own line.

    With a `proof`, its subject and its first line say that this is not the email of a subscriber.
    """
    with in_language(issue.briefing.language):
        context = issue_email_context(issue, links=links)
        if proof is not None:
            context |= {"proof": proof, "subject": f"Proof: {context['subject']}"}
        html = wrapped_with_styles(render_to_string("email/issue/body.html", context))
        text = render_to_string("email/issue/body.txt", context)
    return RenderedEmail(
        subject=context["subject"],
        html=html,
        text=text.strip("\n") + "\n",
    )


def wrapped_with_styles(html: str) -> str:
    """Return an email's HTML with its styles in its elements, and in lines that servers take."""
    return wrap_html(inline_styles(html)) + "\n"


def issue_email_context(issue: Issue, *, links: EmailLinks) -> dict[str, Any]:
    """Return the context for the templates in templates/email/issue/."""
    url = settings.SITE_URL + issue.get_absolute_url()
    sections = _email_sections(issue, url=url, links=links)
    return {
        "issue": issue,
        "briefing": issue.briefing,
        "author": issue.author,
        "portrait": email_portrait(issue.author),
        "author_url": settings.SITE_URL + issue.author.get_absolute_url(),
        "sections": sections,
        "links": links,
        # Tells which issue brought a new subscriber, but not who forwarded it.
        "sign_up_url": f"{links.subscribe}{issue.briefing.slug}/?issue={issue.number}",
        "accent_colours": issue.briefing.accent_colours,
        "subject": _subject(issue),
        "preview": issue.email_preheader or _first_words(sections),
        "url": url,
        "share": share_links(issue),
        "comments_url": (links.comments or f"{url}#comments")
        if issue.briefing.comments_close_after
        else "",
        "briefing_url": settings.SITE_URL + issue.briefing.get_absolute_url(),
        "can_reply": bool(
            issue.briefing.reply_address or settings.REPLY_ADDRESS or issue.briefing.lead.contact
        ),
        # Formatted here: a template would convert it from the briefing's time zone to the site's.
        "day": date_format(issue.dateline, "LONG_DATE_FORMAT"),
        "next_issue": line_for_email(issue),
        "minutes": reading_time(sum(section.words for section in sections)),
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "site_host": readable_domain(urlsplit(settings.SITE_URL).netloc),
        "postal_address": settings.POSTAL_ADDRESS,
    }


def measure_issue_email(issue: Issue) -> EmailSize:
    """Return how large an issue's email would be, so that its editor can shorten it in time."""
    placeholder = f"{settings.SITE_URL}/unsubscribe/{'x' * 48}/"
    links = EmailLinks(
        unsubscribe=placeholder, preferences=placeholder, view=placeholder, subscribe=placeholder
    )
    return measure_email(render_issue_email(issue, links=links))


def measure_email(email: RenderedEmail) -> EmailSize:
    """Return how large a rendered email is."""
    size = len(email.html.encode())
    warning = ""
    if size > GMAIL_CLIP_BYTES:
        warning = (
            f"The email has {size // 1000} KB of HTML. Gmail cuts emails off at"
            f" {GMAIL_CLIP_BYTES // 1000} KB, and the unsubscribe link with them. Shorten the"
            " issue, or move part of it to the web."
        )
    return EmailSize(bytes=size, warning=warning)


def _subject(issue: Issue) -> str:
    """Return the subject on one line, without characters that could end a header."""
    line = render_to_string("email/issue/subject.txt", {"issue": issue, "briefing": issue.briefing})
    return one_line(line)


def _email_sections(issue: Issue, *, url: str, links: EmailLinks) -> list[_EmailSection]:
    """Return each section as HTML and text; links are numbered through the whole text."""
    rendered: list[_EmailSection] = []
    next_link = 1
    sections = with_sister_titles(issue)
    has_quotations = any(RESPONSE in section.body for section in sections)
    quoted = quoted_from(read_quoted_comments(issue), issue) if has_quotations else ()
    for section in sections:
        text, next_link = email_text(
            section.body, base_url=url, first_link=next_link, quoted=quoted
        )
        heading = _heading(section, issue, is_first=not rendered)
        if not (heading or text):
            continue
        html = email_html(
            section.body,
            kind=rendered_kind(section.kind),
            headed=bool(heading),
            base_url=url,
            quoted=quoted,
        )
        rendered.append(
            _EmailSection(
                kind=section.kind,
                heading=heading,
                html=mark_safe(html),  # written from a tree of sanitised HTML
                text=text,
                plain_words=" ".join(parse_section(section.body).text.split()),
                question=email_question(section, issue, comments=links.comments, view=links.view)
                if section.asks
                else None,
            )
        )
    return rendered


def _heading(section: Section, issue: Issue, *, is_first: bool) -> str:
    """Return a section's heading; empty where the first section repeats the headline."""
    heading = " ".join(section.heading.split())
    repeats = heading.casefold() == " ".join(issue.title.split()).casefold()
    return "" if is_first and repeats else heading


def _first_words(sections: list[_EmailSection], *, chars: int = PREVIEW_CHARS) -> str:
    """Return the first words, for the line that an inbox shows beside the subject."""
    words = sections[0].plain_words if sections else ""
    if len(words) <= chars:
        return words
    return words[:chars].rpartition(" ")[0] + "…"
