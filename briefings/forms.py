"""The comment form on an issue's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_places import (
    find_place,
    name_of_section,
    passage_not_found,
    takes_comments,
)
from briefings.comment_submission import NewComment
from briefings.comment_threads import number_in_address
from briefings.models import Comment, Issue
from briefings.models.comment import MAX_COMMENT_CHARS, MAX_PASSAGE_CHARS
from briefings.reader_form import ReaderForm, clean_words
from briefings.rendering.page_html import PageSection
from newsroom.reader_language import grouped_lazy

EMPTY = gettext_lazy("Write your comment.")
ABOUT_ADDRESS = gettext_lazy(
    "We never show it. We send you a link to confirm your first comment. If you are signed in for"
    " comments, leave this empty."
)
TOO_LONG = gettext_lazy(
    "Your comment is %(count)s characters long. Shorten it to %(limit)s characters or fewer."
)


class CommentForm(ReaderForm):
    """A reader's comment."""

    body = forms.CharField(
        label=gettext_lazy("Your comment"),
        help_text=format_lazy(
            gettext_lazy("Plain text, up to {limit} characters."),
            limit=grouped_lazy(MAX_COMMENT_CHARS),
        ),
        widget=forms.Textarea(
            attrs={"rows": 7, "dir": "auto", "placeholder": gettext_lazy("Your comment")}
        ),
        error_messages={"required": EMPTY},
    )
    section = forms.TypedChoiceField(
        label=gettext_lazy("What it is about"),
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={
            "invalid_choice": gettext_lazy("Choose a section from the list, or the whole issue.")
        },
    )
    emails_on_replies = forms.BooleanField(
        label=gettext_lazy("Email me when somebody replies; several replies come in one email"),
        required=False,
    )
    reply_to = forms.CharField(required=False, widget=forms.HiddenInput)
    # The words that a reader selected; static/js/comment-on-words.js fills it in.
    passage = forms.CharField(required=False, widget=forms.HiddenInput)

    field_order = (
        *("body", "section", "name", "email", "quoting", "emails_on_replies"),
        *("reply_to", "passage", "began", "website"),
    )

    def __init__(
        self,
        *args: Any,
        issue: Issue,
        sections: Sequence[PageSection],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.issue = issue
        self.sections = [section for section in sections if takes_comments(section)]
        self.fields["email"].help_text = ABOUT_ADDRESS
        named = [(section.pk, name_of_section(section)) for section in self.sections]
        choice = cast("forms.TypedChoiceField", self.fields["section"])
        choice.choices = [("", gettext("The whole issue")), *named]

    def clean_body(self) -> str:
        return clean_comment_body(self.cleaned_data["body"])

    def clean_reply_to(self) -> Comment | None:
        """Return the thread that the comment replies to; a reply to a reply joins its thread."""
        return find_thread(self.issue, self.cleaned_data["reply_to"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        passage = "" if cleaned.get("reply_to") else cleaned.get("passage", "")
        place = None
        if len(passage) <= MAX_PASSAGE_CHARS:
            place = find_place(self.sections, section=cleaned.get("section"), passage=passage)
        if place is None:
            self.add_error("section", passage_not_found())
            self.data = {**{name: self.data[name] for name in self.data}, "passage": ""}
        cleaned["place"] = place
        return cleaned

    def new_comment(self, *, ip: str | None, user_agent: str = "") -> NewComment:
        """Return the comment for `comment_submission.submit_comment`."""
        cleaned = self.cleaned_data
        return NewComment(
            body=cleaned["body"],
            email=cleaned["email"],
            name=cleaned["name"],
            place=cleaned["place"],
            parent=cleaned["reply_to"],
            quoting=cleaned["quoting"],
            emails_on_replies=cleaned["emails_on_replies"],
            ip=ip,
            user_agent=user_agent,
        )


def clean_comment_body(typed: str) -> str:
    """Return a comment as it is stored. Raises ValidationError if it is empty or too long."""
    return clean_words(typed, limit=MAX_COMMENT_CHARS, too_long=TOO_LONG, empty=EMPTY)


def find_thread(issue: Issue, number: str) -> Comment | None:
    """Return the visible comment that a reply belongs under, or None."""
    pk = number_in_address(number, otherwise=0)
    comments = issue.comments.approved().select_related("parent", "contributor")
    comment = comments.filter(pk=pk).first() if pk else None
    return comment.parent or comment if comment else None
