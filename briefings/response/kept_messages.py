"""Copies of messages to authors: part of the response to the issue that they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from briefings.models import (
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    Contributor,
    Issue,
    QuoteChoice,
)
from briefings.quote_wording import EXPLANATION_OF_MESSAGES, record_choice

if TYPE_CHECKING:
    from datetime import datetime

# A message from the author's own page is about their last issue, unless that is longer ago.
RECENT = timedelta(days=30)


def issue_of_message(to: Contributor, *, asked: int, at: datetime) -> Issue | None:
    """Return the issue that a message to an author is about; None if there was none lately.

    `asked` is the key of the issue whose page led to the form, or 0.
    """
    theirs = Issue.objects.published().filter(author=to).select_related("briefing")
    led_there = theirs.filter(pk=asked).first() if asked else None
    return led_there or theirs.filter(published_at__gt=at - RECENT).first()


def keep_message(
    message: str,
    *,
    issue: Issue,
    name: str,
    address: str,
    choice: QuoteChoice,
    at: datetime,
    source: str,
    ip: str | None,
) -> Comment:
    """Keep a message as a private response, with what its sender chose about being quoted.

    Nobody has confirmed the address. Who has confirmed it before, or does later, finds the message
    among their comments, and can withdraw it.
    """
    comment = Comment.objects.create(
        issue=issue,
        commenter=Commenter.objects.at_address(address).first(),
        name=name,
        email=address,
        body=message,
        state=CommentState.PRIVATE,
        channel=CommentChannel.MESSAGE,
        quoting=choice,
        quote_name=name if choice == QuoteChoice.NAMED else "",
        created_at=at,
    )
    record_choice(comment, choice, at=at, source=source, ip=ip, explanation=EXPLANATION_OF_MESSAGES)
    return comment
