"""What the sample newsroom did with what readers said: quotations, marks and points."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

from django.utils.text import slugify

from briefings.models import Comment, MarkKind, QuoteChoice
from briefings.points.point_checks import PointAnswer, answer
from briefings.points.point_edits import open_point
from briefings.points.response_words import read_response
from briefings.quotations.insertion import quotable_block
from briefings.quotations.quoted_blocks import write_block
from briefings.quotations.rows import keep_quotations
from briefings.response.kept_messages import keep_message
from briefings.response.marks import finish, mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from django.contrib.auth.models import User

    from briefings.models import Issue
    from briefings.points.response_words import ResponseWords
    from briefings.sample_data.files import SampleIssue, SampleMessage, SamplePoint

# Readers are told that an issue quotes them when it is out.
TOLD_AFTER = timedelta(minutes=1)
# The editors have worked through the response by then.
WORKED_AFTER = timedelta(days=5)
# A quotation ends with the key of the response that it quotes, where others name somebody.
_QUOTATION = re.compile(
    r"<blockquote>\s*(?P<words>(?:(?!</blockquote>).)*?)"
    r"<p>— \{(?P<key>[\w-]+)\}</p>\s*</blockquote>",
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]+>")


def quote_responses(html: str, said: Mapping[str, int], *, language: str) -> str:
    """Return the text of a section with the blocks of its quotations; `said` are the responses."""

    def block(found: re.Match[str]) -> str:
        words = unescape(_TAG.sub("", found["words"])).strip()
        return write_block(quotable_block(_response(said[found["key"]]), words, language=language))

    return _QUOTATION.sub(block, html)


def keep_rows(issue: Issue, *, now: datetime) -> None:
    """Keep the rows of an issue's quotations, chosen in the week before it."""
    keep_quotations(issue)
    issue.quotations.update(at=min(issue.publish_at or now, now))


def note_that_readers_were_told(issue: Issue) -> None:
    """Have nobody told again that an old issue quotes them; of the latest, workers tell them."""
    earlier = issue.briefing.issues.published().filter(number__lt=issue.number)
    for one in earlier.filter(quotations__told_at=None).distinct():
        if one.published_at:
            one.quotations.update(told_at=one.published_at + TOLD_AFTER)


def load_messages(
    issue: Issue, messages: Collection[SampleMessage], *, now: datetime
) -> dict[str, int]:
    """Load the messages to the author about an issue; return the responses by their keys."""
    published = issue.published_at or now
    last = max((message.hours for message in messages), default=0) + 1
    pace = min(timedelta(hours=1), (now - published) / last)
    return {
        message.key: keep_message(
            message.body,
            issue=issue,
            name=message.name,
            address=f"{slugify(message.name)}@example.com",
            choice=QuoteChoice(message.quoting),
            at=published + message.hours * pace,
            source=issue.author.get_absolute_url(),
            ip=None,
        ).pk
        for message in messages
    }


def load_marks_and_points(
    issue: Issue,
    sample: SampleIssue,
    said: Mapping[str, int],
    staff: Mapping[str, User],
    *,
    now: datetime,
) -> None:
    """Load the marks and the points of the response to an issue."""
    editor = staff["editor"]
    at = min((issue.published_at or now) + WORKED_AFTER, now)
    for each in sample.marks:
        response, kind = _response(said[each.on]), MarkKind(each.kind)
        person = staff[each.assigned_to].pk if each.assigned_to else None
        mark(response, kind, by=editor, at=at, note=each.note, assigned_to=person)
        if each.is_done:
            finish(response, kind, by=editor, at=at)
    if sample.points:
        words = read_response(issue)
        for point in sample.points:
            _load_point(point, issue, words, said, by=editor, at=at)


def _load_point(
    sample: SamplePoint,
    issue: Issue,
    words: ResponseWords,
    said: Mapping[str, int],
    *,
    by: User,
    at: datetime,
) -> None:
    point = open_point(issue, sample.sentence, by=by, at=at)
    made = {words.place_of[said[key]] for key in sample.made_by}
    others = {words.place_of[said[key]] for key in sample.not_made_by}
    if sample.is_read_to_the_end:
        others = set(range(len(words.pieces))) - made
    for place in sorted(made | others):
        piece = words.pieces[place]
        answer(
            point,
            piece,
            says=PointAnswer.YES if place in made else PointAnswer.NO,
            seen=PointAnswer.OPEN,
            read=piece.words_hash,
            by=by,
            at=at,
        )


def _response(pk: int) -> Comment:
    return Comment.objects.select_related("issue__briefing", "contributor").get(pk=pk)
