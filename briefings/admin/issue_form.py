"""The form of an issue: which fields may change in which state, and a check of the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from briefings.admin.form_fields import EchoField, LocalDateTimeField, SendTimeField, parse_key
from briefings.admin.stale_saves import StaleSave, details_of
from briefings.models import EDITABLE_STATES, Briefing, Issue, IssueState
from briefings.permissions import (
    ADD_ISSUE,
    VIEW_ISSUE,
    briefings_for,
    may_correct,
    may_edit_issue,
    may_send,
    staff_who_may,
)
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from newsroom.audit_log import Actor

ECHOES = ("from_version", "merging_from", "shown", "seen", "draft_token")


class ReviewerField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A member of staff, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class IssueForm(forms.ModelForm[Issue]):
    """An issue's own fields, and what the page sends back about the version that it showed.

    `from_version` and `seen` are the version and the content hash that the page showed, `shown` the
    fields that no version keeps, and `merging_from` the version that a conflict began with.
    `draft_token` names the draft that the browser stores until the save is done. `user` is set on
    the class by the admin, which makes a class for each request, and so is `stale_save` if somebody
    saved after the page was opened.
    """

    user: Actor
    stale_save: StaleSave | None = None
    is_not_theirs = False
    is_published_meanwhile = False
    is_correction = False

    number = forms.IntegerField(min_value=1, max_value=100_000)
    goes_out = SendTimeField(required=False, label="Send time")
    reviewer = ReviewerField(queryset=User.objects.none(), required=False, empty_label="Nobody")
    due_at = LocalDateTimeField(required=False, label="Draft due")
    from_version = EchoField()
    merging_from = EchoField()
    shown = EchoField(max_length=4_000)
    seen = EchoField()
    draft_token = EchoField()

    class Meta:
        model = Issue
        fields = (
            "title",
            "strapline",
            "subject",
            "preheader",
            "briefing",
            "number",
            "author",
            "slug",
            "reviewer",
            "due_at",
        )
        widgets = {
            "title": forms.Textarea(attrs={"rows": 1, "placeholder": "Headline"}),
            "strapline": forms.Textarea(attrs={"rows": 2, "placeholder": "Strapline"}),
            "subject": forms.Textarea(attrs={"rows": 1, "placeholder": "As the headline"}),
            "preheader": forms.Textarea(attrs={"rows": 1, "placeholder": "As the strapline"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "briefing" not in self.fields:  # the person may only view the issue
            return
        for name in ("goes_out", "due_at"):
            moment = self.fields[name]
            if isinstance(moment, LocalDateTimeField):
                moment.zone = self.zone
        self._offer_briefings()
        self._offer_reviewers()
        if not self.instance.pk and not self.is_bound:
            self.fields["title"].widget.attrs["autofocus"] = True
        if self.instance.pk:
            self.initial["goes_out"] = self.instance.publish_at
            self.initial["from_version"] = str(self.instance.version)
            self.initial["seen"] = self.instance.content_hash()
            self._disable_fixed_fields()
            self.initial["shown"] = details_of(self)

    def _offer_briefings(self) -> None:
        """Offer the briefings in which this person may start issues, and the issue's own."""
        offered = briefings_for(self.user, ADD_ISSUE)
        if self.instance.pk:
            offered |= Briefing.objects.filter(pk=self.instance.briefing_id)
        cast("forms.ModelChoiceField[Briefing]", self.fields["briefing"]).queryset = offered

    def _offer_reviewers(self) -> None:
        """Offer the staff who may read the issue, and whoever is its reviewer already."""
        where = self.instance if self.instance.pk else None
        readers = list(staff_who_may(VIEW_ISSUE, where).values_list("pk", flat=True))
        offered = User.objects.filter(pk__in=[*readers, self.instance.reviewer_id or 0])
        reviewer = self.fields["reviewer"]
        if isinstance(reviewer, ReviewerField):
            reviewer.queryset = offered.order_by("first_name", "last_name", "username")

    def _disable_fixed_fields(self) -> None:
        """Disable the number, which is part of addresses, and a scheduled issue's send time."""
        state = self.instance.state
        for name in ("briefing", "number"):
            self.fields[name].disabled = state not in EDITABLE_STATES
        for name in ("reviewer", "due_at"):
            self.fields[name].disabled = state == IssueState.PUBLISHED
        self.fields["goes_out"].disabled = state == IssueState.PUBLISHED or (
            state == IssueState.SCHEDULED and not may_send(self.user, self.instance)
        )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the briefing that is chosen in the form."""
        chosen = self.data.get("briefing") or self.initial.get("briefing")
        if isinstance(chosen, Briefing):
            return chosen.zone
        briefing = Briefing.objects.filter(pk=parse_key(chosen)).first()
        if briefing:
            return briefing.zone
        return self.instance.briefing.zone if self.instance.pk else ZoneInfo("Europe/London")

    def clean_title(self) -> str:
        """Return the headline on one line: it becomes the subject of an email."""
        return " ".join(self.cleaned_data["title"].split())

    def clean_strapline(self) -> str:
        return " ".join(self.cleaned_data["strapline"].split())

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_preheader(self) -> str:
        return " ".join(self.cleaned_data["preheader"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        briefing = cleaned.get("briefing")
        if briefing:
            # If two people use the same number at once, the second one is told.
            Briefing.objects.select_for_update().get(pk=briefing.pk)
        if self.instance.pk:
            self._check_permission()
            self._check_conflicts()
            if self.instance.state == IssueState.SCHEDULED and not cleaned.get("goes_out"):
                self.add_error("goes_out", "To remove the send time, unschedule the issue.")
        return cleaned

    def _check_permission(self) -> None:
        """Refuse what this person may not change; the page then keeps what they wrote."""
        if may_edit_issue(self.user, self.instance):
            return
        is_published = self.instance.state == IssueState.PUBLISHED
        if is_published and may_correct(self.user, self.instance):
            self.is_published_meanwhile = True
            raise ValidationError(
                "This issue is published, so it can only be corrected. Your version is below and is"
                " not saved yet. Continue as a correction to tell readers what changed.",
                code="published",
            )
        self.is_not_theirs = True
        if is_published:
            raise ValidationError(
                "This issue is published, so it can only be corrected. Your version is below and is"
                " not saved. Copy what you need, and ask a publisher to correct it.",
                code="published",
            )
        state = self.instance.get_state_display().lower()
        raise ValidationError(
            f"This issue is {state}, and your account may change only your own drafts. Your version"
            " is below and is not saved. Copy what you need, and ask an editor to return the issue"
            " to its author or to make the change.",
            code="not_yours",
        )

    def _check_conflicts(self) -> None:
        """Refuse a save in which a person has to choose between their words and another's."""
        if self.stale_save is not None and self.stale_save.conflicts:
            raise ValidationError(
                "You and somebody else changed the same places. Choose for each, then save.",
                code="conflict",
            )

    def validate_constraints(self) -> None:
        """Skip the database constraints: `Issue.clean` checks them, with words for a person."""
