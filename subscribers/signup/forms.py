"""The sign-up form, and the fields that it shares with the preferences forms."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from briefings.models import Briefing
from newsroom.address_field import AddressField
from newsroom.invisible_characters import is_printable, remove_invisible_from_name
from newsroom.name_rules import validate_name
from newsroom.smtp_submission import can_deliver_to
from subscribers.models.profile import PROFILE_FIELDS, Profile
from subscribers.signup.disposable_domains import validate_not_disposable
from subscribers.signup.domain_suggestions import suggest_domain
from subscribers.signup.embedded_form import MAX_SOURCE

# Pages whose addresses contain a secret. Only the first part of their path is kept as evidence.
_PRIVATE_PAGES = {"comments", "confirm", "preferences", "unsubscribe", "view"}


class DeliverableAddressField(AddressField):
    """An address that our mail server can write to and that will still exist next week."""

    def clean(self, value: Any) -> str:
        """Return the address. Refuses disposable domains and scripts that we cannot write to."""
        address = super().clean(value)
        if address:
            validate_not_disposable(address)
        if address and not can_deliver_to(address):
            raise forms.ValidationError(
                gettext(
                    "Our mail server cannot send to this address yet, because of the characters"
                    " before the @. Enter a different address."
                ),
                code="no_smtputf8",
            )
        return address


class OneLineField(forms.CharField):
    """Text in any script, on one line, so that nothing in it can start a header or reverse text."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault(
            "error_messages",
            {"max_length": gettext_lazy("Use %(limit_value)d characters or fewer.")},
        )
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        """Return the text without line breaks, control characters and repeated spaces."""
        typed = unicodedata.normalize("NFC", str(super().to_python(value)))
        return " ".join(remove_invisible_from_name(typed).split())


class ProfileForm(forms.Form):
    """What people may tell us about themselves: one form field for each field of `Profile`."""

    name = OneLineField(
        label=gettext_lazy("Your name"),
        help_text=gettext_lazy("We use it to greet you in our emails."),
        max_length=Profile._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def profile_fields(self) -> list[forms.BoundField]:
        """Return the fields of the profile, for the template."""
        return [self[name] for name in PROFILE_FIELDS]

    def profile(self) -> dict[str, str]:
        """Return what the person told us, by the names of the fields."""
        return {name: self.cleaned_data[name] for name in PROFILE_FIELDS}


class SignUpForm(ProfileForm):
    """Address, profile and briefings; without a choice of briefings on the page of one.

    Other sites have pasted this form into their pages, and caches and open tabs hold older copies
    of it, so the names of its fields cannot change.
    """

    address = DeliverableAddressField()
    # The page with the form. Whatever is sent here is tidied, never refused.
    source = forms.CharField(required=False, widget=forms.HiddenInput)
    # When the form was made (form_signature.py), and the issue that led to it (referrals.py).
    began = forms.CharField(required=False, widget=forms.HiddenInput)
    issue = forms.CharField(required=False, widget=forms.HiddenInput)
    # The page on another site that sent the form first, signed (embedded_form.py).
    elsewhere = forms.CharField(required=False, widget=forms.HiddenInput)
    # The answer to “Did you mean gmail.com?”: that domain, or `no`.
    chosen_domain = forms.CharField(required=False, widget=forms.HiddenInput)
    # Hidden from people, but bots fill in every field they find.
    subject = forms.CharField(required=False, label=gettext_lazy("Leave this empty"))
    briefings = forms.ModelMultipleChoiceField(
        Briefing.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one briefing."),
            "invalid_choice": gettext_lazy(
                "“%(value)s” is no longer available. Choose another briefing."
            ),
        },
    )

    def __init__(self, *args: Any, briefing: Briefing | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.briefing = briefing
        if briefing is None:
            self._briefings_field.queryset = Briefing.objects.current()
        else:
            del self.fields["briefings"]

    @property
    def _briefings_field(self) -> forms.ModelMultipleChoiceField[Briefing]:
        field = self.fields["briefings"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  (for the type)
        return field

    @property
    def is_from_bot(self) -> bool:
        """Whether something was entered into the field that people do not see."""
        return bool(self.cleaned_data.get("subject"))

    def clean_name(self) -> str:
        """Refuse messages: a stranger may be typing somebody else's address."""
        name = str(self.cleaned_data["name"])
        validate_name(name)
        return name

    def doubtful_domain(self) -> str:
        """Return the domain that was probably intended, unless the person has answered already."""
        suggested = suggest_domain(self.cleaned_data["address"].rpartition("@")[2])
        return "" if self.cleaned_data["chosen_domain"] in {"no", suggested} else suggested

    def intended_address(self) -> str:
        """Return the address as typed, or with the suggested domain if the person chose it."""
        address = str(self.cleaned_data["address"])
        local, _, domain = address.rpartition("@")
        chosen = str(self.cleaned_data["chosen_domain"])
        return f"{local}@{chosen}" if chosen and chosen == suggest_domain(domain) else address

    def chosen_briefings(self) -> list[Briefing]:
        """Return the briefings to subscribe to."""
        return [self.briefing] if self.briefing else list(self.cleaned_data["briefings"])

    def entered_values(self) -> list[tuple[str, str]]:
        """Return the names and values as sent, for a page that asks one more question."""
        return [
            (name, value)
            for name in self.fields
            if name != "subject"
            for value in _sent_values(self.data, name)
            if value
        ]

    def source_page(self, *, default: str) -> str:
        """Return the path of the page with the form."""
        return tidy_source(self.cleaned_data["source"]) or tidy_source(default)


def _sent_values(data: Any, name: str) -> list[str]:
    return [str(value) for value in data.getlist(name)] if hasattr(data, "getlist") else []


def tidy_source(page: str) -> str:
    """Return a page's path, and the issue that led there, as evidence; empty if it is not a path.

    Secrets in addresses (tokens) are not evidence and are cut off.
    """
    path, _, query = page.partition("?")
    if not path.startswith("/") or path.startswith("//") or not is_printable(path):
        return ""
    first = path.split("/")[1]
    if first in _PRIVATE_PAGES:
        return f"/{first}/…"
    name, _, issue = query.partition("=")
    if name == "issue" and re.fullmatch(r"([\w-]+/)?[0-9]+", issue, re.ASCII):
        path = f"{path}?issue={issue}"
    return path[:MAX_SOURCE]
