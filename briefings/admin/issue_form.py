"""The form of an issue: what may be changed when, and that nobody overwrites anybody unawares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from briefings.admin.activity import last_edit
from briefings.admin.plain_choices import read_key
from briefings.admin.section_inline import EchoField
from briefings.admin.time_fields import HourField, on_clock
from briefings.models import EDITABLE_STATES, Briefing, Issue, IssueState
from briefings.permissions import SEND_ISSUE
from newsroom.permissions import may

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

ECHOES = ("from_version", "seen", "draft_token")


class IssueForm(forms.ModelForm[Issue]):
    """An issue's own fields; `from_version` and `seen` say what the writer had before their eyes.

    `draft_token` names the copy that the writer's browser keeps until the save is done.

    `user` is set on the class by the admin, which makes a class for each request.
    """

    user: Actor
    is_stale = False

    number = forms.IntegerField(min_value=1, max_value=100_000)
    goes_out = HourField(required=False, label="Goes out at")
    from_version = EchoField()
    seen = EchoField()
    draft_token = EchoField()

    class Meta:
        model = Issue
        fields = ("title", "strapline", "briefing", "number", "author", "slug")
        widgets = {
            "title": forms.Textarea(attrs={"rows": 1, "placeholder": "Headline"}),
            "strapline": forms.Textarea(attrs={"rows": 2, "placeholder": "Strapline"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "briefing" not in self.fields:  # a page to look at, without a form
            return
        hour = self.fields["goes_out"]
        if isinstance(hour, HourField):
            hour.zone = self.zone
        if self.instance.pk:
            self.initial["goes_out"] = self.instance.publish_at
            self.initial["from_version"] = str(self.instance.version)
            self.initial["seen"] = self.instance.content_hash()
            self._close_what_is_settled()

    def _close_what_is_settled(self) -> None:
        """A number is part of addresses; an hour on the clock is its keepers' to change."""
        state = self.instance.state
        for name in ("briefing", "number"):
            self.fields[name].disabled = state not in EDITABLE_STATES
        may_send = may(self.user, SEND_ISSUE)
        self.fields["goes_out"].disabled = state == IssueState.PUBLISHED or (
            state == IssueState.SCHEDULED and not may_send
        )

    @property
    def zone(self) -> ZoneInfo:
        """The clock of the briefing that is chosen in the form."""
        chosen = self.data.get("briefing") or self.initial.get("briefing")
        if isinstance(chosen, Briefing):
            return chosen.zone
        briefing = Briefing.objects.filter(pk=read_key(chosen)).first()
        if briefing:
            return briefing.zone
        return self.instance.briefing.zone if self.instance.pk else ZoneInfo("Europe/London")

    def clean_title(self) -> str:
        """A headline is one line: it becomes a subject."""
        return " ".join(self.cleaned_data["title"].split())

    def clean_strapline(self) -> str:
        return " ".join(self.cleaned_data["strapline"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        briefing = cleaned.get("briefing")
        if briefing:
            # Of two writers who start the same number at once, the second is told here.
            Briefing.objects.select_for_update().get(pk=briefing.pk)
            self._check_number(briefing, cleaned.get("number"))
        if self.instance.pk:
            self._check_version(cleaned.get("from_version", ""))
            if self.instance.state == IssueState.SCHEDULED and not cleaned.get("goes_out"):
                self.add_error("goes_out", "To take the issue off the clock, unschedule it.")
        return cleaned

    def _check_number(self, briefing: Briefing, number: int | None) -> None:
        if number is None:
            return
        taken = Issue.objects.filter(briefing=briefing, number=number).exclude(pk=self.instance.pk)
        if taken.exists():
            self.add_error(
                "number",
                f"{briefing} has an issue {number} already; the next free number is"
                f" {briefing.next_number()}.",
            )

    def _check_version(self, version: str) -> None:
        """Refuse words written over an older version; the row is locked until the save is done."""
        current = str(self.instance.version)
        if current in {version, self.data.get("_overwrite")}:
            return
        self.is_stale = True
        act = last_edit(self.instance)
        who = act.who if act else "Somebody"
        when = f" at {on_clock(act.at, self.instance.briefing.zone)}" if act else ""
        raise ValidationError(
            f"{who} saved this issue{when}, after you had opened it. Your words are all here,"
            " below, and are not saved yet. Look at what is saved now, then put yours in its place"
            " or carry over what you need.",
            code="stale",
        )

    def validate_constraints(self) -> None:
        """The constraints say what `clean` has said already, in words for a database."""
