"""Briefings in the admin."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

from briefings.admin.form_fields import PlainSelectsMixin
from briefings.local_time import format_local
from briefings.models import Briefing, IssueState
from briefings.slugs import free_slug

if TYPE_CHECKING:
    from django.http import HttpRequest


def time_zone_choices() -> list[tuple[str, str]]:
    """Return UTC and every place with a time zone, Europe first."""
    names = [
        name
        for name in available_timezones()
        if "/" in name and name[:4] not in {"Etc/", "posi", "righ"}
    ]
    names.sort(key=lambda name: (not name.startswith("Europe/"), name))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class BriefingForm(forms.ModelForm[Briefing]):
    """A briefing's form with the browser's own time picker and a list of time zones."""

    time_zone = forms.ChoiceField(choices=time_zone_choices, initial="Europe/London")

    class Meta:
        model = Briefing
        fields = "__all__"  # noqa: DJ007  (the admin names them, in its fieldsets)
        widgets = {
            "slot_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "description": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:  # not for those who may only view
            self.fields["slug"].required = False

    def clean_slug(self) -> str:
        """Return the slug, or one made of the title."""
        title = self.cleaned_data.get("title", "")
        return self.cleaned_data["slug"] or free_slug(self.instance, title, otherwise="briefing")


@admin.register(Briefing)
class BriefingAdmin(PlainSelectsMixin, admin.ModelAdmin[Briefing]):
    """What a briefing is called, when it goes out, who leads it."""

    form = BriefingForm
    prepopulated_fields = {"slug": ("title",)}
    list_display = ("title", "slot", "next_slot", "lead", "published", "retired")
    list_filter = ("retired",)
    list_select_related = ("lead",)
    search_fields = ("title", "strapline")
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fieldsets = (
        (None, {"fields": ("title", "slug", "strapline", "description", "lead", "accent")}),
        ("Send slot", {"fields": (("slot_weekday", "slot_time"), "time_zone")}),
        ("Readers", {"fields": ("reply_address", "comments_close_after", "retired")}),
    )
    radio_fields = {"accent": admin.HORIZONTAL}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Briefing]:
        published = Count("issues", filter=Q(issues__state=IssueState.PUBLISHED))
        return super().get_queryset(request).annotate(published_count=published)

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
        return (
            "" if briefing.retired else format_local(briefing.slot.next(after=now), briefing.zone)
        )

    @admin.display(description="published issues", ordering="published_count")
    def published(self, briefing: Briefing) -> int:
        return int(getattr(briefing, "published_count", 0))
