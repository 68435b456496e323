"""The form with which readers answer a question: a choice, words, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_badges import own_names
from briefings.comment_names import clean_comment_name
from briefings.forms import ADDRESS_MISSING, NAME_TOO_LONG, clean_words
from briefings.models import Commenter, QuoteChoice, Section
from briefings.models.comment import MAX_COMMENT_CHARS, MAX_NAME_CHARS
from briefings.questions.answers import NewAnswer
from briefings.quote_wording import ANSWERS, EXPLANATION, QUESTION
from newsroom.address_field import AddressField, AddressInput
from newsroom.bot_trap import BotTrapField
from newsroom.email_addresses import address_key
from newsroom.form_signature import SignatureField
from newsroom.reader_language import grouped_lazy

if TYPE_CHECKING:
    from django.http import HttpRequest

EMPTY = gettext_lazy("Write your answer.")
NOTHING_CHOSEN = gettext_lazy("Choose one of the options, or write your answer.")
TOO_LONG = gettext_lazy(
    "Your answer is %(count)s characters long. Shorten it to %(limit)s characters or fewer."
)


class AnswerForm(forms.Form):
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
            "We never show it. We send you a link that counts your answer, so that each person"
            " counts once. If you are signed in for comments, leave this empty."
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
    may_contact = forms.BooleanField(
        label=gettext_lazy("You may contact me about my answer"), required=False
    )
    began = SignatureField()
    website = BotTrapField()

    use_required_attribute = False  # our error messages say more than the browser's

    def __init__(
        self,
        *args: Any,
        section: Section,
        signed_in: Commenter | None = None,
        is_from_email: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.section, self.signed_in = section, signed_in
        option = cast("forms.ChoiceField", self.fields["option"])
        option.choices = [(str(place), text) for place, text in enumerate(section.options, 1)]
        if not section.options:
            del self.fields["option"]
            self.fields["body"].label = gettext("Your answer")
            self.fields["body"].required = True
            self.fields["body"].error_messages["required"] = str(EMPTY)
        self.fields["email"].required = signed_in is None
        if is_from_email:
            del self.fields["email"]

    @property
    def is_from_bot(self) -> bool:
        """Whether the field that people do not see is filled in."""
        return bool(self.data.get("website"))

    @property
    def commenter(self) -> Commenter | None:
        """Who is signed in and answers under their own address; None if it must be confirmed."""
        entered = self.data.get("email", "").strip()
        if self.signed_in and entered and address_key(entered) != self.signed_in.address_key:
            return None
        return self.signed_in

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
