"""Answers to questions: one for each person and question, changed or withdrawn until it closes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext

from briefings.comment_badges import Badge, own_names
from briefings.comment_submission import (
    CommentRefused,
    TooManyComments,
    WriterBanned,
    WriterErased,
)
from briefings.models import (
    Answer,
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    EarlierWords,
    QuoteChoice,
    Section,
)
from briefings.moderation.bans import ban_on, words_for_reader
from briefings.moderation.publication import receive
from briefings.own_comments import choose_quoting, withdraw
from briefings.questions.poll import record_answers_changed
from briefings.quote_wording import record_choice
from newsroom.duration_words import in_words
from newsroom.rate_limits import count_within

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

HOUR = timedelta(hours=1)
MAX_ANSWERS_AN_HOUR = 30  # of one person, changes included


class QuestionClosed(CommentRefused):
    """The question takes no more answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """A valid answer as a reader sent it: an option, words, or both."""

    option: str = ""
    body: str = ""
    name: str = ""
    quoting: QuoteChoice = QuoteChoice.NO
    may_contact: bool = False
    ip: str | None = None  # kept with the consent to be quoted
    user_agent: str = ""  # for Akismet


def take_answer(
    new: NewAnswer, *, section: Section, commenter: Commenter, at: datetime, source: str
) -> Answer:
    """Count an answer of a person whose address is confirmed; a later one changes it.

    A new option takes the place of the earlier one, and new words that of earlier words; what a
    later answer leaves out stays. `source` is the page that it was given on. Raises QuestionClosed,
    WriterBanned, WriterErased and TooManyComments.
    """
    issue = section.issue
    if ban := ban_on(commenter.address, issue.briefing, at=at):
        raise WriterBanned(words_for_reader(ban, issue.briefing))
    if count_within("answers", str(commenter.pk), window=HOUR, at=at) > MAX_ANSWERS_AN_HOUR:
        raise TooManyComments(
            gettext("You have answered many times. Wait %(window)s, then send this one again.")
            % {"window": in_words(HOUR)}
        )
    with transaction.atomic():
        # Two of their answers at once wait for each other, so that each person counts once.
        if not commenter.lock():
            raise WriterErased
        if not section.takes_answers(at=at):
            raise QuestionClosed(gettext("This question is closed."))
        answer, _ = Answer.objects.get_or_create(
            section=section,
            commenter=commenter,
            defaults={"issue": issue, "question": section.heading, "at": at},
        )
        answer.option = new.option or answer.option
        answer.question, answer.at = section.heading, at
        answer.may_contact = new.may_contact
        if new.body:
            answer.comment = _keep_words(new, answer=answer, at=at, source=source)
        answer.save()
        record_answers_changed(section, at=at)
    return answer


def withdraw_answer(answer: Answer, *, at: datetime, source: str, ip: str | None) -> None:
    """Remove an answer, and withdraw its words wherever they are by now."""
    with transaction.atomic():
        # Another answer at the same moment may just have brought other words.
        answer.commenter.lock()
        found = Answer.objects.filter(pk=answer.pk).select_related("comment").first()
        if found is None:
            return
        if found.comment:
            withdraw(found.comment, at=at, source=source, ip=ip)
        found.delete()
        Commenter.objects.filter(pk=answer.commenter_id).update(answers_withdrawn_at=at)
        record_answers_changed(answer.section, at=at)


def forget_answers(commenters: Iterable[Commenter], *, at: datetime) -> int:
    """Delete the answers of people who are erased, and count them; their words go as comments."""
    answers = Answer.objects.filter(commenter__in=list(commenters)).select_related(
        "section__issue__briefing"
    )
    found = list(answers)
    for answer in found:
        answer.delete()
        record_answers_changed(answer.section, at=at)
    return len(found)


def _keep_words(new: NewAnswer, *, answer: Answer, at: datetime, source: str) -> Comment:
    """Keep the words of an answer: in the place of the earlier ones, unless those are published."""
    comment = answer.comment
    if comment is None or comment.state != CommentState.PRIVATE:
        return _new_comment(new, answer=answer, at=at, source=source)
    if comment.body != new.body:
        EarlierWords.objects.create(comment=comment, body=comment.body, until=at)
        comment.body, comment.edited_at = new.body, at
    comment.name = new.name
    comment.save(update_fields=["body", "edited_at", "name"])
    choose_quoting(comment, new.quoting, name=new.name, at=at, source=source, ip=new.ip)
    receive(comment, at=at, ip=new.ip, user_agent=new.user_agent)
    return comment


def _new_comment(new: NewAnswer, *, answer: Answer, at: datetime, source: str) -> Comment:
    badge = own_names(answer.commenter.address).get(new.name, Badge())
    comment = Comment.objects.create(
        issue=answer.issue,
        section=answer.section,
        section_heading=answer.question,
        commenter=answer.commenter,
        email=answer.commenter.address,
        contributor=badge.contributor,
        by_staff=badge.is_staff,
        name=new.name,
        body=new.body,
        quoting=new.quoting,
        quote_name=new.name if new.quoting == QuoteChoice.NAMED else "",
        channel=CommentChannel.ANSWER,
        state=CommentState.PRIVATE,
        created_at=at,
        confirmed_at=at,
    )
    record_choice(comment, new.quoting, at=at, source=source, ip=new.ip)
    receive(comment, at=at, ip=new.ip, user_agent=new.user_agent)
    return comment
