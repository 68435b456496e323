"""Which words the encoder has read, and having it read the others: the tables are the truth."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q

from briefings.models import Comment, Point, PointVector, ResponseVector
from briefings.models.point import words_hash
from briefings.points.encoder import Encoder, EncoderUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

log = logging.getLogger(__name__)

# Responses to older issues are read when somebody opens a point about them.
FRESH_FOR = timedelta(days=60)
IN_A_BATCH = 32
# A task ends after this many seconds; beat wakes the next one.
SECONDS = 20.0


def knows_language(language: str) -> bool:
    """Whether there is an encoder that knows the language of a briefing."""
    return bool(settings.POINTS_MODEL) and language in settings.POINTS_LANGUAGES


def encode_missing(*, at: datetime) -> int:
    """Have the encoder read what it has not read, or what was changed since; return how much.

    Vectors of what has ceased to be a response are deleted.
    """
    ResponseVector.objects.exclude(
        comment__in=Comment.objects.responses().order_by().values("pk")
    ).delete()
    if not settings.POINTS_MODEL:
        return 0
    until, encoder, done = time.monotonic() + SECONDS, None, 0
    for batch in _batches(at=at):
        if encoder is None:  # loaded only if there is something to read
            try:
                encoder = Encoder(Path(settings.POINTS_MODEL), sha256=settings.POINTS_MODEL_HASH)
            except EncoderUnusable as reason:
                log.error("The encoder cannot be used: %s", reason)
                return 0
        _store(encoder, batch, at=at)
        done += len(batch)
        if time.monotonic() > until:
            break
    return done


def _batches(*, at: datetime) -> Iterator[list[Comment] | list[Point]]:
    """Yield what is to be read: sentences of points first, for somebody waits for them."""
    knows = Q(issue__briefing__language__in=settings.POINTS_LANGUAGES)
    unread = Q(vector=None) | ~Q(vector__encoder=settings.POINTS_MODEL_HASH)
    points = Point.objects.filter(knows, unread).order_by("-pk")
    while batch := list(points[:IN_A_BATCH]):
        yield batch
    fresh = Q(issue__published_at__gt=at - FRESH_FOR)
    with_points = Exists(Point.objects.filter(issue=OuterRef("issue")))
    changed = Q(edited_at__gte=F("vector__at"), edited_at__lt=at)
    responses = Comment.objects.responses().filter(knows, unread | changed)
    responses = responses.filter(fresh | with_points).order_by("-pk")
    while read := list(responses[:IN_A_BATCH]):
        yield read


def _store(encoder: Encoder, rows: list[Comment] | list[Point], *, at: datetime) -> None:
    texts = [row.body if isinstance(row, Comment) else row.sentence for row in rows]
    for row, text, vector in zip(rows, texts, encoder.encode(texts), strict=True):
        made: dict[str, Any] = {
            "encoder": settings.POINTS_MODEL_HASH,
            "words_hash": words_hash(text),
            "vector": vector,
            "at": at,
        }
        # The row may have been deleted meanwhile, or the point renamed: then nothing of it is kept.
        with suppress(IntegrityError), transaction.atomic():
            if isinstance(row, Comment):
                ResponseVector.objects.update_or_create(comment_id=row.pk, defaults=made)
            elif Point.objects.select_for_update().filter(pk=row.pk, sentence=text).exists():
                PointVector.objects.update_or_create(point_id=row.pk, defaults=made)
