"""Admin pages about bounces and complaints (read only) and about suppressed addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from newsroom.address_field import AddressField
from newsroom.admin_mixins import READ_ONLY_ROWS, LargeTableAdminMixin, ReadOnlyAdminMixin
from subscribers.bounces.staff_suppression import (
    MAX_WHY_CHARS,
    AlreadySuppressed,
    WhyMissing,
    check_not_suppressed,
    lift,
    needs_why,
    suppress_by_staff,
)
from subscribers.models import BounceEvent, Dispatch, Subscriber, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.models.address_search import search_address


class BounceEventInline(ReadOnlyAdminMixin, admin.TabularInline[BounceEvent, Subscriber]):
    """The bounces and complaints of one subscriber, latest first."""

    model = BounceEvent
    template = READ_ONLY_ROWS
    fields = readonly_fields = ("at", "event", "issue")
    verbose_name_plural = "bounces and complaints"
    ordering = ("-at", "-pk")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[BounceEvent]:
        return super().get_queryset(request).select_related("dispatch__issue__briefing")

    @admin.display(description="event")
    def event(self, event: BounceEvent) -> str:
        return describe_event(event)

    @admin.display(description="issue")
    def issue(self, event: BounceEvent) -> str:
        return describe_issue(event)


class DispatchFilter(admin.SimpleListFilter):
    """Events of one dispatch: its progress page links to them. Shown only when chosen there."""

    title = "issue"
    parameter_name = "dispatch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        chosen = self.value() or ""
        if not chosen.isdecimal():
            return []
        dispatches = Dispatch.objects.filter(pk=chosen).select_related("issue__briefing")
        return [(chosen, str(dispatch.issue)) for dispatch in dispatches]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(dispatch=self.value()) if self.value() else queryset


@admin.register(BounceEvent)
class BounceEventAdmin(ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[BounceEvent]):
    """Bounces and complaints, latest first."""

    list_display = ("subscriber", "event", "issue", "at")
    list_filter = (DispatchFilter, "classification", "action", "source")
    list_select_related = ("subscriber", "dispatch__issue__briefing")
    search_fields = ("subscriber__address",)
    search_help_text = "Search for an address, the start of one, or @domain"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "subscriber",
        "issue",
        "at",
        "classification",
        "reason",
        "status",
        "diagnostic",
        "action",
        "source",
        "provider",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BounceEvent], search_term: str
    ) -> tuple[QuerySet[BounceEvent], bool]:
        if not search_term:
            return queryset, False
        found = search_address(Subscriber.objects.all(), search_term)
        return queryset.filter(subscriber__in=found), False

    @admin.display(description="event")
    def event(self, event: BounceEvent) -> str:
        return describe_event(event)

    @admin.display(description="issue")
    def issue(self, event: BounceEvent) -> str:
        return describe_issue(event)


def describe_event(event: BounceEvent) -> str:
    """Return one line on what happened and what we did about it."""
    event_text = event.get_classification_display()
    if event.reason.lower() not in event_text.lower():
        event_text = f"{event_text}: {event.reason}"
    status = f" ({event.status})" if event.status else ""
    return f"{event_text}{status}. {event.get_action_display()}."


def describe_issue(event: BounceEvent) -> str:
    """Return the briefing and number of the issue that the event is about."""
    return f"{event.dispatch.issue.briefing} {event.dispatch.issue.number}"


class SuppressionForm(forms.ModelForm[Suppression]):
    """A form that takes an address and keeps only its hash."""

    address = AddressField(
        label="Email address",
        help_text="We keep only a hash of it, so nobody can read the address afterwards.",
    )

    class Meta:
        model = Suppression
        fields = ("detail",)
        help_texts = {"detail": "For your colleagues. Do not enter an address or a name."}

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        try:
            check_not_suppressed(address)
        except AlreadySuppressed as refusal:
            raise ValidationError(str(refusal)) from refusal
        return address


@admin.register(Suppression)
class SuppressionAdmin(LargeTableAdminMixin, admin.ModelAdmin[Suppression]):
    """Addresses that we never write to."""

    list_display = ("reason", "at", "detail")
    list_filter = ("reason",)
    search_fields = ("address_hash",)
    search_help_text = "Search for a complete address"
    ordering = ("-pk",)
    actions = None
    delete_confirmation_template = "admin/subscribers/suppression/delete_confirmation.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        found = queryset.filter(address_hash=hash_address(search_term)) if search_term else queryset
        return found, False

    def get_form(
        self, request: HttpRequest, obj: Suppression | None = None, change: bool = False, **kw: Any
    ) -> Any:
        if obj is None:
            kw["form"] = SuppressionForm
        return super().get_form(request, obj, change, **kw)

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> Any:
        return ("address", "detail") if obj is None else ("reason", "at", "detail")

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        suppress_by_staff(form.cleaned_data["address"], obj, by=request.user)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask why, and insist on an answer where the reader themselves had decided."""
        suppression = self.get_object(request, object_id)
        context = {
            "title": "Lift this suppression?",
            "needs_why": suppression is not None and needs_why(suppression),
            "max_why_chars": MAX_WHY_CHARS,
        }
        try:
            return super().delete_view(request, object_id, {**context, **(extra_context or {})})
        except WhyMissing as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:subscribers_suppression_delete", object_id)

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        lift(obj, by=request.user, why=request.POST.get("why", ""))
