"""Those who answered a question are told what became of it: in one email, once, with a link.

That is when the question is closed and the next issue is out, or when an editor tells them. Nobody
is told by a list in the memory of a process: the table says who was not told yet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from briefings.models import (
    Answer,
    ClosingNote,
    Commenter,
    Issue,
    IssueState,
    Section,
)
from briefings.questions.poll import Poll, poll_of
from briefings.slots import EARLY
from newsroom import audit_log
from newsroom.emails import is_suppressed, queue_email
from newsroom.tokens import sign_id, verify_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from newsroom.audit_log import Actor

# In one run of the task; it runs again a little later.
MAX_EMAILS = 500
# After a longer outage, it would be no news.
TOLD_WITHIN = timedelta(days=14)
_PURPOSE = "emails about answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedQuestion:
    """A question about which people can be told: its text, what they chose, and where to."""

    section: int | None  # None if a correction removed it
    text: str
    issue: Issue
    leads_to: Issue
    words: str
    poll: Poll | None


def tell(section: Section, words: str, *, by: Actor, at: datetime) -> ClosingNote | None:
    """Have those who answered told now, in an editor's words; None if that is too late or early.

    The email links the latest issue of the briefing.
    """
    if section.takes_answers(at=at):
        return None
    issue = section.issue
    with transaction.atomic():
        issue.lock()
        if not section.answers.filter(told_at=None).exists():
            return None
        latest = Issue.objects.published().filter(briefing=issue.briefing).first()
        note, is_new = ClosingNote.objects.get_or_create(
            section=section,
            defaults={
                "leads_to": latest or issue,
                "words": words,
                "by_id": by.pk if by else None,
                "at": at,
            },
        )
        if is_new:
            audit_log.record("told those who answered", issue, by=by, question=section.heading)
    return note if is_new else None


def send_closing_emails(*, at: datetime) -> int:
    """Email those who answered questions that are closed and answered to; return their number."""
    sent = 0
    for (commenter, _), asked in _waiting(at=at).items():
        if sent >= MAX_EMAILS:
            break
        sent += _email(commenter, asked, at=at)
    return sent


def stop_link(commenter: Commenter) -> str:
    """Return the link that ends all such emails; it works without signing in."""
    token = sign_id(_PURPOSE, commenter.pk)
    return settings.SITE_URL + reverse("briefings:stop_answer_emails", args=[token])


def commenter_of_token(token: str) -> Commenter | None:
    """Return whose emails a link ends."""
    pk = verify_id(_PURPOSE, token)
    return Commenter.objects.filter(pk=pk).first() if pk is not None else None


def stop_answer_emails(commenter: Commenter) -> None:
    """End the emails about questions that somebody answered."""
    Commenter.objects.filter(pk=commenter.pk).update(told_of_answers=False)


def _waiting(*, at: datetime) -> dict[tuple[Commenter, int], list[tuple[Answer, ClosedQuestion]]]:
    """Return the answers whose people can be told, by person and issue that they are led to."""
    closed = {
        (one.issue.pk, one.section, one.text if one.section is None else ""): one
        for one in _closed_questions(at=at)
    }
    found: dict[tuple[Commenter, int], list[tuple[Answer, ClosedQuestion]]] = defaultdict(list)
    issues = {one.issue.pk for one in closed.values()}
    answers = Answer.objects.filter(told_at=None, issue__in=issues).select_related("commenter")
    for answer in answers.order_by("pk"):
        text = answer.question if answer.section_id is None else ""
        question = closed.get((answer.issue_id, answer.section_id, text))
        if question:
            found[answer.commenter, question.leads_to.pk].append((answer, question))
    return found


def _closed_questions(*, at: datetime) -> Iterable[ClosedQuestion]:
    """Yield the closed questions with somebody to tell, and something to tell them."""
    waiting = Answer.objects.filter(told_at=None, issue__state=IssueState.PUBLISHED)
    rows = waiting.order_by().values_list("issue", "section", "question").distinct()
    sections = Section.objects.in_bulk({section for _, section, _ in rows if section})
    issues = Issue.objects.select_related("briefing").in_bulk({issue for issue, _, _ in rows})
    notes = ClosingNote.objects.select_related("leads_to__briefing").in_bulk(
        list(sections), field_name="section_id"
    )
    seen = set()
    for issue_pk, section_pk, text in rows:
        issue, section = issues[issue_pk], sections.get(section_pk)
        key = (issue_pk, section_pk, "" if section else text)
        if key in seen:
            continue
        seen.add(key)
        closing = issue.published_at or at
        if section is not None:
            section.issue = issue
            closing = section.closing
        note = notes.get(section_pk)
        leads_to = note.leads_to if note else _next_issue(issue, closing=closing)
        if closing > at or leads_to is None:
            continue
        since = note.at if note else max(closing, leads_to.published_at or at)
        if at - since > TOLD_WITHIN:
            continue
        poll = poll_of(section) if section and section.asks else None
        yield ClosedQuestion(
            section=section_pk,
            text=section.heading if section else text,
            issue=issue,
            leads_to=leads_to,
            words=note.words if note else "",
            poll=poll if poll and poll.is_shown else None,
        )


def _next_issue(issue: Issue, *, closing: datetime) -> Issue | None:
    """Return the first issue of the briefing that came out once a question was closed.

    It may have come out somewhat before: an issue that goes out early takes the place of its slot.
    """
    later = Issue.objects.published().filter(
        briefing=issue.briefing,
        published_at__gt=issue.published_at,
        published_at__gte=closing - EARLY,
    )
    return later.select_related("briefing").order_by("published_at", "pk").first()


def _email(
    commenter: Commenter, asked: list[tuple[Answer, ClosedQuestion]], *, at: datetime
) -> bool:
    """Queue one person's email; False if another worker did, or we must not write to them.

    That they are told, and the email, are written together or not at all: whatever ends this
    process, nobody is left out and nobody is told twice.
    """
    leads_to = asked[0][1].leads_to
    with transaction.atomic():
        keys = [answer.pk for answer, _ in asked]
        if Answer.objects.filter(pk__in=keys, told_at=None).update(told_at=at) != len(keys):
            transaction.set_rollback(True)
            return False
        if not commenter.told_of_answers or is_suppressed(commenter.address):
            return False
        link = stop_link(commenter)
        queue_email(
            "question_closed",
            to=commenter.address,
            context={
                "asked": [
                    {"question": question, "option": answer.option} for answer, question in asked
                ],
                "issue": leads_to,
                "briefing": leads_to.briefing,
                "accent_colours": leads_to.briefing.accent_colours,
                "is_next": all(question.issue.pk != leads_to.pk for _, question in asked),
                "stop_link": link,
                "mine": settings.SITE_URL + reverse("briefings:my_comments"),
            },
            language=leads_to.briefing.language,
            headers={
                "List-Unsubscribe": f"<{link}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
    return True
