"""The form of a correction: an issue's form with a note for readers, or the wish to go without."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from briefings.admin.issue_form import IssueForm
from briefings.issue_edits import CorrectionRefused, NoteNeeded
from briefings.models.correction import MAX_NOTE_CHARS
from briefings.permissions import may_correct
from newsroom.invisible_characters import one_line

# Fields that are part of the issue's address, or that only its email had.
FIXED_FIELDS = ("briefing", "number", "slug", "subject", "preheader")


class NoteField(forms.CharField):
    """A note about the change; no change of the issue in itself."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class NoNoteField(forms.BooleanField):
    """Whether the change goes without a note; no change of the issue in itself."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class CorrectionForm(IssueForm):
    """What a published issue says, and what readers are told about the change.

    `refusal` says why the change may not be made as it is, found while it was saved; the admin
    sets it on the class for the page that shows it.
    """

    is_correction = True
    refusal: CorrectionRefused | None = None

    note = NoteField(
        required=False,
        max_length=MAX_NOTE_CHARS,
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": "An earlier version of this issue said …"}
        ),
        label="Note for readers",
    )
    without_note = NoNoteField(
        required=False, label="This only fixes typing errors. Save it without a note."
    )

    def _disable_fixed_fields(self) -> None:
        super()._disable_fixed_fields()
        for name in FIXED_FIELDS:
            self.fields[name].disabled = True

    def clean_note(self) -> str:
        """Return the note on one line; an empty one leaves the choice to `without_note`."""
        return one_line(self.cleaned_data["note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.refusal:
            field = "note" if isinstance(self.refusal, NoteNeeded) else None
            self.add_error(field, str(self.refusal))
        elif not cleaned.get("note") and not cleaned.get("without_note") and "note" in cleaned:
            self.add_error("note", "Tell readers what was wrong, and what is right.")
        return cleaned

    def _check_permission(self) -> None:
        if not may_correct(self.user, self.instance):
            self.is_not_theirs = True
            raise ValidationError(
                "Your account may not correct published issues. Your version is below and is not"
                " saved. Copy what you need, and ask a publisher to make the correction.",
                code="not_yours",
            )
