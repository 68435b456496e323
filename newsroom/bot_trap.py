"""A field that people do not see: whoever fills it in is a bot."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy


class BotTrapField(forms.CharField):
    """The field; the page moves it out of sight, and tells screen readers to leave it out."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{
                "label": gettext_lazy("Leave this empty"),
                "required": False,
                "widget": forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
                **options,
            }
        )
