"""What readers type about themselves, checked."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms

from briefings.models import Briefing
from newsroom.email_addresses import normalise_address
from newsroom.invisible_characters import remove_invisible_from_name
from newsroom.smtp_submission import can_deliver_to
from subscribers.signup.disposable_domains import refuse_disposable
from subscribers.signup.domain_suggestions import suggest_domain
from subscribers.signup.name_rules import refuse_messages

MAX_NAME = 80
# Which pages carry a secret in their address: of them only the first word is kept.
_PRIVATE = {"comments", "confirm", "preferences", "unsubscribe", "view"}
_MAX_SOURCE = 300


class AddressField(forms.CharField):
    """An e-mail address in the form in which it is written to."""

    widget = forms.EmailInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "E-mail address")
        options.setdefault("error_messages", {"required": "Type your e-mail address."})
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "autocomplete": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        }

    def clean(self, value: Any) -> str:
        """Refuse with the sentence of newsroom.email_addresses."""
        typed = str(super().clean(value))
        return normalise_address(typed) if typed else ""


class ReachableAddressField(AddressField):
    """An address that a weekly letter would reach somebody at."""

    def clean(self, value: Any) -> str:
        """Refuse disposable domains, and scripts that our mail server cannot write to."""
        address = super().clean(value)
        if address:
            refuse_disposable(address)
        if address and not can_deliver_to(address):
            raise forms.ValidationError(
                "Our mail server cannot write to an address with such letters before the @ yet."
                " Type another address, with the letters a to z there.",
                code="no_smtputf8",
            )
        return address


class NameField(forms.CharField):
    """A person's name in any script, on one line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", MAX_NAME)
        super().__init__(
            label="Your name",
            help_text="It stands in the letters to you.",
            required=False,
            error_messages={"max_length": f"Keep it to {MAX_NAME} characters."},
            **options,
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "name"}

    def to_python(self, value: Any) -> str:
        """Make one line of it, so that nothing of it can begin a header or turn the text around."""
        typed = unicodedata.normalize("NFC", str(super().to_python(value)))
        return " ".join(remove_invisible_from_name(typed).split())


class SignUpForm(forms.Form):
    """Address, name and briefings; of one briefing only when the form stands beside it."""

    address = ReachableAddressField()
    name = NameField()
    # Where the form stood; whatever is sent there is tidied, never refused.
    source = forms.CharField(required=False, widget=forms.HiddenInput)
    # When it was made (form_signature.py), and the issue that led to it (referrals.py).
    began = forms.CharField(required=False, widget=forms.HiddenInput)
    issue = forms.CharField(required=False, widget=forms.HiddenInput)
    # The page of another site that the form came from first, signed (embedded_form.py).
    elsewhere = forms.CharField(required=False, widget=forms.HiddenInput)
    # The answer to “Did you mean gmail.com?”: that domain, or `no`.
    meant = forms.CharField(required=False, widget=forms.HiddenInput)
    # Hidden from people, tempting to programs that fill in whatever they find.
    subject = forms.CharField(required=False, label="Leave this empty")
    briefings = forms.ModelMultipleChoiceField(
        Briefing.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Tick at least one briefing.",
            "invalid_choice": "“%(value)s” is not a briefing that can be had. Choose again.",
        },
    )

    def __init__(self, *args: Any, briefing: Briefing | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.briefing = briefing
        if briefing is None:
            self._choices.queryset = Briefing.objects.current()
        else:
            del self.fields["briefings"]

    @property
    def _choices(self) -> forms.ModelMultipleChoiceField[Briefing]:
        field = self.fields["briefings"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  (for the type)
        return field

    @property
    def is_from_a_machine(self) -> bool:
        """Whether something filled in what no person sees."""
        return bool(self.cleaned_data.get("subject"))

    def clean_name(self) -> str:
        """Refuse what a stranger wants said to somebody; owners may call themselves anything."""
        name = str(self.cleaned_data["name"])
        refuse_messages(name)
        return name

    def doubtful_domain(self) -> str:
        """What the address's domain was probably meant to be, if nobody has been asked yet."""
        suggested = suggest_domain(self.cleaned_data["address"].rpartition("@")[2])
        return "" if self.cleaned_data["meant"] in {"no", suggested} else suggested

    def meant_address(self) -> str:
        """The address as typed, or with the domain that its writer chose instead."""
        address = str(self.cleaned_data["address"])
        local, _, domain = address.rpartition("@")
        meant = str(self.cleaned_data["meant"])
        return f"{local}@{meant}" if meant and meant == suggest_domain(domain) else address

    def chosen(self) -> list[Briefing]:
        """The briefings that are asked for."""
        return [self.briefing] if self.briefing else list(self.cleaned_data["briefings"])

    def carried(self) -> list[tuple[str, str]]:
        """What a page that asks one thing more sends again: names and values as they were typed."""
        return [
            (name, value)
            for name in self.fields
            if name != "subject"
            for value in _typed(self.data, name)
            if value
        ]

    def source_page(self, *, default: str) -> str:
        """The path of the page on which the form stood."""
        return tidy_source(self.cleaned_data["source"]) or tidy_source(default)


class LinkForm(forms.Form):
    """Only an address: 'send me my link'."""

    address = AddressField()


class PreferencesForm(forms.Form):
    """Name and briefings, as the address's owner may change them."""

    name = NameField()
    briefings = forms.ModelMultipleChoiceField(
        Briefing.objects.none(),
        required=False,
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple,
    )
    # What was ticked when the page was made.
    shown = forms.ModelMultipleChoiceField(
        Briefing.objects.none(),
        required=False,
        to_field_name="slug",
        widget=forms.MultipleHiddenInput,
    )

    def __init__(self, *args: Any, offered: list[Briefing], **options: Any) -> None:
        super().__init__(*args, **options)
        queryset = Briefing.objects.filter(pk__in=[briefing.pk for briefing in offered])
        for name in ("briefings", "shown"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  (for the type)
            field.queryset = queryset


def _typed(data: Any, name: str) -> list[str]:
    return [str(value) for value in data.getlist(name)] if hasattr(data, "getlist") else []


def tidy_source(page: str) -> str:
    """Keep a page's path, and which issue led there, as evidence; empty when it is no path.

    Secrets in addresses (tokens) are no evidence and are cut off.
    """
    path, _, query = page.partition("?")
    if not path.startswith("/") or path.startswith("//") or not path.isprintable():
        return ""
    first = path.split("/")[1]
    if first in _PRIVATE:
        return f"/{first}/…"
    name, _, issue = query.partition("=")
    if name == "issue" and re.fullmatch(r"([\w-]+/)?[0-9]+", issue, re.ASCII):
        path = f"{path}?issue={issue}"
    return path[:_MAX_SOURCE]
