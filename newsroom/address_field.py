"""The form field for an email address, in the forms of both apps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from newsroom.email_addresses import normalise_address


class AddressInput(forms.TextInput):
    """An input for addresses in any script: with type=email, browsers refuse some of them."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "email", **(attrs or {})})


class AddressField(forms.CharField):
    """An email address, normalised to the form in which we write to it."""

    widget = forms.EmailInput

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Email address"))
        options.setdefault(
            "error_messages", {"required": gettext_lazy("Enter your email address.")}
        )
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "autocomplete": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        }

    def clean(self, value: Any) -> str:
        """Return the normalised address. Raises the errors of newsroom.email_addresses."""
        typed = str(super().clean(value))
        return normalise_address(typed) if typed else ""
