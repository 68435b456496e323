"""The forms of the preferences pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from briefings.models import Briefing
from newsroom.address_field import AddressField
from newsroom.duration_words import in_words
from newsroom.form_signature import SignatureField
from subscribers.models import Subscriber
from subscribers.models.subscriber import MAX_PAUSE, PauseRefused
from subscribers.signup.forms import DeliverableAddressField, ProfileForm


class LinkRequestForm(forms.Form):
    """The address to send a preferences link to."""

    address = AddressField()
    began = SignatureField()


class PreferencesForm(ProfileForm):
    """Profile and briefings, as the owner of the address may change them."""

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


# The pauses that one button makes, so that nobody needs a calendar.
_PRESETS = (timedelta(weeks=4), timedelta(days=90))


class PauseForm(forms.Form):
    """The day on which emails resume."""

    until = forms.DateField(
        label=gettext_lazy("Resume on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"],
        error_messages={
            "required": gettext_lazy("Enter the day on which your emails should resume."),
            "invalid": gettext_lazy("Enter a real date, like 31/12/2026."),
        },
    )
    use_required_attribute = False  # so that our own messages are shown

    def __init__(
        self, data: Any = None, *, subscriber: Subscriber, longest: timedelta = MAX_PAUSE
    ) -> None:
        super().__init__(data)
        self.subscriber = subscriber
        self.longest = longest
        now = timezone.now()
        until = self.fields["until"]
        until.help_text = gettext("Any day from tomorrow, up to %(longest)s from now.") % {
            "longest": in_words(longest)
        }
        until.widget.attrs |= {
            "min": subscriber.earliest_pause_end(at=now).isoformat(),
            "max": subscriber.latest_pause_end(at=now, longest=longest).isoformat(),
        }

    def presets(self) -> list[tuple[str, date]]:
        """Return the pauses that one button makes: how long, and the day on which emails resume."""
        now = timezone.now()
        return [
            (in_words(duration), self.subscriber.latest_pause_end(at=now, longest=duration))
            for duration in _PRESETS
            if duration <= self.longest
        ]

    def pause(self, *, at: datetime) -> bool:
        """Pause as the form says; False if the day is not possible, which the errors explain."""
        if self.is_valid():
            try:
                until = self.cleaned_data["until"]
                self.subscriber.pause(until=until, at=at, longest=self.longest)
            except PauseRefused as refused:
                self.add_error("until", str(refused))
        return not self.errors


class AddressChangeForm(forms.Form):
    """The address that emails should go to from now on."""

    address = DeliverableAddressField(label=gettext_lazy("New email address"))
    began = SignatureField()
    use_required_attribute = False  # so that our own messages are shown
