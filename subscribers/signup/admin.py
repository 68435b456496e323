"""The admin pages of sign-ups that are not confirmed yet, for when an email has not arrived."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from newsroom.admin_mixins import (
    READ_ONLY_ROWS,
    LargeTableAdminMixin,
    ReadOnlyAdminMixin,
    ReadOnlyInlineMixin,
)
from subscribers.models import SignUp, SignUpChoice
from subscribers.models.address_search import search_address
from subscribers.models.profile import PROFILE_FIELDS
from subscribers.signup.referrals import describe_referral


def lines(*found: str) -> SafeString:
    """Return the lines that are not empty, with line breaks between them."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in found if line))


class ChoiceInline(ReadOnlyInlineMixin, admin.TabularInline[SignUpChoice, SignUp]):
    """The chosen briefings, with the evidence of each form."""

    model = SignUpChoice
    template = READ_ONLY_ROWS
    fields = readonly_fields = ("asked_at", "title", "evidence")
    verbose_name_plural = "chosen briefings"
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignUpChoice]:
        return super().get_queryset(request).select_related("briefing", "referred_by__briefing")

    @admin.display(description="briefing")
    def title(self, choice: SignUpChoice) -> str:
        return choice.briefing.title

    @admin.display(description="evidence")
    def evidence(self, choice: SignUpChoice) -> SafeString:
        return lines(
            f"“{choice.wording}”",
            f"Source: {choice.source}",
            describe_referral(choice.referred_by, to=choice.briefing),
            f"IP address: {choice.ip}" if choice.ip else "",
        )


class ConfirmedFilter(admin.SimpleListFilter):
    """Sign-ups whose link was opened and confirmed, or not yet."""

    title = "confirmed"
    parameter_name = "confirmed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Confirmed"), ("no", "Not confirmed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(confirmed_at__isnull=self.value() == "no")


@admin.register(SignUp)
class SignUpAdmin(ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[SignUp]):
    """Sign-ups, and when each of their emails was sent."""

    list_display = ("address", "asked_at", "email_sent_at", "reminded_at", "confirmed_at")
    list_filter = (ConfirmedFilter,)
    search_fields = ("address",)
    search_help_text = "Search for an address, the start of one, or @domain"
    ordering = ("-pk",)
    fields = readonly_fields = (
        *("address", *PROFILE_FIELDS),
        *("asked_at", "email_sent_at", "reminded_at", "confirmed_at"),
    )
    inlines = (ChoiceInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SignUp], search_term: str
    ) -> tuple[QuerySet[SignUp], bool]:
        return (search_address(queryset, search_term) if search_term else queryset), False
