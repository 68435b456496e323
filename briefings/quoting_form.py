"""The form with which a reader says whether we may quote a comment of theirs, and by which name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from briefings.comment_badges import own_names
from briefings.comment_names import clean_comment_name
from briefings.models import QuoteChoice
from briefings.models.comment import MAX_NAME_CHARS
from briefings.quote_wording import ANSWERS, EXPLANATION, QUESTION
from briefings.reader_form import NAME_TOO_LONG

if TYPE_CHECKING:
    from briefings.models import Comment


class QuotingForm(forms.Form):
    """Whether a comment may be quoted; where it bears no name, also which name we may give.

    The address of the comment must have been confirmed, or be confirmed by this form.
    """

    quoting = forms.TypedChoiceField(
        label=QUESTION,
        choices=[(choice.value, words) for choice, words in ANSWERS.items()],
        coerce=QuoteChoice,
        help_text=EXPLANATION,
        error_messages={
            "required": _("Choose whether we may quote you."),
            "invalid_choice": _("Choose whether we may quote you."),
        },
    )
    quote_name = forms.CharField(
        label=_("The name to quote you with"),
        help_text=_("Your comment itself stays without a name."),
        required=False,
        max_length=MAX_NAME_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"max_length": NAME_TOO_LONG},
    )

    use_required_attribute = False  # our error messages say more than the browser's

    def __init__(self, *args: Any, comment: Comment, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"quoting": comment.quoting, "quote_name": comment.quote_name})
        super().__init__(*args, **kwargs)
        self.auto_id = f"id_%s_{comment.pk}"  # a page may have several of these forms
        self.comment = comment
        if comment.bears_name:
            del self.fields["quote_name"]

    def clean_quote_name(self) -> str:
        """Return the name on one line; the names of colleagues are their own here, too."""
        own = own_names(self.comment.email) if self.comment.email else ()
        return clean_comment_name(self.cleaned_data["quote_name"], own=own)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        wants_name = cleaned.get("quoting") == QuoteChoice.NAMED
        if wants_name and "quote_name" in self.fields and not cleaned.get("quote_name", "-"):
            self.add_error(
                "quote_name", _("Enter the name, or choose to be quoted without your name.")
            )
        return cleaned

    @property
    def choice(self) -> QuoteChoice:
        """What the reader chose."""
        chosen: QuoteChoice = self.cleaned_data["quoting"]
        return chosen

    @property
    def name(self) -> str:
        """The name that they entered; empty if the comment has one."""
        return str(self.cleaned_data.get("quote_name", ""))
