"""The desk's pages about readers: who takes what since when, and how they agreed to it."""

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
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from briefings.models import Briefing, Issue
from newsroom import audit_log
from newsroom.admin_mixins import LargeTableAdminMixin, ReadOnlyAdminMixin, ReadOnlyInlineMixin
from newsroom.permissions import may
from subscribers.bounces.admin import BounceEventInline
from subscribers.lists.admin import export_view
from subscribers.models import (
    ConsentRecord,
    SignUp,
    SignUpChoice,
    Subscriber,
    Subscription,
    Suppression,
)
from subscribers.models.address_search import search_address
from subscribers.permissions import CHANGE_SUBSCRIBER, EXPORT_SUBSCRIBERS, IMPORT_SUBSCRIBERS
from subscribers.preferences.pauses import paused_until
from subscribers.preferences.unsubscription import active_of, leave_these
from subscribers.privacy.admin import ErasureAdmin
from subscribers.sending import admin as sending_admin  # noqa: F401

ROWS = "admin/subscribers/_rows.html"


def _lines(*lines: str) -> SafeString:
    """Put what there is on lines of their own."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines if line))


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT")


def _referral(issue: Issue | None, *, to: Briefing) -> str:
    """Say which issue brought a reader; of which briefing, where it is another than they take."""
    if issue is None:
        return ""
    of = "" if issue.briefing_id == to.pk else f" of {issue.briefing.title}"
    return f"Came through issue {issue.number}{of}: {issue.title}"


class SubscriptionInline(ReadOnlyInlineMixin, admin.TabularInline[Subscription, Subscriber]):
    """What the reader takes."""

    model = Subscription
    template = ROWS
    fields = readonly_fields = ("title", "joined_at", "left_at")
    ordering = ("briefing__title",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return super().get_queryset(request).select_related("briefing", "referred_by__briefing")

    @admin.display(description="briefing")
    def title(self, subscription: Subscription) -> SafeString:
        return _lines(
            subscription.briefing.title,
            _referral(subscription.referred_by, to=subscription.briefing),
        )


class ConsentInline(ReadOnlyInlineMixin, admin.TabularInline[ConsentRecord, Subscriber]):
    """What the reader agreed to and withdrew: never edited, by nobody."""

    model = ConsentRecord
    template = ROWS
    fields = readonly_fields = ("at", "what", "evidence")
    verbose_name_plural = "consent history"
    ordering = ("-at", "-pk")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[ConsentRecord]:
        return super().get_queryset(request).select_related("briefing")

    @admin.display(description="what")
    def what(self, record: ConsentRecord) -> str:
        return f"{record.get_action_display()}: {record.briefing.title}"

    @admin.display(description="evidence")
    def evidence(self, record: ConsentRecord) -> SafeString:
        asked = f"Asked {_moment(record.asked_at)}" if record.asked_at else ""
        return _lines(
            f"“{record.wording}”" if record.wording else "",
            f"From {record.source}",
            f"{asked} from {record.asked_ip}" if asked and record.asked_ip else asked,
            f"Done from {record.ip}" if record.ip else "",
        )


class TakesFilter(admin.SimpleListFilter):
    """Readers of one briefing."""

    title = "briefing"
    parameter_name = "takes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Briefing.objects.values_list("slug", "title"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        taken = Subscription.objects.active().filter(
            subscriber=OuterRef("pk"), briefing__slug=self.value()
        )
        return queryset.filter(Exists(taken))


@admin.register(Subscriber)
class SubscriberAdmin(
    ErasureAdmin, ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[Subscriber]
):
    """Readers, found by address. Staff take off or erase on request; they put nobody on."""

    list_display = ("readable_address", "name", "takes", "created_at")
    list_filter = (TakesFilter,)
    search_fields = ("address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "readable_address",
        "name",
        "created_at",
        "paused",
        "suppressed",
    )
    inlines = (SubscriptionInline, ConsentInline, BounceEventInline)
    actions = ("take_off", "export_chosen")

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(export_view)
        return [path("export/", page, name="subscribers_export"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the ways to lists as files for whom they are open."""
        ways = {
            "may_import": may(request.user, IMPORT_SUBSCRIBERS),
            "may_export": may(request.user, EXPORT_SUBSCRIBERS),
        }
        return super().changelist_view(request, {**(extra_context or {}), **ways})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        return super().get_queryset(request).prefetch_related("subscriptions__briefing")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        return (search_address(queryset, search_term) if search_term else queryset), False

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        """Whether this person may take readers off; Django asks this for the action."""
        return may(request.user, CHANGE_SUBSCRIBER)

    @admin.display(description="address", ordering="address")
    def readable_address(self, subscriber: Subscriber) -> str:
        return subscriber.readable_address

    @admin.display(description="takes")
    def takes(self, subscriber: Subscriber) -> str:
        active = (one for one in subscriber.subscriptions.all() if one.left_at is None)
        return ", ".join(sorted(one.briefing.title for one in active)) or "—"

    @admin.display(description="paused")
    def paused(self, subscriber: Subscriber) -> str:
        until = paused_until(subscriber, at=timezone.now())
        return f"Until {date_format(until)}" if until else "No"

    @admin.display(description="suppressed")
    def suppressed(self, subscriber: Subscriber) -> str:
        found = Suppression.objects.filter(address_hash=subscriber.address_hash).first()
        return str(found) if found else "No"

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether this person may take lists out of the house."""
        return may(request.user, EXPORT_SUBSCRIBERS)

    @admin.action(description="Export as CSV…", permissions=["export"])
    def export_chosen(self, request: HttpRequest, chosen: QuerySet[Subscriber]) -> HttpResponse:
        """Lead to the export's page with these readers chosen."""
        numbers = ",".join(str(pk) for pk in chosen.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{reverse('admin:subscribers_export')}?chosen={numbers}")

    @admin.action(description="Take off every briefing…", permissions=["take_off"])
    def take_off(self, request: HttpRequest, chosen: QuerySet[Subscriber]) -> HttpResponse | None:
        """Leave on the reader's request: asks first, then is recorded as a leaving of theirs."""
        if "confirmed" not in request.POST:
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": "Take off every briefing?",
                "chosen": chosen,
            }
            return TemplateResponse(request, "admin/subscribers/subscriber/take_off.html", context)
        at = timezone.now()
        for subscriber in chosen:
            with transaction.atomic():
                left = leave_these(active_of(subscriber), source="staff", ip=None, at=at)
                slugs = [one.briefing.slug for one in left]
                audit_log.record("taken off", subscriber, by=request.user, briefings=slugs)
        messages.success(request, "Done: no further issue goes there.")
        return None


class ChoiceInline(ReadOnlyInlineMixin, admin.TabularInline[SignUpChoice, SignUp]):
    """What was asked for, and the evidence of each form."""

    model = SignUpChoice
    template = ROWS
    fields = readonly_fields = ("asked_at", "title", "evidence")
    verbose_name_plural = "asked for"
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignUpChoice]:
        return super().get_queryset(request).select_related("briefing", "referred_by__briefing")

    @admin.display(description="briefing")
    def title(self, choice: SignUpChoice) -> str:
        return choice.briefing.title

    @admin.display(description="evidence")
    def evidence(self, choice: SignUpChoice) -> SafeString:
        return _lines(
            f"“{choice.wording}”",
            f"From {choice.source}",
            _referral(choice.referred_by, to=choice.briefing),
            f"Asked from {choice.ip}" if choice.ip else "",
        )


@admin.register(SignUp)
class SignUpAdmin(ReadOnlyAdminMixin, LargeTableAdminMixin, admin.ModelAdmin[SignUp]):
    """Forms that wait for the address's owner, for when somebody asks where their letter is."""

    list_display = ("address", "asked_at", "email_sent_at", "reminded_at", "confirmed_at")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter),)
    search_fields = ("address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = (
        *("address", "name"),
        *("asked_at", "email_sent_at", "reminded_at", "confirmed_at"),
    )
    inlines = (ChoiceInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SignUp], search_term: str
    ) -> tuple[QuerySet[SignUp], bool]:
        return (search_address(queryset, search_term) if search_term else queryset), False
