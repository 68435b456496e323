"""The form with which readers answer a question: a choice, words, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from briefings.models import QuoteChoice, Section
from briefings.models.comment import MAX_COMMENT_CHARS
from briefings.questions.answers import NewAnswer
from briefings.reader_form import ReaderForm, clean_words
from newsroom.reader_language import grouped_lazy

if TYPE_CHECKING:
    from django.http import HttpRequest

EMPTY = gettext_lazy("Write your answer.")
NOTHING_CHOSEN = gettext_lazy("Choose one of the options, or write your answer.")
ABOUT_ADDRESS = gettext_lazy(
    "We never show it. We send you a link that counts your answer, so that each person counts once."
    " If you are signed in for comments, leave this empty."
)
TOO_LONG = gettext_lazy(
    "Your answer is %(count)s characters long. Shorten it to %(limit)s characters or fewer."
)


class AnswerForm(ReaderForm):
    """A reader's answer to a question."""

    option = forms.ChoiceField(
        label=gettext_lazy("Your choice"),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOTHING_CHOSEN},
    )
    body = forms.CharField(
        label=gettext_lazy("In your own words"),
        required=False,
        help_text=format_lazy(
            gettext_lazy(
                "Plain text, up to {limit} characters. The newsroom reads it, and may publish it as"
                " a comment."
            ),
            limit=grouped_lazy(MAX_COMMENT_CHARS),
        ),
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )
    may_contact = forms.BooleanField(
        label=gettext_lazy("You may contact me about my answer"), required=False
    )

    field_order = ("option", "body", "name", "email", "quoting", "may_contact", "began", "website")

    def __init__(
        self,
        *args: Any,
        section: Section,
        is_from_email: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        option = cast("forms.ChoiceField", self.fields["option"])
        option.choices = [(str(place), text) for place, text in enumerate(section.options, 1)]
        if not section.options:
            del self.fields["option"]
            self.fields["body"].label = gettext("Your answer")
            self.fields["body"].required = True
            self.fields["body"].error_messages["required"] = str(EMPTY)
        self.fields["email"].help_text = ABOUT_ADDRESS
        if is_from_email:
            del self.fields["email"]

    def clean_option(self) -> str:
        """Return the text of the option."""
        chosen = self.cleaned_data["option"]
        return str(self.section.options[int(chosen) - 1]) if chosen else ""

    def clean_body(self) -> str:
        """Return the words; none if nothing of them is visible."""
        typed = self.cleaned_data["body"]
        if self.section.options and not typed.strip():
            return ""
        return clean_words(typed, limit=MAX_COMMENT_CHARS, too_long=TOO_LONG, empty=EMPTY)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_empty = not (cleaned.get("option") or cleaned.get("body"))
        if is_empty and not {"option", "body"} & self.errors.keys():
            self.add_error("option" if self.section.options else "body", str(NOTHING_CHOSEN))
        return cleaned

    def new_answer(self, *, ip: str | None, user_agent: str = "") -> NewAnswer:
        """Return the answer for `answers.take_answer`."""
        cleaned = self.cleaned_data
        return NewAnswer(
            option=cleaned.get("option", ""),
            body=cleaned["body"],
            name=cleaned["name"],
            quoting=cleaned["quoting"] if cleaned["body"] else QuoteChoice.NO,
            may_contact=cleaned["may_contact"],
            ip=ip,
            user_agent=user_agent,
        )


def chosen_in_address(section: Section, request: HttpRequest) -> str:
    """Return the number of the option that a link chooses, or an empty string."""
    chosen: str = request.GET.get("option", "")
    numbers = {str(place) for place, _ in enumerate(section.options, 1)}
    return chosen if chosen in numbers else ""
