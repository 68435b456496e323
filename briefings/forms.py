"""What readers fill in."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from briefings.comment_submission import ReaderWords
from briefings.models import Comment, Issue
from briefings.models.comment import MAX_COMMENT_CHARS
from briefings.rendering.page_html import PageSection
from newsroom.email_addresses import normalise_address
from newsroom.invisible_characters import has_visible

EMPTY = "Write something first; the comment is empty."


class CommentForm(forms.Form):
    """A reader's comment: every refusal says what to do, and what was typed stays."""

    body = forms.CharField(
        label="Your comment",
        help_text=f"Plain text, up to {MAX_COMMENT_CHARS:,} characters.",
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={"required": EMPTY},
    )
    section = forms.TypedChoiceField(
        label="What it is about",
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Choose a part in the list, or the whole issue."},
    )
    name = forms.CharField(
        label="Your name",
        required=False,
        max_length=80,
        help_text="Leave it empty to stay anonymous.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"max_length": "Shorten the name to 80 characters or fewer."},
    )
    # No type=email: browsers refuse internationalised addresses that we can write to.
    email = forms.CharField(
        label="Your e-mail address",
        help_text="Never shown. We send it a link to press once.",
        widget=forms.TextInput(
            attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}
        ),
        error_messages={"required": "Write your address, so that we can send you the link."},
    )
    reply_to = forms.CharField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(
        label="Leave this empty",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    use_required_attribute = False  # the page says in words what is missing

    def __init__(
        self, *args: Any, issue: Issue, sections: list[PageSection], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.issue = issue
        headed = [(section.pk, section.heading) for section in sections if section.heading]
        choice = cast("forms.TypedChoiceField", self.fields["section"])
        choice.choices = [("", "The whole issue"), *headed]

    @property
    def is_from_a_machine(self) -> bool:
        """Whether the field that people do not see was filled in."""
        return bool(self.data.get("website"))

    def clean_body(self) -> str:
        """Count as the reader sees it: a line's end is one character."""
        body: str = self.cleaned_data["body"].replace("\r\n", "\n").replace("\r", "\n")
        if len(body) > MAX_COMMENT_CHARS:
            raise forms.ValidationError(
                f"A comment has at most {MAX_COMMENT_CHARS:,} characters; yours has"
                f" {len(body):,}. Shorten it and send it again.",
                code="too_long",
            )
        if not has_visible(body):
            raise forms.ValidationError(EMPTY, code="required")
        return body

    def clean_name(self) -> str:
        """One line, whatever was pasted; nobody where nothing is to be seen."""
        name = " ".join(self.cleaned_data["name"].split())
        return name if has_visible(name) else ""

    def clean_email(self) -> str:
        return normalise_address(self.cleaned_data["email"])

    def clean_reply_to(self) -> Comment | None:
        """The thread that is answered; an answer to an answer joins its thread."""
        return find_thread(self.issue, self.cleaned_data["reply_to"])

    def words(self) -> ReaderWords:
        """What was sent, for `commenting.submit`."""
        sent = self.cleaned_data
        section = self.issue.sections.filter(pk=sent["section"]).first()
        return ReaderWords(
            body=sent["body"],
            email=sent["email"],
            name=sent["name"],
            section=section,
            parent=sent["reply_to"],
        )


def find_thread(issue: Issue, number: str) -> Comment | None:
    """The comment on show that an answer belongs under; None when there is none (any more)."""
    if not (number.isascii() and number.isdigit()) or len(number) > 18:
        return None
    asked = issue.comments.approved().select_related("parent", "contributor").filter(pk=number)
    comment = asked.first()
    return comment.parent or comment if comment else None
