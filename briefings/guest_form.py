"""The form under a preview link: a name, remarks on sections, and 'fine by me'."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import transaction
from django.forms import BoundField
from django.utils.translation import gettext, gettext_lazy

from briefings.comment_names import is_taken_name
from briefings.models import PreviewLink
from briefings.models.remark import MAX_GUEST_NAME_CHARS
from briefings.preview_links import alarm_of_guest, say_fine
from briefings.reader_form import NAME_TOO_LONG
from briefings.remarks import Guest, RemarkRefused, checked_words, leave_remark
from newsroom.bot_trap import BotTrapField
from newsroom.emails import DOUBLE_CLICK, AlreadyQueued, Once, take_key
from newsroom.form_signature import SignatureField
from newsroom.invisible_characters import has_hidden_character, has_visible
from newsroom.name_rules import validate_name
from newsroom.rate_limits import HOUR, count_within, is_over_hourly_limit

if TYPE_CHECKING:
    from django.http import QueryDict

    from briefings.rendering.page_html import PageSection

WHOLE_ISSUE = 0
HOURLY_PER_NETWORK = 60
HOURLY_PER_LINK = 60
FINE = "fine"
NAME_MISSING = gettext_lazy("Enter your name.")


class TooManyRemarks(Exception):
    """No more forms are accepted for now; the message says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a guest said with one form."""

    remarks: int
    is_fine: bool


class GuestForm(forms.Form):
    """One text area for each section and one for the whole issue; any of them may be empty."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=MAX_GUEST_NAME_CHARS,
        help_text=gettext_lazy("So that the newsroom knows who is speaking."),
        widget=forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"}),
        error_messages={
            "required": NAME_MISSING,
            "max_length": NAME_TOO_LONG,
        },
    )
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    began = SignatureField()
    website = BotTrapField()

    use_required_attribute = False  # our error messages say more than the browser's

    def __init__(
        self, data: QueryDict | None, *, sections: list[PageSection], **kwargs: Any
    ) -> None:
        self.places = [*(section.pk for section in sections), WHOLE_ISSUE]
        super().__init__(data and _with_lost_remarks(data, self.places), **kwargs)
        for place in self.places:
            self.fields[_field_name(place)] = forms.CharField(
                label=gettext_lazy("Your remark"),
                required=False,
                widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
            )

    @property
    def is_from_bot(self) -> bool:
        """Whether the field that people do not see is filled in."""
        return bool(self.data.get("website"))

    def remark_on(self, place: int) -> BoundField:
        """Return the field of a section, by its key, or of the whole issue."""
        return self[_field_name(place)]

    def clean_name(self) -> str:
        """Return the name on one line."""
        name = " ".join(self.cleaned_data["name"].split())
        if not has_visible(name) or has_hidden_character(name):
            raise forms.ValidationError(NAME_MISSING, code="required")
        validate_name(name)
        if is_taken_name(name):
            raise forms.ValidationError(
                gettext(
                    "This name could be mistaken for one of our authors or editors. Enter another"
                    " one."
                ),
                code="taken",
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for place in self.places:
            name = _field_name(place)
            if not has_visible(cleaned.get(name, "")):
                continue
            try:
                cleaned[name] = checked_words(cleaned[name])
            except RemarkRefused as refusal:
                self.add_error(name, str(refusal))
        if not self.written and self.data.get("act") != FINE and not self.errors:
            self.add_error(
                None,
                gettext(
                    "Write a remark under a section first, or say that the draft is fine by you."
                ),
            )
        return cleaned

    @property
    def written(self) -> dict[int, str]:
        """What is written about each place."""
        found = {place: self.cleaned_data.get(_field_name(place), "") for place in self.places}
        return {place: words for place, words in found.items() if has_visible(words)}

    def save(self, *, link: PreviewLink, at: datetime) -> Said:
        """Keep the remarks, and the opinion if that button was used; a double click counts once."""
        guest = Guest(name=self.cleaned_data["name"], link=link)
        is_fine = self.data.get("act") == FINE
        read = self.cleaned_data.get("version") or link.issue.version
        same = f"{link.pk} {read} {guest.name} {is_fine} {sorted(self.written.items())}"
        with suppress(AlreadyQueued), transaction.atomic():
            take_key("guest_remarks", Once(key=same, within=DOUBLE_CLICK, at=at))
            remarks = [
                leave_remark(
                    link.issue, words=words, section=place or None, by=None, at=at, guest=guest
                )
                for place, words in self.written.items()
            ]
            if is_fine:
                say_fine(link.issue, guest=guest, version=min(read, link.issue.version), at=at)
            alarm_of_guest(link.issue, guest=guest, remarks=remarks, is_fine=is_fine, at=at)
        return Said(remarks=len(self.written), is_fine=is_fine)


def _with_lost_remarks(data: QueryDict, places: list[int]) -> QueryDict:
    """Return the data with remarks on sections that are gone in the field of the whole issue."""
    known = {_field_name(place) for place in places}
    whole = _field_name(WHOLE_ISSUE)
    lost = [str(data[name]) for name in data if name.startswith("remark_") and name not in known]
    if not any(map(has_visible, lost)):
        return data
    changed = data.copy()
    changed[whole] = "\n\n".join(filter(has_visible, [str(data.get(whole, "")), *lost]))
    return changed


def _field_name(place: int) -> str:
    return f"remark_{place}"


def check_guest_limits(link: PreviewLink, *, ip: str | None, at: datetime) -> None:
    """Count a form that is about to be accepted. Raises TooManyRemarks."""
    is_over = (
        is_over_hourly_limit("guest-remarks", ip=ip, limit=HOURLY_PER_NETWORK, at=at),
        count_within("guest-remarks", str(link.pk), window=HOUR, at=at) > HOURLY_PER_LINK,
    )
    if any(is_over):
        raise TooManyRemarks(
            gettext(
                "We have received too many remarks. There is nothing wrong with yours. Keep this"
                " page open and try again later."
            )
        )
