"""The comment form on an issue's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_badges import own_names
from briefings.comment_names import clean_comment_name
from briefings.comment_places import (
    find_place,
    name_of_section,
    passage_not_found,
    takes_comments,
)
from briefings.comment_submission import NewComment
from briefings.comment_threads import number_in_address
from briefings.models import Comment, Commenter, Issue, QuoteChoice
from briefings.models.comment import MAX_COMMENT_CHARS, MAX_NAME_CHARS, MAX_PASSAGE_CHARS
from briefings.quote_wording import ANSWERS, EXPLANATION, QUESTION
from briefings.rendering.page_html import PageSection
from newsroom.address_field import AddressField, AddressInput
from newsroom.bot_trap import BotTrapField
from newsroom.email_addresses import address_key
from newsroom.form_signature import SignatureField
from newsroom.invisible_characters import has_visible
from newsroom.reader_language import grouped, grouped_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EMPTY = gettext_lazy("Write your comment.")
NAME_TOO_LONG = gettext_lazy("Your name must be %(limit_value)d characters or fewer.")
ADDRESS_MISSING = gettext_lazy("Enter your email address, so that we can send you the link.")
TOO_LONG = gettext_lazy(
    "Your comment is %(count)s characters long. Shorten it to %(limit)s characters or fewer."
)


class CommentForm(forms.Form):
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
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        required=False,
        max_length=MAX_NAME_CHARS,
        help_text=gettext_lazy("Leave this empty to stay anonymous."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"max_length": NAME_TOO_LONG},
    )
    email = AddressField(
        label=gettext_lazy("Your email address"),
        help_text=gettext_lazy(
            "We never show it. We send you a link to confirm your first comment. If you are signed"
            " in for comments, leave this empty."
        ),
        widget=AddressInput,
        error_messages={"required": ADDRESS_MISSING},
    )
    quoting = forms.TypedChoiceField(
        label=QUESTION,
        required=False,
        choices=[(choice.value, words) for choice, words in ANSWERS.items()],
        coerce=QuoteChoice,
        empty_value=QuoteChoice.NO,
        initial=QuoteChoice.NO,
        help_text=EXPLANATION,
        error_messages={
            "invalid_choice": gettext_lazy("Choose one of the answers about being quoted.")
        },
    )
    emails_on_replies = forms.BooleanField(
        label=gettext_lazy("Email me when somebody replies; several replies come in one email"),
        required=False,
    )
    reply_to = forms.CharField(required=False, widget=forms.HiddenInput)
    # The words that a reader selected; static/js/comment-on-words.js fills it in.
    passage = forms.CharField(required=False, widget=forms.HiddenInput)
    began = SignatureField()
    website = BotTrapField()

    use_required_attribute = False  # our error messages say more than the browser's

    def __init__(
        self,
        *args: Any,
        issue: Issue,
        sections: Sequence[PageSection],
        signed_in: Commenter | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.issue = issue
        self.sections = [section for section in sections if takes_comments(section)]
        self.signed_in = signed_in
        self.fields["email"].required = signed_in is None
        named = [(section.pk, name_of_section(section)) for section in self.sections]
        choice = cast("forms.TypedChoiceField", self.fields["section"])
        choice.choices = [("", gettext("The whole issue")), *named]

    @property
    def is_from_bot(self) -> bool:
        """Whether the field that people do not see is filled in."""
        return bool(self.data.get("website"))

    @property
    def commenter(self) -> Commenter | None:
        """Who is signed in and writes under their own address; None if it must be confirmed."""
        entered = self.data.get("email", "").strip()
        if self.signed_in and entered and address_key(entered) != self.signed_in.address_key:
            return None
        return self.signed_in

    def clean_body(self) -> str:
        return clean_comment_body(self.cleaned_data["body"])

    def clean_name(self) -> str:
        """Return the name on one line, or an empty string if none of it is visible."""
        own = own_names(self.commenter.address) if self.commenter else ()
        return clean_comment_name(self.cleaned_data["name"], own=own)

    def clean_email(self) -> str:
        """Return the address; somebody who is signed in may leave it empty."""
        return self.commenter.address if self.commenter else str(self.cleaned_data["email"])

    def clean_quoting(self) -> QuoteChoice:
        """Return the answer about being quoted; only who gives a name can be quoted by it."""
        choice: QuoteChoice = self.cleaned_data["quoting"]
        if choice == QuoteChoice.NAMED and not self.cleaned_data.get("name", "-"):
            raise forms.ValidationError(
                gettext("Enter your name above, or choose to be quoted without it."), code="no_name"
            )
        return choice

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


def clean_words(typed: str, *, limit: int, too_long: StrOrPromise, empty: StrOrPromise) -> str:
    """Return what a reader wrote with each line end as one character, as readers count them.

    Raises ValidationError with the message for what is too long or empty.
    """
    words = typed.replace("\r\n", "\n").replace("\r", "\n")
    if len(words) > limit:
        raise forms.ValidationError(
            too_long,
            code="too_long",
            params={"count": grouped(len(words)), "limit": grouped(limit)},
        )
    if not has_visible(words):
        raise forms.ValidationError(empty, code="required")
    return words


def find_thread(issue: Issue, number: str) -> Comment | None:
    """Return the visible comment that a reply belongs under, or None."""
    pk = number_in_address(number, otherwise=0)
    comments = issue.comments.approved().select_related("parent", "contributor")
    comment = comments.filter(pk=pk).first() if pk else None
    return comment.parent or comment if comment else None
