"""The sections on an issue's page in the admin.

The order on the page is the order in the issue. No text that the browser sends is lost: a section
that somebody else removed meanwhile becomes a new one, not an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.functional import cached_property

from briefings.admin.form_fields import EchoField, SendTimeField, parse_key
from briefings.admin.question_fields import OptionsField
from briefings.admin.section_rows import place_of
from briefings.admin.sister_titles import SistersField, sister_choices
from briefings.issue_suggestions import briefing_to_start_with, starting_sections
from briefings.models import APPROVED_STATES, Briefing, Issue, Section, SectionKind
from briefings.models.section import MAX_OPTIONS
from briefings.permissions import may_view_issue, may_write_issues
from briefings.quotations.erased_words import without_erased
from briefings.quotations.unsaid_words import unsaid_in

if TYPE_CHECKING:
    from django.http import HttpRequest

    from briefings.admin.sister_titles import Choices
    from briefings.admin.stale_saves import SectionPanel

MAX_SECTIONS = 60
# The field in which a page says that its approval may end; its value is the version it means.
OFF_CLOCK = "_off_clock"


class SectionForm(forms.ModelForm[Section]):
    """One section; `place` is its position on the page, counted from the top."""

    place = EchoField()
    sisters = SistersField()
    options = OptionsField()
    closes_at = SendTimeField(required=False, label="Closes")
    max_options = MAX_OPTIONS
    panel: SectionPanel | None = None  # what to choose from, if somebody else changed it, too

    class Meta:
        model = Section
        fields = ("kind", "heading", "body", "sisters", "options", "closes_at")
        widgets = {"heading": forms.TextInput(attrs={"placeholder": "Heading"})}

    def __init__(
        self, *args: Any, zone: ZoneInfo, sister_choices: Choices = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        sisters, closes_at = self.fields["sisters"], self.fields["closes_at"]
        if isinstance(sisters, SistersField):
            sisters.offer(sister_choices)
        if isinstance(closes_at, SendTimeField):
            closes_at.zone = zone
        if self.instance.pk:
            self.initial["place"] = self.instance.position

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") != SectionKind.SISTERS:
            cleaned["sisters"] = []
        if cleaned.get("kind") != SectionKind.QUESTION:
            for name in ("options", "closes_at"):
                self.errors.pop(name, None)  # of fields that the page does not show
            cleaned |= {"options": [], "closes_at": None}
        if body := cleaned.get("body"):
            language = self.instance.issue.briefing.language if self.instance.issue_id else ""
            cleaned["body"] = without_erased(body, language=language)
        return cleaned

    @property
    def kind_label(self) -> str:
        """The kind in words, for a section without a heading."""
        kinds = {str(kind): str(label) for kind, label in SectionKind.choices}
        return kinds.get(str(self["kind"].value()), "Section")

    def has_changed(self) -> bool:
        """Whether to save the section: a new one always, even if it is empty."""
        return (self.is_bound and self.instance._state.adding) or super().has_changed()

    @property
    def sort_key(self) -> tuple[float, int]:
        """Sort by place; sections without a valid one come last, in the order of the form."""
        index = int(str(self.prefix).rpartition("-")[2])
        return place_of({"place": str(self["place"].value())}, index)


class SectionFormSet(BaseInlineFormSet[Section, Issue, SectionForm]):
    """All sections of the page, saved in the order of the page."""

    asks_off_clock = False

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        kwargs = super().get_form_kwargs(index)
        return {**kwargs, "sister_choices": self._sister_choices, "zone": self._zone}

    @cached_property
    def _zone(self) -> ZoneInfo:
        """The time zone of the issue's briefing, or of the one that is chosen for a new issue."""
        briefing = self.instance.briefing if self.instance.briefing_id else None
        briefing = (
            briefing or Briefing.objects.filter(pk=parse_key(self.data.get("briefing"))).first()
        )
        return briefing.zone if briefing else ZoneInfo(settings.TIME_ZONE)

    @cached_property
    def _sister_choices(self) -> Choices:
        """What there is to choose from in each section, asked for once."""
        saved = self.instance.sections.all() if self.instance.pk else ()
        chosen = {key for section in saved for key in section.sisters}
        return sister_choices(own=self.instance.briefing_id, chosen=chosen)

    @property
    def on_page(self) -> list[SectionForm]:
        """All rows, in the order of the page."""
        return sorted(self.forms, key=lambda form: form.sort_key)

    @property
    def kept(self) -> list[SectionForm]:
        """The rows that are not removed, in the order of the page."""
        return [form for form in self.on_page if not form.cleaned_data.get("DELETE")]

    def has_changed(self) -> bool:
        return super().has_changed() or self._reordered()

    def clean(self) -> None:
        """Ask before a save that ends an approval; the page keeps what was written.

        It is asked here, because the sections are read last: the issue has its new words by now.
        """
        super().clean()
        self._refuse_unsaid_words()
        issue = self.instance
        if issue._state.adding or issue.state not in APPROVED_STATES:
            return
        if self.data.get(OFF_CLOCK) == str(issue.version):
            return
        if issue.differs_from_saved() or self.has_changed():
            self.asks_off_clock = True
            raise ValidationError("This takes the issue off the clock.", code="off_clock")

    def _refuse_unsaid_words(self) -> None:
        """Keep a quotation of a reader from saying what they did not write."""
        if not self.instance.briefing_id:
            return
        valid = [form for form in self.on_page if "body" in getattr(form, "cleaned_data", {})]
        kept = [form for form in valid if not form.cleaned_data.get("DELETE")]
        bodies = [form.cleaned_data["body"] for form in kept]
        for place, problem in unsaid_in(bodies, issue=self.instance).items():
            kept[place].add_error("body", problem)

    def _reordered(self) -> bool:
        sections = [form.instance for form in self.kept if form.instance.pk]
        return sections != sorted(sections, key=lambda section: (section.position, section.pk))

    def save(self, commit: bool = True) -> list[Section]:
        """Save and number the sections 1, 2, 3…; those that this page does not have come after."""
        before = {form.instance.pk: form.instance.position for form in self.initial_forms}
        kept = self.kept
        for place, form in enumerate(kept, start=1):
            form.instance.position = place
        saved = super().save(commit)
        for form in kept:
            if before.get(form.instance.pk, form.instance.position) != form.instance.position:
                Section.objects.filter(pk=form.instance.pk).update(position=form.instance.position)
        elsewhere = self.instance.sections.exclude(pk__in=[form.instance.pk for form in kept])
        for place, section in enumerate(elsewhere, start=len(kept) + 1):
            Section.objects.filter(pk=section.pk).update(position=place)
        return saved


class SectionInline(admin.StackedInline[Section, Issue]):
    """The sections, with our own template; whoever may edit the issue may edit them."""

    model = Section
    form = SectionForm
    formset = SectionFormSet  # type: ignore[assignment]  # the stubs do not allow a form of our own
    template = "admin/briefings/issue/_sections.html"
    fields = ("kind", "heading", "body", "sisters", "options", "closes_at", "place")
    max_num = MAX_SECTIONS

    def get_formset(self, request: HttpRequest, obj: Issue | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def get_extra(self, request: HttpRequest, obj: Issue | None = None, **kwargs: Any) -> int:
        """Return the number of sections with which a new issue of its briefing starts."""
        if obj:
            return 0
        briefing = briefing_to_start_with(parse_key(request.GET.get("briefing")), user=request.user)
        return len(starting_sections(briefing))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_write_issues(request.user) or (
            obj is not None and may_view_issue(request.user, obj)
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_write_issues(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_write_issues(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_write_issues(request.user)

    class Media:
        js = ("newsroom_admin/sections.js",)
