"""The link that confirms an answer: what it says, and the email that brings it.

Words wait in a row of their own, as an unconfirmed comment does; a choice stands in the link only,
so that nothing of it is kept until the owner of the address confirms it. A link works once: it says
when its owner answered the question last, when they withdrew an answer, and how often they signed
out in all browsers.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_submission import MAX_UNCONFIRMED, TooManyComments
from briefings.models import (
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    QuoteChoice,
    Section,
)
from briefings.models.comment import CONFIRM_WITHIN
from briefings.questions.answers import NewAnswer
from briefings.quote_wording import record_choice
from briefings.zone_names import moment_for_readers
from newsroom.email_addresses import address_key
from newsroom.emails import AlreadyQueued, Once, is_suppressed, queue_email_in_constant_time
from newsroom.tokens import sign_value, verify_value

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)
# The same answer again within this time is a double click, and makes one email.
CONFIRMATION_EMAIL_INTERVAL = timedelta(minutes=10)
ADDRESS_LIMIT_REACHED = gettext_lazy(
    "Many forms were sent with this address, so your answer is not sent. It is still here: send it"
    " again in {window}."
)
_PURPOSE = "answer"
_NO_OPTION = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAnswer:
    """An answer that its link would count, and where its words wait."""

    section: Section
    address: str
    option: str
    may_contact: bool
    comment: Comment | None

    @property
    def quoting(self) -> QuoteChoice:
        """What it says about being quoted."""
        return QuoteChoice(self.comment.quoting) if self.comment else QuoteChoice.NO

    def new_answer(self, *, ip: str | None, user_agent: str) -> NewAnswer:
        """Return the answer for `answers.take_answer`."""
        words = self.comment
        return NewAnswer(
            option=self.option,
            body=words.body if words else "",
            name=words.name if words else "",
            quoting=self.quoting,
            may_contact=self.may_contact,
            ip=ip,
            user_agent=user_agent,
        )


def question_path(section: Section) -> str:
    """Return the path of a question's page."""
    issue = section.issue
    return reverse(
        "briefings:question_detail", args=[issue.briefing.slug, issue.number, section.pk]
    )


def ask_to_confirm(new: NewAnswer, *, section: Section, address: str, at: datetime) -> None:
    """Email a link that counts an answer, to any address. Raises TooManyComments.

    Call it after `form_guard.check_form`. The email has none of the reader's words: nobody can use
    the form to send them to others.
    """
    if new.body:
        _check_room_to_wait(address, at=at)
    same = (
        *(section.pk, _last_answer(section, address), address_key(address)),
        *(new.option, new.quoting, new.may_contact, new.name, new.body),
    )
    once = Once(key=" ".join(map(str, same)), within=CONFIRMATION_EMAIL_INTERVAL, at=at)
    with suppress(AlreadyQueued), transaction.atomic():
        comment = _keep_waiting(new, section=section, address=address, at=at) if new.body else None
        queue_email_in_constant_time(
            "confirm_answer",
            to=address,
            context={
                "issue": section.issue,
                "briefing": section.issue.briefing,
                "accent_colours": section.issue.briefing.accent_colours,
                "question": section.heading,
                "confirm_url": settings.SITE_URL
                + confirmation_path(new, section=section, address=address, comment=comment),
                "closes": moment_for_readers(section.closing, section.issue.briefing),
            },
            language=section.issue.briefing.language,
            once=once,
        )


def confirmation_path(
    new: NewAnswer, *, section: Section, address: str, comment: Comment | None = None
) -> str:
    """Return the path of the page on which an answer is confirmed."""
    parts = (
        *(section.pk, _last_answer(section, address)),
        *(comment.pk if comment else 0, _short(new.option), int(new.may_contact)),
    )
    value = f"{' '.join(map(str, parts))} {address}"
    return reverse("briefings:answer_confirm", args=[sign_value(_PURPOSE, value)])


def read_link(token: str) -> WaitingAnswer | None:
    """Return what a link would count; None if it is forged, too old, used or without words."""
    value = verify_value(_PURPOSE, token, max_age=int(CONFIRM_WITHIN.total_seconds()))
    if value is None:
        return None
    key, last_answer, comment_key, option, may_contact, address = value.split(" ", 5)
    section = Section.objects.select_related("issue__briefing").filter(pk=key).first()
    if section is None or last_answer != _last_answer(section, address):
        return None
    if is_suppressed(address):  # since the link was sent: they were erased, for example
        return None
    comment = None
    if comment_key != "0":
        waiting = Comment.objects.filter(pk=comment_key, state=CommentState.UNCONFIRMED)
        comment = waiting.first()
        if comment is None:
            return None
    chosen = (one for one in section.options if _short(one) == option)
    return WaitingAnswer(
        section=section,
        address=address,
        option=next(chosen, ""),
        may_contact=may_contact == "1",
        comment=comment,
    )


def _last_answer(section: Section, address: str) -> str:
    """Return what changes with each answer and withdrawal, and with signing out everywhere."""
    commenter = Commenter.objects.at_address(address).first()
    if commenter is None:
        return "0"
    last = section.answers.filter(commenter=commenter).first()
    withdrawn = commenter.answers_withdrawn_at
    parts = [f"{last.at.timestamp():.6f}" if last else "0"]
    parts += [f"/{commenter.session}"] if commenter.session else []
    parts += [f"/{withdrawn.timestamp():.6f}"] if withdrawn else []
    return "".join(parts)


def _short(option: str) -> str:
    """Return what stands for an option in a link: a correction may have moved it meanwhile."""
    return hashlib.sha256(option.encode()).hexdigest()[:12] if option else _NO_OPTION


def _check_room_to_wait(address: str, *, at: datetime) -> None:
    waiting = Comment.objects.filter(email__iexact=address, state=CommentState.UNCONFIRMED)
    if waiting.filter(created_at__gt=at - DAY).count() >= MAX_UNCONFIRMED:
        raise TooManyComments(
            gettext(
                "Several things that you wrote are not confirmed yet. Confirm them with the links"
                " in the emails we sent you, then send this answer again."
            )
        )


def _keep_waiting(new: NewAnswer, *, section: Section, address: str, at: datetime) -> Comment:
    comment = Comment.objects.create(
        issue=section.issue,
        section=section,
        section_heading=section.heading,
        name=new.name,
        email=address,
        body=new.body,
        quoting=new.quoting,
        quote_name=new.name if new.quoting == QuoteChoice.NAMED else "",
        channel=CommentChannel.ANSWER,
        created_at=at,
    )
    record_choice(comment, new.quoting, at=at, source=question_path(section), ip=new.ip)
    return comment
