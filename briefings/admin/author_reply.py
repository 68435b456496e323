"""An author's answer to a comment, from the desk to the page at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction

from briefings.issue_suggestions import contributor_of
from briefings.models import Comment, CommentState, Contributor
from briefings.models.comment import MAX_COMMENT_CHARS
from newsroom import audit_log

if TYPE_CHECKING:
    from newsroom.audit_log import Actor


def is_answerable(comment: Comment) -> bool:
    """Whether readers would see an answer: neither the comment nor its thread was rejected."""
    thread = comment.parent or comment
    return CommentState.REJECTED not in {comment.state, thread.state}


class AnswerForm(forms.Form):
    """The answer, and whose it is: the issue's author's or the person's at the desk."""

    contributor = forms.ModelChoiceField(
        Contributor.objects.none(), label="Answer as", empty_label=None
    )
    body = forms.CharField(
        label="Answer",
        max_length=MAX_COMMENT_CHARS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, to: Comment, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.comment = to
        self.by = by
        own = contributor_of(by) if by else None
        whose = [to.issue.author_id, *([own.pk] if own else [])]
        field = self.fields["contributor"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Contributor.objects.filter(pk__in=whose)
        self.initial.setdefault("contributor", own.pk if own else to.issue.author_id)

    def save(self, *, at: datetime) -> Comment:
        """Put the answer into the thread; a comment that waits is approved with it, to be seen."""
        comment = self.comment
        with transaction.atomic():
            for waiting in (comment.parent, comment):
                if waiting is not None and waiting.state == CommentState.PENDING:
                    waiting.approve(by=self.by, at=at)
            answer = Comment.objects.create(
                issue=comment.issue,
                section=comment.section,
                parent=comment.parent or comment,
                contributor=self.cleaned_data["contributor"],
                body=self.cleaned_data["body"],
                state=CommentState.APPROVED,
                created_at=at,
                confirmed_at=at,
                decided_at=at,
                decided_by_id=self.by.pk if self.by else None,
            )
            audit_log.record("answered", comment, by=self.by, answer=answer.pk)
        return answer
