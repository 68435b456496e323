"""What the owner of an address asks for on the preferences pages, checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from subscribers.signup.forms import ReachableAddressField


class PauseForm(forms.Form):
    """The day on which letters begin again."""

    until = forms.DateField(
        label="Begin again on",
        help_text="A day from tomorrow on, a year away at most.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={
            "required": "Choose the day on which letters begin again.",
            "invalid": "This is no day. Write it like 2026-12-31 or 31/12/2026.",
        },
    )
    use_required_attribute = False  # the page says in words what is missing

    def __init__(self, *args: Any, first: date, last: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["until"].widget.attrs |= {"min": first.isoformat(), "max": last.isoformat()}


class AddressChangeForm(forms.Form):
    """Where letters should go from now on."""

    address = ReachableAddressField(label="New e-mail address")
    use_required_attribute = False
