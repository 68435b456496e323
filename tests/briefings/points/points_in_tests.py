"""Responses in which points are found, and the encoder where it is installed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from briefings.models import Comment, Issue, Point
from briefings.points.encoder import hash_of_files
from briefings.points.point_checks import PointAnswer, answer
from briefings.points.response_words import read_response
from tests.factories import make_comment
from tests.source_files import ROOT

if TYPE_CHECKING:
    from briefings.points.response_words import JoinedPiece

ENCODER = Path(ROOT) / ".venv" / "encoder"

# Some say that the ferry is late, in different words; the others say other things.
LATE = (
    "The ferry was forty minutes behind its timetable again this morning.",
    "Twice this week I missed my train because the boat left late.",
    "Delays on the crossing cost my daughter the first lesson every Monday.",
)
OTHERS = (
    "Could the library please open on Saturdays, as it did before the summer?",
    "My neighbours have put up a fence that blocks the footpath to the mill.",
    "Thank you for printing the recipe with the quinces, it worked at once.",
    "Whoever chose the colours of the new town hall has never looked at it.",
)


def use_encoder(settings: Any) -> None:
    """Set the small encoder for a test, or skip it where there is none."""
    for package in ("numpy", "onnxruntime", "tokenizers"):
        pytest.importorskip(package, reason="the extra newsroom[points] is not installed")
    if not (ENCODER / "model.onnx").exists():
        pytest.skip("tools/install-encoder.sh has not installed an encoder")
    settings.POINTS_MODEL = str(ENCODER)
    settings.POINTS_MODEL_HASH = hash_of_files(ENCODER)
    settings.POINTS_LANGUAGES = frozenset({"en"})


def respond(issue: Issue, *texts: str, **fields: Any) -> list[Comment]:
    """Create a response of one reader each, in this order."""
    begun = timezone.now() - timedelta(hours=1)
    made = []
    for number, text in enumerate(texts):
        comment = make_comment(
            on=issue, body=text, email=f"reader{issue.comments.count()}@example.org", **fields
        )
        Comment.objects.filter(pk=comment.pk).update(created_at=begun + timedelta(seconds=number))
        made.append(comment)
    return made


def make_point(issue: Issue, sentence: str = "The ferry is late.", **fields: Any) -> Point:
    return Point.objects.create(issue=issue, sentence=sentence, **fields)


def piece_with(comment: Comment) -> JoinedPiece:
    """Return the piece that a comment is part of."""
    words = read_response(comment.issue)
    return words.pieces[words.place_of[comment.pk]]


def check(point: Point, *comments: Comment, says: PointAnswer = PointAnswer.YES) -> None:
    """Answer whether these make a point, as an editor who has read them."""
    for comment in comments:
        piece = piece_with(comment)
        answer(
            point,
            piece,
            says=says,
            seen=PointAnswer.OPEN,
            read=piece.words_hash,
            by=None,
            at=timezone.now(),
        )
