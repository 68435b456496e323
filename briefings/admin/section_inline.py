"""The ordered sections on an issue's page.

The order on the page is the order of the issue. Whatever comes back is taken in: a section that
somebody else removed meanwhile comes in as a new one rather than as an error that eats its words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.forms.models import BaseInlineFormSet

from briefings.models import Issue, Section, SectionKind
from briefings.permissions import ADD_ISSUE, CHANGE_ISSUE, VIEW_ISSUE
from newsroom.permissions import may

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import HttpRequest, QueryDict

MAX_SECTIONS = 60
# What a new issue starts with: kind and heading.
STARTING_SECTIONS = (
    (SectionKind.FEATURE, ""),
    (SectionKind.ROUNDUP, "In brief"),
    (SectionKind.FEEDBACK, "What you said"),
    (SectionKind.NOTE, ""),
)


class EchoField(forms.CharField):
    """What the page brings back for our own use; never an edit in itself."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 100, **kwargs})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class SectionForm(forms.ModelForm[Section]):
    """One section; `place` is where it stands on the page, counted from the top."""

    place = EchoField()

    class Meta:
        model = Section
        fields = ("kind", "heading", "body")
        widgets = {"heading": forms.TextInput(attrs={"placeholder": "Heading"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["place"] = self.instance.position

    def has_changed(self) -> bool:
        """Say whether to save: what is new and stands on the page is kept, empty or not."""
        return (self.is_bound and self.instance._state.adding) or super().has_changed()

    @property
    def sort_key(self) -> tuple[float, int]:
        """By place; what names no sensible place comes last, in the order of arrival."""
        index = int(str(self.prefix).rpartition("-")[2])
        place = str(self["place"].value())
        return (int(place[:6]) if place.isascii() and place.isdigit() else 1e9, index)


class SectionFormSet(BaseInlineFormSet[Section, Issue, SectionForm]):
    """All sections of the page, written in the order in which they stand there."""

    @property
    def on_page(self) -> list[SectionForm]:
        """Every row in the order of the page."""
        return sorted(self.forms, key=lambda form: form.sort_key)

    @property
    def kept(self) -> list[SectionForm]:
        """The rows that stay, in the order of the page."""
        return [form for form in self.on_page if not form.cleaned_data.get("DELETE")]

    def has_changed(self) -> bool:
        return super().has_changed() or self._reordered()

    def _reordered(self) -> bool:
        here = [form.instance for form in self.kept if form.instance.pk]
        return here != sorted(here, key=lambda section: (section.position, section.pk))

    def save(self, commit: bool = True) -> list[Section]:
        """Save and number the sections 1, 2, 3…; those that are not on this page come after."""
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


def rebase(data: QueryDict, *, prefix: str, known: Collection[int]) -> QueryDict:
    """Put the posted rows in the order that a formset wants: those in the database, then the new.

    Rows are counted from what arrived, so that a lost or false count loses none; a row whose
    section is gone, or which claims one that is not this issue's, becomes a new row with its words.
    """
    mark = re.compile(rf"^{re.escape(prefix)}-(\d{{1,5}})-(\w+)$")
    rows: dict[int, dict[str, str]] = {}
    for key in list(data):
        if key.startswith(f"{prefix}-"):
            if found := mark.match(key):
                rows.setdefault(int(found[1]), {})[found[2]] = str(data[key])
            del data[key]
    old: list[dict[str, str]] = []
    new: list[dict[str, str]] = []
    seen: set[str] = set()
    for _, row in sorted(rows.items()):
        pk = row.get("id", "")
        if pk.isascii() and pk.isdigit() and int(pk) in known and pk not in seen:
            seen.add(pk)
            old.append(row)
        else:
            new.append({**row, "id": ""})
    for index, row in enumerate([*old, *new]):
        for name, value in row.items():
            data[f"{prefix}-{index}-{name}"] = value
    data[f"{prefix}-TOTAL_FORMS"] = str(len(old) + len(new))
    data[f"{prefix}-INITIAL_FORMS"] = str(len(old))
    return data


class SectionInline(admin.StackedInline[Section, Issue]):
    """The sections, drawn by a template of ours; who may write the issue may write them."""

    model = Section
    form = SectionForm
    formset = SectionFormSet  # type: ignore[assignment]  # the stubs know no form of its own
    template = "admin/briefings/issue/_sections.html"
    fields = ("kind", "heading", "body", "place")
    max_num = MAX_SECTIONS

    def get_formset(self, request: HttpRequest, obj: Issue | None = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def get_extra(self, request: HttpRequest, obj: Issue | None = None, **kwargs: Any) -> int:
        return 0 if obj else len(STARTING_SECTIONS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, VIEW_ISSUE) or self._may_write(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_write(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_write(request, obj)

    @staticmethod
    def _may_write(request: HttpRequest, obj: Any) -> bool:
        return may(request.user, CHANGE_ISSUE if obj else ADD_ISSUE)

    class Media:
        js = ("newsroom_admin/sections.js",)
