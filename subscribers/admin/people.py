"""The desk's pages about readers: who takes what since when, and whom never to write to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from briefings.models import Briefing
from newsroom.models import record_act
from subscribers.admin.looking import LongList, LookOnly, find_address
from subscribers.forms import AddressField
from subscribers.hashing import hash_address
from subscribers.leaving import active_of, leave_these
from subscribers.models import (
    ConsentRecord,
    SignUp,
    SignUpChoice,
    Subscriber,
    Subscription,
    Suppression,
    SuppressionReason,
)

# What staff may take off again; the other kinds were decided by the reader or by law.
LIFTABLE = {SuppressionReason.STAFF, SuppressionReason.BOUNCED}


class SubscriptionInline(LookOnly, admin.TabularInline[Subscription, Subscriber]):
    """What the reader takes."""

    model = Subscription
    fields = readonly_fields = ("briefing", "state", "joined_at", "left_at")
    ordering = ("briefing__title",)
    extra = 0


class ConsentInline(LookOnly, admin.TabularInline[ConsentRecord, Subscriber]):
    """What the reader agreed to and withdrew: never edited, by nobody."""

    model = ConsentRecord
    fields = readonly_fields = (
        "at",
        "act",
        "briefing",
        "source",
        "wording",
        "ip",
        "asked_at",
        "asked_ip",
    )
    verbose_name_plural = "consent history"
    ordering = ("-at", "-pk")
    extra = 0


class TakesFilter(admin.SimpleListFilter):
    """Readers of one briefing."""

    title = "takes"
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
class SubscriberAdmin(LookOnly, LongList, admin.ModelAdmin[Subscriber]):
    """Readers, found by address. Staff take a reader off on request; they put nobody on."""

    list_display = ("readable_address", "name", "takes", "created_at")
    list_filter = (TakesFilter,)
    search_fields = ("address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = ("readable_address", "name", "created_at", "suppressed")
    inlines = (SubscriptionInline, ConsentInline)
    actions = ("take_off",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        return super().get_queryset(request).prefetch_related("subscriptions__briefing")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        return (find_address(queryset, search_term) if search_term else queryset), False

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        """Whether this person may take readers off; Django asks this for the action."""
        return request.user.has_perm("subscribers.change_subscriber")

    @admin.display(description="address", ordering="address")
    def readable_address(self, subscriber: Subscriber) -> str:
        return subscriber.readable_address

    @admin.display(description="takes")
    def takes(self, subscriber: Subscriber) -> str:
        active = (one for one in subscriber.subscriptions.all() if one.left_at is None)
        return ", ".join(sorted(one.briefing.title for one in active)) or "—"

    @admin.display(description="suppressed")
    def suppressed(self, subscriber: Subscriber) -> str:
        found = Suppression.objects.filter(address_hash=subscriber.address_hash).first()
        return str(found) if found else "No"

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
                record_act("taken off", subscriber, by=request.user, briefings=slugs)
        messages.success(request, "Done: no further issue goes there.")
        return None


class ChoiceInline(LookOnly, admin.TabularInline[SignUpChoice, SignUp]):
    """What was asked for, and the evidence of each form."""

    model = SignUpChoice
    fields = readonly_fields = ("briefing", "asked_at", "source", "wording", "ip")
    verbose_name_plural = "asked for"
    extra = 0


@admin.register(SignUp)
class SignUpAdmin(LookOnly, LongList, admin.ModelAdmin[SignUp]):
    """Forms that wait for the address's owner, for when somebody asks where their letter is."""

    list_display = ("address", "asked_at", "letter_at", "confirmed_at")
    list_filter = (("confirmed_at", admin.EmptyFieldListFilter),)
    search_fields = ("address",)
    search_help_text = "An address, the beginning of one, or @host"
    ordering = ("-pk",)
    fields = readonly_fields = ("address", "name", "asked_at", "letter_at", "confirmed_at")
    inlines = (ChoiceInline,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SignUp], search_term: str
    ) -> tuple[QuerySet[SignUp], bool]:
        return (find_address(queryset, search_term) if search_term else queryset), False


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
class SuppressionAdmin(LongList, admin.ModelAdmin[Suppression]):
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
        record_act("suppressed", obj, by=request.user)

    def delete_model(self, request: HttpRequest, obj: Suppression) -> None:
        record_act("lifted", obj, by=request.user, reason=obj.reason)
        super().delete_model(request, obj)
