"""The form by which a person's data is erased."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy


class ErasureForm(forms.Form):
    """What happens to the reader's comments; sending the form is the consent to erase."""

    keep_words = forms.BooleanField(
        required=False,
        label=gettext_lazy("Keep my comments, without my name"),
        help_text=gettext_lazy("If you leave this unticked, we delete your comments too."),
    )
