"""The admin pages of subscribers, which show what each room knows about a person.

Importing this module also registers the admin pages of the rooms.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from briefings.models import Briefing
from newsroom import audit_log
from newsroom.admin_mixins import (
    READ_ONLY_ROWS,
    LargeTableAdminMixin,
    ReadOnlyAdminMixin,
    ReadOnlyInlineMixin,
)
from newsroom.permissions import may
from subscribers.bounces.admin import BounceEventInline
from subscribers.consent import unsubscribe_from
from subscribers.lists.admin import export_view
from subscribers.models import (
    ConsentRecord,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.models.address_search import search_address
from subscribers.models.profile import PROFILE_FIELDS
from subscribers.permissions import CHANGE_SUBSCRIBER, EXPORT_SUBSCRIBERS, IMPORT_SUBSCRIBERS
from subscribers.privacy.admin import ErasureAdmin
from subscribers.restoration import admin as restoration_admin  # noqa: F401
from subscribers.sending import admin as sending_admin  # noqa: F401
from subscribers.signup.admin import lines
from subscribers.signup.referrals import describe_referral


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


class SubscriptionInline(ReadOnlyInlineMixin, admin.TabularInline[Subscription, Subscriber]):
    """The subscriber's subscriptions."""

    model = Subscription
    template = READ_ONLY_ROWS
    fields = readonly_fields = ("title", "joined_at", "unsubscribed_at")
    empty_value_display = "Still subscribed"
    ordering = ("briefing__title",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return super().get_queryset(request).select_related("briefing", "referred_by__briefing")

    @admin.display(description="briefing")
    def title(self, subscription: Subscription) -> SafeString:
        return lines(
            subscription.briefing.title,
            describe_referral(subscription.referred_by, to=subscription.briefing),
        )


class ConsentInline(ReadOnlyInlineMixin, admin.TabularInline[ConsentRecord, Subscriber]):
    """The consent that the subscriber gave and withdrew. Nobody can edit it."""

    model = ConsentRecord
    template = READ_ONLY_ROWS
    fields = readonly_fields = ("at", "described_action", "evidence")
    verbose_name_plural = "consent history"
    ordering = ("-at", "-pk")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsentRecord]:
        return super().get_queryset(request).select_related("briefing")

    @admin.display(description="action")
    def described_action(self, record: ConsentRecord) -> str:
        return f"{record.get_action_display()}: {record.briefing.title}"

    @admin.display(description="evidence")
    def evidence(self, record: ConsentRecord) -> SafeString:
        form_sent = f"Form sent {_moment(record.asked_at)}" if record.asked_at else ""
        return lines(
            f"“{record.wording}”" if record.wording else "",
            f"Source: {record.source}",
            f"{form_sent} from {record.asked_ip}" if form_sent and record.asked_ip else form_sent,
            f"IP address: {record.ip}" if record.ip else "",
        )


class SubscribedToFilter(admin.SimpleListFilter):
    """Subscribers of one briefing."""

    title = "briefing"
    parameter_name = "subscribed_to"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Briefing.objects.values_list("slug", "title"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        subscriptions = Subscription.objects.active().filter(
            subscriber=OuterRef("pk"), briefing__slug=self.value()
        )
        return queryset.filter(Exists(subscriptions))


@admin.register(Subscriber)
class SubscriberAdmin(
    ErasureAdmin, ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[Subscriber]
):
    """Subscribers, found by address. Staff can unsubscribe and erase people, but not add them."""

    list_display = ("readable_address", *PROFILE_FIELDS, "subscribed_to", "created_at")
    list_filter = (SubscribedToFilter,)
    search_fields = ("address",)
    search_help_text = "Search for an address, the start of one, or @domain"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "readable_address",
        *PROFILE_FIELDS,
        "created_at",
        "paused",
        "suppressed",
    )
    inlines = (SubscriptionInline, ConsentInline, BounceEventInline)
    actions = ("unsubscribe", "export_chosen")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(export_view)
        return [path("export/", page, name="subscribers_export"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the links to import and export for people who may use them."""
        permissions = {
            "may_import": may(request.user, IMPORT_SUBSCRIBERS),
            "may_export": may(request.user, EXPORT_SUBSCRIBERS),
        }
        return super().changelist_view(request, {**(extra_context or {}), **permissions})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        return super().get_queryset(request).prefetch_related("subscriptions__briefing")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        return (search_address(queryset, search_term) if search_term else queryset), False

    def has_unsubscribe_permission(self, request: HttpRequest) -> bool:
        """Whether this person may unsubscribe people; Django asks this for the action."""
        return may(request.user, CHANGE_SUBSCRIBER)

    @admin.display(description="address", ordering="address")
    def readable_address(self, subscriber: Subscriber) -> str:
        return subscriber.readable_address

    @admin.display(description="subscribed to")
    def subscribed_to(self, subscriber: Subscriber) -> str:
        active = (one for one in subscriber.subscriptions.all() if one.unsubscribed_at is None)
        return ", ".join(sorted(one.briefing.title for one in active)) or "—"

    @admin.display(description="paused")
    def paused(self, subscriber: Subscriber) -> str:
        until = subscriber.resumes_on(at=timezone.now())
        return f"Until {date_format(until)}" if until else "No"

    @admin.display(description="suppressed")
    def suppressed(self, subscriber: Subscriber) -> str:
        found = Suppression.objects.filter(address_hash=subscriber.address_hash).first()
        return str(found) if found else "No"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether this person may export subscribers; Django asks this for the action."""
        return may(request.user, EXPORT_SUBSCRIBERS)

    @admin.action(description="Export as CSV…", permissions=["export"])
    def export_chosen(self, request: HttpRequest, chosen: QuerySet[Subscriber]) -> HttpResponse:
        """Open the export page with these subscribers chosen."""
        numbers = ",".join(str(pk) for pk in chosen.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{reverse('admin:subscribers_export')}?chosen={numbers}")

    @admin.action(description="Unsubscribe from every briefing…", permissions=["unsubscribe"])
    def unsubscribe(
        self, request: HttpRequest, chosen: QuerySet[Subscriber]
    ) -> HttpResponse | None:
        """Ask first, then unsubscribe the chosen people, as if they had done it themselves."""
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Unsubscribe from every briefing?",
                "chosen": chosen,
            }
            template = "admin/subscribers/subscriber/unsubscribe.html"
            return TemplateResponse(request, template, context)
        at = timezone.now()
        for subscriber in chosen:
            with transaction.atomic():
                unsubscribed = unsubscribe_from(
                    subscriber.active_subscriptions(), source="staff", ip=None, at=at
                )
                slugs = [subscription.briefing.slug for subscription in unsubscribed]
                audit_log.record("unsubscribed", subscriber, by=request.user, briefings=slugs)
        messages.success(request, "Unsubscribed. They will get no more issues.")
        return None
