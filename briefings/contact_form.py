"""A reader's message to an author: the form, and the email that it becomes.

The author's address stays ours: a page that shows it is read by those who collect addresses. The
reader's address is the Reply-To of the email, so an answer goes straight to them. A copy of what
they wrote about a recent issue is part of the response to it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_names import clean_comment_name
from briefings.models import Contributor, Issue, QuoteChoice
from briefings.models.comment import MAX_NAME_CHARS
from briefings.quote_wording import ANSWERS, EXPLANATION_OF_MESSAGES, QUESTION, wording_of
from briefings.reader_form import NAME_TOO_LONG, clean_words
from briefings.response.kept_messages import keep_message
from newsroom.address_field import AddressField, AddressInput
from newsroom.bot_trap import BotTrapField
from newsroom.duration_words import in_words
from newsroom.email_addresses import address_key
from newsroom.emails import AlreadyQueued, Once, queue_email
from newsroom.form_signature import SignatureField
from newsroom.invisible_characters import one_line
from newsroom.rate_limits import HOUR, count_within
from newsroom.reader_language import grouped_lazy

if TYPE_CHECKING:
    from datetime import datetime

MAX_MESSAGE_CHARS = 5_000
EMPTY = gettext_lazy("Write your message.")
TOO_LONG = gettext_lazy(
    "Your message is %(count)s characters long. Shorten it to %(limit)s characters or fewer."
)
# However many people write: an author's inbox is not to be flooded through us.
MESSAGES_AN_HOUR = 30
# The same message again within this time is a double click, or somebody who was not sure.
SAME_MESSAGE_WITHIN = HOUR
ADDRESS_LIMIT_REACHED = gettext_lazy(
    "Many forms were sent with this address, so your message is not sent. It is still here: send it"
    " again in {window}."
)


class TooManyMessages(Exception):
    """An author has been sent many messages; the exception's text tells the reader what to do."""


class ContactForm(forms.Form):
    """What a reader writes to an author."""

    message = forms.CharField(
        label=gettext_lazy("Your message"),
        help_text=format_lazy(
            gettext_lazy("Plain text, up to {limit} characters."),
            limit=grouped_lazy(MAX_MESSAGE_CHARS),
        ),
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
        error_messages={"required": EMPTY},
    )
    name = forms.CharField(
        label=gettext_lazy("Your name"),
        required=False,
        max_length=MAX_NAME_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={"max_length": NAME_TOO_LONG},
    )
    email = AddressField(
        label=gettext_lazy("Your email address"),
        help_text=gettext_lazy("The answer goes there."),
        widget=AddressInput,
        error_messages={
            "required": gettext_lazy("Enter your email address, so that you can get an answer.")
        },
    )
    quoting = forms.ChoiceField(
        label=QUESTION,
        choices=[(choice.value, words) for choice, words in ANSWERS.items()],
        initial=QuoteChoice.NO,
        help_text=EXPLANATION_OF_MESSAGES,
        error_messages={
            "required": gettext_lazy("Choose whether we may quote you."),
            "invalid_choice": gettext_lazy("Choose whether we may quote you."),
        },
    )
    began = SignatureField()
    website = BotTrapField()

    use_required_attribute = False  # our error messages say more than the browser's

    @property
    def is_from_bot(self) -> bool:
        """Whether the field that people do not see is filled in."""
        return bool(self.data.get("website"))

    def clean_message(self) -> str:
        return clean_words(
            self.cleaned_data["message"], limit=MAX_MESSAGE_CHARS, too_long=TOO_LONG, empty=EMPTY
        )

    def clean_name(self) -> str:
        """Return the name on one line, or an empty string if none of it is visible.

        Nobody has confirmed the address, so nobody has the name of a colleague here.
        """
        return clean_comment_name(one_line(self.cleaned_data["name"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("quoting") == QuoteChoice.NAMED and not cleaned.get("name", "-"):
            self.add_error("name", gettext("Enter your name, so that we can quote you with it."))
        return cleaned


def send_message(
    cleaned: dict[str, Any],
    *,
    to: Contributor,
    about: Issue | None,
    at: datetime,
    source: str = "",
    ip: str | None = None,
) -> None:
    """Queue the email to an author, and keep a copy as a response to the issue that it is about.

    The same message sent twice makes one email and one copy. Call it in a transaction, after
    `form_guard.check_form`. Raises TooManyMessages.
    """
    if count_within("contact", str(to.pk), window=HOUR, at=at) > MESSAGES_AN_HOUR:
        raise TooManyMessages(
            gettext(
                "%(name)s has been sent many messages in the last hour, so yours is not sent. It is"
                " still here: send it again in %(window)s."
            )
            % {"name": to.name, "window": in_words(HOUR)}
        )
    choice = QuoteChoice(cleaned["quoting"])
    parts = (to.pk, address_key(cleaned["email"]), cleaned["name"], choice, cleaned["message"])
    with suppress(AlreadyQueued):
        queue_email(
            "contact_author",
            to=to.contact,
            context={
                "contributor": to,
                "name": cleaned["name"],
                "email": cleaned["email"],
                "message": cleaned["message"],
                "quoting": cleaned["quoting"],
                "wording": wording_of(choice, explanation=EXPLANATION_OF_MESSAGES),
                "about": about,
                "page_url": settings.SITE_URL + to.get_absolute_url(),
            },
            headers={"Reply-To": cleaned["email"]},
            once=Once(key="\n".join(map(str, parts)), within=SAME_MESSAGE_WITHIN, at=at),
        )
        if about:
            keep_message(
                cleaned["message"],
                issue=about,
                name=cleaned["name"],
                address=cleaned["email"],
                choice=choice,
                at=at,
                source=source,
                ip=ip,
            )
