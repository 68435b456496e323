"""The link in the email that answers a comment by email: its page asks about being quoted.

An email may be forwarded, so the link takes one answer only. It is changed on the reader's own
page.
"""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from briefings.models import Comment
from newsroom.tokens import sign_value, verify_value

ANSWER_WITHIN = timedelta(days=30)
_PURPOSE = "quoting of a comment"


def quoting_path(comment: Comment) -> str:
    """Return the path of the page that asks whether a comment may be quoted."""
    return reverse("briefings:comment_quoting", args=[sign_value(_PURPOSE, str(comment.pk))])


def comment_of_token(token: str) -> Comment | None:
    """Return the comment of a link; None if it is forged or too old, or the comment withdrawn."""
    pk = verify_value(_PURPOSE, token, max_age=int(ANSWER_WITHIN.total_seconds()))
    comments = Comment.objects.not_withdrawn().select_related("issue__briefing", "contributor")
    return comments.filter(pk=pk).first() if pk is not None else None
