"""The desk's page about addresses that must never be written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from newsroom import audit_log
from newsroom.admin_mixins import LargeTableAdminMixin
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from subscribers.signup.forms import AddressField

# What staff may take off again; who reported us as spam has decided. Somebody who was erased may
# want to come back: lifted, they can sign up, which asks their address.
LIFTABLE = {SuppressionReason.STAFF, SuppressionReason.BOUNCED, SuppressionReason.ERASED}


class SuppressionForm(forms.ModelForm[Suppression]):
    """An address is typed, and only its hash is kept."""

    address = AddressField(help_text="Kept as a hash that nobody can read back.")

    class Meta:
        model = Suppression
        fields = ("detail",)
        labels = {"detail": "Why"}
        help_texts = {"detail": "For colleagues. Write no address and no name here."}

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if known := Suppression.objects.at_address(address).first():
            raise ValidationError(f"This address is suppressed already: {known}.")
        return address

    def save(self, commit: bool = True) -> Suppression:
        self.instance.address_hash = hash_address(self.cleaned_data["address"])
        self.instance.reason = SuppressionReason.STAFF
        return super().save(commit)


@admin.register(Suppression)
class SuppressionAdmin(LargeTableAdminMixin, admin.ModelAdmin[Suppression]):
    """Addresses that get nothing any more."""

    list_display = ("reason", "at", "detail")
    list_filter = ("reason",)
    search_fields = ("address_hash",)
    search_help_text = "A whole address"
    ordering = ("-pk",)
    actions = None

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

    def has_delete_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        may = super().has_delete_permission(request, obj)
        return may and (obj is None or obj.reason in LIFTABLE)

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit_log.record("suppressed", obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        audit_log.record("lifted", obj, by=request.user, reason=obj.reason)
        super().delete_model(request, obj)
