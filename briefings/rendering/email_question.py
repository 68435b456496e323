"""A question to readers in an issue email: a link for each option, and one for words.

The links open a page on which the option is chosen already. Nothing is counted before the reader
sends its form: programs open every link of an email.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from briefings.models import IssueState
from briefings.zone_names import moment_for_readers

if TYPE_CHECKING:
    from briefings.models import Issue, Section


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOption:
    """An option, and the link that chooses it."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailQuestion:
    """What the email shows below the words of a question."""

    options: tuple[EmailOption, ...]
    url: str
    closes: str


def email_question(section: Section, issue: Issue, *, comments: str, view: str) -> EmailQuestion:
    """Return the links of a question; `comments` is the reader's own address for comments, if any.

    With it, the reader need not confirm an address: subscribers/sending/answer_link.py. In a
    preview or a proof, they lead where the link to the browser version does.
    """
    url = view
    if comments:
        url = f"{comments}questions/{section.pk}/"
    elif issue.state == IssueState.PUBLISHED:
        where = [issue.briefing.slug, issue.number, section.pk]
        url = settings.SITE_URL + reverse("briefings:question_detail", args=where)
    return EmailQuestion(
        options=tuple(
            EmailOption(text=text, url=f"{url}?option={place}")
            for place, text in enumerate(section.options, 1)
        ),
        url=url,
        closes=moment_for_readers(section.closing, issue.briefing),
    )
