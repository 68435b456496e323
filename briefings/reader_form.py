"""What each form has with which a reader sends words: a name, an address, consent to be quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_badges import own_names
from briefings.comment_names import clean_comment_name
from briefings.models import Commenter, QuoteChoice
from briefings.models.comment import MAX_NAME_CHARS
from briefings.quote_wording import ANSWERS, EXPLANATION, QUESTION
from newsroom.address_field import AddressField, AddressInput
from newsroom.bot_trap import BotTrapField
from newsroom.email_addresses import address_key
from newsroom.form_signature import SignatureField
from newsroom.invisible_characters import has_visible
from newsroom.reader_language import grouped

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NAME_TOO_LONG = gettext_lazy("Your name must be %(limit_value)d characters or fewer.")
ADDRESS_MISSING = gettext_lazy("Enter your email address, so that we can send you the link.")


class ReaderForm(forms.Form):
    """A form for readers, signed in for comments or not.

    Forms that have more say in `field_order` where it stands: errors are in that order, too.
    """

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
    began = SignatureField()
    website = BotTrapField()

    use_required_attribute = False  # our error messages say more than the browser's

    def __init__(self, *args: Any, signed_in: Commenter | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signed_in = signed_in
        self.fields["email"].required = signed_in is None

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
