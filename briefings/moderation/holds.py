"""Why a moderator should read a comment before others do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from briefings.models import Comment, CommentState, HoldKind, HoldReason
from briefings.models.comment import is_from
from briefings.models.hold_reason import MAX_DETAIL
from briefings.moderation.flagged_words import flagged_words_in
from briefings.moderation.near_duplicates import near_duplicate
from newsroom.duration_words import in_english
from newsroom.site_address import site_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from briefings.models.comment import CommentQuerySet

MANY, MANY_WITHIN = 5, timedelta(minutes=10)
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>\"]+"
    # Without them, only what nobody writes at the end of a sentence: “I agree.It is so”.
    r"|(?<![\w@.-])[\w-]+(?:\.[\w-]+)*(?-i:\.(?:com|net|org|info|biz|shop|site|online|xyz|top|club"
    r"|io|ru|cn|tv|app|link|click|store|eu|uk|de|fr|nl|ie|pl|pt))(?![\w-])(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_HOST = re.compile(r"^(?:https?://)?(?:www\.)?([^/:?#]+)", re.IGNORECASE)


def find_holds(comment: Comment, *, at: datetime) -> list[HoldReason]:
    """Return the reasons that a comment itself gives; none for authors and staff."""
    if comment.contributor_id or comment.by_staff:
        return []
    return [
        HoldReason(comment=comment, kind=kind, detail=detail[:MAX_DETAIL], at=at)
        for kind, detail in _found(comment, at=at)
    ]


def _found(comment: Comment, *, at: datetime) -> Iterator[tuple[HoldKind, str]]:
    if links := links_in(f"{comment.name} {comment.body}"):
        yield HoldKind.LINK, ", ".join(links)
    others = _of_same_reader(comment)
    if not others.filter(state=CommentState.APPROVED).exists():
        yield HoldKind.FIRST, ""
    if words := flagged_words_in(f"{comment.name} {comment.body}"):
        yield HoldKind.WORDS, ", ".join(words)
    recent = others.filter(created_at__gt=at - MANY_WITHIN).count() + 1
    if recent >= MANY:
        yield HoldKind.RATE, f"{recent} in {in_english(MANY_WITHIN)}"
    if same := near_duplicate(comment, at=at):
        yield HoldKind.DUPLICATE, f"comment {same.pk}"


def _of_same_reader(comment: Comment) -> CommentQuerySet:
    """Return the other confirmed comments of a comment's writer."""
    by_reader = Q(commenter=comment.commenter_id)
    own = by_reader if comment.commenter_id else is_from(comment.email)
    return Comment.objects.for_moderators().filter(own).exclude(pk=comment.pk)


def links_in(text: str) -> list[str]:
    """Return the web addresses in a text, except our own."""
    found = [match.rstrip(".,;:!?)”’") for match in _ADDRESS.findall(text)]
    own = site_host().removeprefix("www.").lower()
    return [one for one in found if (host := _HOST.match(one)) and host[1].lower() != own]
