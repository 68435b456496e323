"""The desk's page that hands out a list as CSV, to whom is allowed to, and on record."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from briefings.models import Briefing
from newsroom.permissions import may
from subscribers.lists.export import Wanted, Which, export, find
from subscribers.models import Subscriber
from subscribers.permissions import EXPORT_SUBSCRIBERS

if TYPE_CHECKING:
    from datetime import date

MAX_CHOSEN = 10_000
WORDS = {
    Which.ACTIVE: "Active: get the next issue",
    Which.LEFT: "Left",
    Which.SUPPRESSED: "Must not be written to",
    Which.ALL: "All of them",
}


class ExportForm(forms.Form):
    """Which part of the list is wanted."""

    briefing = forms.ModelChoiceField(
        Briefing.objects.order_by("title"), required=False, empty_label="All briefings"
    )
    which = forms.ChoiceField(
        label="Readers", choices=[(which.value, words) for which, words in WORDS.items()]
    )
    joined_since = forms.DateField(
        label="Joined from", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    joined_until = forms.DateField(
        label="Joined up to", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    chosen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_chosen(self) -> tuple[int, ...] | None:
        """Subscribers ticked on the list of readers, as numbers."""
        words = str(self.cleaned_data["chosen"]).split(",") if self.cleaned_data["chosen"] else []
        if not all(word.isascii() and word.isdecimal() and len(word) < 19 for word in words):
            raise forms.ValidationError("Choose the readers on their list again.")
        return tuple(map(int, words[:MAX_CHOSEN])) or None

    def wanted(self) -> Wanted:
        """What was asked for; days are days in UTC, the last one included."""
        asked = self.cleaned_data
        until: date | None = asked["joined_until"]
        since: date | None = asked["joined_since"]
        return Wanted(
            briefing=asked["briefing"],
            which=Which(asked["which"]),
            joined_since=_midnight(since) if since else None,
            joined_before=_midnight(until) + timedelta(days=1) if until else None,
            subscribers=asked["chosen"],
        )


def export_view(request: HttpRequest) -> HttpResponseBase:
    """GET asks which part; POST counts it, or with `download` streams it."""
    if not may(request.user, EXPORT_SUBSCRIBERS):
        raise PermissionDenied
    form = ExportForm(request.POST if request.method == "POST" else None, initial=_asked(request))
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _page(request, form, status=status)
    if "count" in request.POST:
        return _page(request, form, number=find(form.wanted()).count())
    name = f"subscribers-{timezone.now():%Y-%m-%d}.csv"
    return StreamingHttpResponse(
        export(form.wanted(), by=request.user),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _asked(request: HttpRequest) -> dict[str, Any]:
    return {"which": Which.ACTIVE.value, "chosen": request.GET.get("chosen", "")}


def _page(
    request: HttpRequest, form: ExportForm, *, status: int = 200, **facts: Any
) -> TemplateResponse:
    chosen = form["chosen"].value() or ""
    context = {
        **admin.site.each_context(request),
        "opts": Subscriber._meta,
        "title": "Export readers",
        "form": form,
        "chosen": len(str(chosen).split(",")) if chosen else 0,
        **facts,
    }
    return TemplateResponse(
        request, "admin/subscribers/subscriber/export.html", context, status=status
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
