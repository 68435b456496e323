"""Briefings in the admin."""

from __future__ import annotations

from datetime import datetime
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from briefings.admin.form_fields import DayInput, PlainSelectsMixin
from briefings.admin.question_fields import OptionsField
from briefings.admin.role_forms import RoleInBriefingInline, RoleLogMixin
from briefings.admin.sister_titles import SistersField, sister_choices
from briefings.local_time import format_local, long_day
from briefings.models import Break, Briefing, IssueState, SectionKind, TemplateSection
from briefings.models.section import MAX_OPTIONS
from briefings.models.section_template import default_template
from briefings.next_drafts import move_out_of_breaks
from briefings.permissions import (
    ADD_BRIEFING,
    VIEW_BRIEFING,
    briefings_for,
    may_change_briefing,
    may_everywhere,
    may_give_roles,
    may_in,
)
from briefings.slugs import free_slug
from newsroom.admin_mixins import RefusedRowsMixin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

    from briefings.admin.sister_titles import Choices

MAX_TEMPLATE_SECTIONS = 30
# How many words of its text a closed row of the section template shows; briefing.js has them, too.
FIRST_WORDS = 12
# A page that was open during an update may not have these.
KEPT_UNLESS_SENT = ("moderation", "trusted_after", "withdrawn_quotations")


def time_zone_choices() -> list[tuple[str, str]]:
    """Return UTC and every place with a time zone, Europe first."""
    names = [
        name
        for name in available_timezones()
        if "/" in name and name[:4] not in {"Etc/", "posi", "righ"}
    ]
    names.sort(key=lambda name: (not name.startswith("Europe/"), name))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class SlotTimeInput(forms.TimeInput):
    """The browser's own time picker, with the send slot in words beside it."""

    input_type = "time"
    words = ""

    def __init__(self) -> None:
        super().__init__(format="%H:%M")

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Return the field with the words; briefing.js changes them with day and time."""
        field = super().render(name, value, attrs, renderer)
        return format_html(
            '{}<output class="date-words" data-slot-words>{}</output>', field, self.words
        )


class BriefingForm(forms.ModelForm[Briefing]):
    """A briefing's form with the browser's own time picker and a list of time zones."""

    time_zone = forms.ChoiceField(choices=time_zone_choices, initial="Europe/London")

    class Meta:
        model = Briefing
        fields = "__all__"  # noqa: DJ007  (the admin names them, in its fieldsets)
        widgets = {
            "slot_time": SlotTimeInput(),
            "description": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:  # not for those who may only view
            self.fields["slug"].required = False
            for name in KEPT_UNLESS_SENT:
                self.fields[name].required = False
        slot_time = self.fields.get("slot_time")
        if slot_time and isinstance(slot_time.widget, SlotTimeInput):
            slot_time.widget.words = capfirst(self.instance.slot.words)

    def clean(self) -> dict[str, Any]:
        """Keep what is, where a page did not send it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in KEPT_UNLESS_SENT:
            if name in cleaned:
                cleaned[name] = cleaned[name] or getattr(self.instance, name)
        return cleaned

    def clean_slug(self) -> str:
        """Return the slug, or one made of the title."""
        title = self.cleaned_data.get("title", "")
        return self.cleaned_data["slug"] or free_slug(self.instance, title, otherwise="briefing")


class PartOfBriefing:
    """For rows on a briefing's page: whoever may see or change the briefing may them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this person may see the rows."""
        return obj is None or may_in(request.user, VIEW_BRIEFING, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_edit(request, obj)

    @staticmethod
    def _may_edit(request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return may_everywhere(request.user, ADD_BRIEFING)
        return may_change_briefing(request.user, obj)


class BreakFormSet(BaseInlineFormSet[Break, Briefing, "forms.ModelForm[Break]"]):
    """All breaks of a briefing: no two may overlap."""

    def clean(self) -> None:
        """Refuse breaks that overlap, and show the error at the later of two."""
        super().clean()
        entered = sorted(self._entered(), key=lambda form: form.cleaned_data["first_day"])
        for earlier, later in pairwise(entered):
            one, other = earlier.instance, later.instance
            if one.overlaps(other.first_day, other.last_day):
                later.add_error(
                    "first_day",
                    f"This break overlaps the one from {long_day(one.first_day)} to"
                    f" {long_day(one.last_day)}.",
                )

    def _entered(self) -> Iterator[forms.ModelForm[Break]]:
        for form in self.forms:
            found = getattr(form, "cleaned_data", {})
            if found.get("first_day") and found.get("last_day") and not found.get("DELETE"):
                yield form


class BreakInline(PartOfBriefing, admin.StackedInline[Break, Briefing]):
    """Days on which the briefing does not go out."""

    model = Break
    formset = BreakFormSet
    extra = 0
    fields = (("first_day", "last_day"), "words")
    verbose_name_plural = "breaks"

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the browser's own date picker for days."""
        if db_field.name in {"first_day", "last_day"}:
            return db_field.formfield(widget=DayInput())
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class TemplateSectionForm(forms.ModelForm[TemplateSection]):
    """A section with which new issues start."""

    sisters = SistersField(
        label="Sister titles",
        help_text="For the kind “Sister titles”: whose latest issues to list.",
    )

    options = OptionsField(help_text="For the kind “Question to readers”.")
    max_options = MAX_OPTIONS

    class Meta:
        model = TemplateSection
        fields = ("position", "kind", "heading", "body", "sisters", "options")

    def __init__(self, *args: Any, sister_choices: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sisters = self.fields.get("sisters")  # not for those who may only view
        if isinstance(sisters, SistersField):
            sisters.offer(sister_choices)

    @property
    def kind_label(self) -> str:
        """The kind in words, for the closed row."""
        kind = self["kind"].value() if "kind" in self.fields else self.instance.kind
        return SectionKind(kind).label if kind in SectionKind.values else "Section"

    @property
    def first_words(self) -> str:
        """What the starting text begins with, for the closed row."""
        text = unescape(strip_tags(str(self["body"].value() or "").replace("<", " <")))
        return Truncator(text).words(FIRST_WORDS, truncate="…")

    @property
    def place(self) -> int:
        """Where on the page it stands; one without a valid place comes last."""
        value = str(self["position"].value())
        return int(value[:6]) if value.isascii() and value.isdigit() else 10**6

    def has_changed(self) -> bool:
        """Whether to save it: a new one even if nobody changed what the page suggests."""
        return (self.is_bound and self.instance._state.adding) or super().has_changed()


class TemplateSectionFormSet(BaseInlineFormSet[TemplateSection, Briefing, TemplateSectionForm]):
    """The section template of a briefing."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "sister_choices": self._sister_choices}

    @property
    def on_page(self) -> list[TemplateSectionForm]:
        """All rows, in the order of the page."""
        return sorted(self.forms, key=lambda form: form.place)

    @cached_property
    def _sister_choices(self) -> Choices:
        """What there is to choose from in each section, asked for once."""
        saved = self.instance.template_sections.all() if self.instance.pk else ()
        chosen = {key for section in saved for key in section.sisters}
        return sister_choices(own=self.instance.pk, chosen=chosen)


class TemplateSectionInline(PartOfBriefing, admin.StackedInline[TemplateSection, Briefing]):
    """The sections with which each new issue starts."""

    model = TemplateSection
    form = TemplateSectionForm
    formset = TemplateSectionFormSet  # type: ignore[assignment]  # the stubs do not allow it
    extra = 0
    verbose_name = "section"
    verbose_name_plural = "section template"
    template = "admin/briefings/briefing/_template_sections.html"
    max_num = MAX_TEMPLATE_SECTIONS
    fields = ("position", "kind", "heading", "body", "sisters", "options")

    def get_extra(self, request: HttpRequest, obj: Briefing | None = None, **kwargs: Any) -> int:
        """Return how many sections to suggest: those of the usual template if there is none."""
        return 0 if obj and obj.template_sections.exists() else len(default_template())

    class Media:
        js = ("newsroom_admin/sections.js", "newsroom_admin/briefing.js")
        css = {
            "all": (
                "newsroom_admin/issue.css",
                "newsroom_admin/editor.css",
                "newsroom_admin/briefing.css",
            )
        }


@admin.register(Briefing)
class BriefingAdmin(RefusedRowsMixin, RoleLogMixin, PlainSelectsMixin, admin.ModelAdmin[Briefing]):
    """What a briefing is called, when it goes out, who leads it."""

    form = BriefingForm
    prepopulated_fields = {"slug": ("title",)}
    list_display = ("title", "slot", "next_slot", "lead", "published")
    list_filter = ("retired",)
    list_select_related = ("lead",)
    search_fields = ("title", "strapline")
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fieldsets = (
        (
            "About",
            {"fields": ("title", "slug", "strapline", "description", "language", "lead", "accent")},
        ),
        (
            "Send slot",
            {"fields": (("slot_weekday", "slot_time"), "time_zone", "cut_off_hours")},
        ),
        ("Approval", {"fields": ("four_eyes",)}),
        ("Readers", {"fields": ("reply_address", "retired")}),
        ("Comments", {"fields": ("moderation", "trusted_after", "comments_close_after")}),
        ("Quotations", {"fields": ("withdrawn_quotations",)}),
    )
    radio_fields = {
        "accent": admin.HORIZONTAL,
        "moderation": admin.VERTICAL,
        "withdrawn_quotations": admin.VERTICAL,
    }
    inlines = (BreakInline, TemplateSectionInline, RoleInBriefingInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Briefing]:
        published = Count("issues", filter=Q(issues__state=IssueState.PUBLISHED))
        theirs = briefings_for(request.user).order_by(*self.get_ordering(request) or ("title",))
        briefings = theirs.prefetch_related("breaks")
        return briefings.annotate(published_count=published)

    def has_view_permission(self, request: HttpRequest, obj: Briefing | None = None) -> bool:
        if obj is None:
            return super().has_view_permission(request)
        return may_in(request.user, VIEW_BRIEFING, obj)

    def has_change_permission(self, request: HttpRequest, obj: Briefing | None = None) -> bool:
        if obj is None:
            return super().has_change_permission(request)
        return may_change_briefing(request.user, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_everywhere(request.user, ADD_BRIEFING)

    def get_readonly_fields(self, request: HttpRequest, obj: Briefing | None = None) -> Any:
        """Return the fields to read only: who is bound by four eyes does not switch it off."""
        return () if may_give_roles(request.user, obj) else ("four_eyes",)

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Briefing, inline: Any, prefix: str
    ) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if isinstance(inline, TemplateSectionInline) and "data" not in kwargs:
            kwargs["initial"] = [
                {name: getattr(section, name) for name in ("position", "kind", "heading")}
                for section in default_template()
            ]
        return kwargs

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Briefing | None:
        """Return the briefing, on POST with its row locked: no two people add breaks at once."""
        briefing: Briefing | None = super().get_object(request, object_id, from_field)
        if briefing is not None and request.method == "POST":
            return Briefing.objects.select_for_update().filter(pk=briefing.pk).first()
        return briefing

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the breaks, too, and say which issues are planned in them."""
        super().save_related(request, form, formsets, change)
        if any(formset.model is Break and formset.has_changed() for formset in formsets):
            briefing = Briefing.objects.prefetch_related("breaks").get(pk=form.instance.pk)
            self._look_for_issues_in_breaks(request, briefing)

    @staticmethod
    def _look_for_issues_in_breaks(request: HttpRequest, briefing: Briefing) -> None:
        moved = move_out_of_breaks(briefing, by=request.user, at=timezone.now())
        for issue, slot in moved.items():
            when = format_local(slot, briefing.zone)
            messages.info(request, f"Issue {issue.number} is planned for {when} now.")
        for issue in briefing.issues.exclude(state=IssueState.PUBLISHED).order_by("number"):
            if issue.is_in_break:
                messages.warning(
                    request,
                    f"Issue {issue.number} is planned in a break. Open it, and choose another send"
                    " time.",
                )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field with the form's own widget where it names one, not the admin's."""
        if db_field.name in BriefingForm.Meta.widgets:
            kwargs["widget"] = BriefingForm.Meta.widgets[db_field.name]
            return db_field.formfield(**kwargs)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="send slot", ordering="slot_weekday")
    def slot(self, briefing: Briefing) -> str:
        return capfirst(briefing.slot.words)

    @admin.display(description="next")
    def next_slot(self, briefing: Briefing) -> str:
        now: datetime = timezone.now()
        if briefing.retired:
            return "Retired"
        return format_local(briefing.next_slot(after=now), briefing.zone)

    @admin.display(description="published issues", ordering="published_count")
    def published(self, briefing: Briefing) -> int:
        return int(getattr(briefing, "published_count", 0))
