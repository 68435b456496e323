"""Admin pages of sending: what would be sent, how far a dispatch is, and its pause and cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from briefings.admin.briefing_filter import BriefingFilter
from briefings.admin.issue_preview import FRAMED_POLICY
from briefings.admin.proof_page import refused_addresses
from briefings.finding_overrides import run_preflight
from briefings.local_time import format_local
from briefings.models import Issue, IssueState
from briefings.permissions import (
    issues_for,
    may_approve,
    may_correct,
    may_send,
    may_view_addresses,
    may_view_issue,
    may_view_issues,
)
from briefings.proofs import MAX_RECIPIENTS, harmless_links
from briefings.rendering.issue_email import summarise_issue_email
from newsroom.accounts.account_middleware import in_background
from newsroom.accounts.password_again import need_password_again
from newsroom.admin_mixins import RefusedRowsMixin
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Subscription
from subscribers.permissions import RELEASE_HELD
from subscribers.sending import delivery_pages, dispatches, ledger, sent_email_pages
from subscribers.sending.complaint_rate import complaint_rate
from subscribers.sending.correction_page import send_correction_page
from subscribers.sending.delivery_list import shown_reply
from subscribers.sending.dispatch_progress import (
    DispatchProgress,
    count,
    duration_in_words,
    measure,
    waiting_reasons,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import QuerySet
    from django.urls import URLPattern

    from newsroom.audit_log import Actor

SENDABLE_STATES = {IssueState.APPROVED, IssueState.SCHEDULED}
# Deliveries that staff may want to check, and how many of them a page shows.
FAILED_STATES = [DeliveryState.UNKNOWN, DeliveryState.REFUSED, DeliveryState.DEFERRED]
MAX_SHOWN = 100
DISPATCH_STATE_NAMES = {
    DispatchState.PENDING: "Starting",
    DispatchState.SENDING: "Being sent",
    DispatchState.PAUSED: "Paused",
    DispatchState.HELD: "Held after a restore",
    DispatchState.SENT: "Sent",
    DispatchState.CANCELLED: "Cancelled",
}
STATE_NAMES = {
    DeliveryState.PENDING: "Waiting",
    DeliveryState.LEASED: "Being sent",
    DeliveryState.DEFERRED: "Will be tried again",
    DeliveryState.SENT: "Sent",
    DeliveryState.REFUSED: "Refused by the mail server",
    DeliveryState.SKIPPED: "Skipped: unsubscribed or suppressed",
    DeliveryState.UNKNOWN: "Unknown: the connection was lost",
    DeliveryState.BOUNCED: "Bounced",
    DeliveryState.COMPLAINED: "Reported as spam",
}


class DispatchStateFilter(admin.ChoicesFieldListFilter):
    """The filter by state, in the words of the list."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        names = {state.label: DISPATCH_STATE_NAMES[state] for state in DispatchState}
        for choice in super().choices(changelist):
            shown = str(choice["display"])
            yield {**choice, "display": names.get(shown, shown)}


@admin.register(Dispatch)
class DispatchAdmin(RefusedRowsMixin, admin.ModelAdmin[Dispatch]):
    """Publishing makes dispatches; here staff watch, pause, resume and cancel them."""

    list_display = ("issue", "kind", "state_name", "began", "ended")
    show_facets = admin.ShowFacets.NEVER
    list_filter = (("state", DispatchStateFilter), ("issue__briefing", BriefingFilter))
    list_select_related = ("issue__briefing",)
    date_hierarchy = "created_at"

    @admin.display(description="what", ordering="correction")
    def kind(self, dispatch: Dispatch) -> str:
        return "Correction" if dispatch.correction_id else "Issue"

    @admin.display(description="state", ordering="state")
    def state_name(self, dispatch: Dispatch) -> str:
        return DISPATCH_STATE_NAMES[DispatchState(dispatch.state)]

    @admin.display(description="began", ordering="created_at")
    def began(self, dispatch: Dispatch) -> str:
        return format_local(dispatch.created_at, dispatch.issue.briefing.zone)

    @admin.display(description="ended", ordering="finished_at")
    def ended(self, dispatch: Dispatch) -> str:
        if dispatch.finished_at is None:
            return "Not yet"
        return format_local(dispatch.finished_at, dispatch.issue.briefing.zone)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        if super().has_view_permission(request, obj):
            return True
        if obj is None:
            return may_view_issues(request.user)
        return may_view_issue(request.user, obj.issue)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Dispatch]:
        """Return the dispatches of the issues that this person may view."""
        dispatches = super().get_queryset(request)
        if super().has_view_permission(request):
            return dispatches
        return dispatches.filter(issue__in=issues_for(request.user))

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("send/<int:issue_id>/", self.send_view, "send"),
            ("<int:pk>/progress.json", require_safe(self.progress_view), "progress"),
            ("<int:pk>/action/", require_POST(self.action_view), "action"),
            ("<int:pk>/resend/<int:delivery_id>/", require_POST(self.resend_view), "resend"),
            ("<int:pk>/deliveries/", delivery_pages.deliveries, "deliveries"),
            ("<int:pk>/deliveries.csv", delivery_pages.download, "deliveries_csv"),
            ("<int:pk>/retry/", delivery_pages.retry, "retry"),
            ("<int:pk>/email/", sent_email_pages.sent_email, "email"),
            ("<int:pk>/email/source.<slug:part>", sent_email_pages.sent_source, "email_source"),
            ("send-correction/<int:pk>/", send_correction_page, "send_correction"),
        ]
        framed: Any = csp_replace(FRAMED_POLICY)
        return [
            path(route, self.admin_site.admin_view(view), name=f"subscribers_dispatch_{name}")
            for route, view, name in pages
        ] + [
            path(
                "<int:pk>/email/html/",
                framed(self.admin_site.admin_view(sent_email_pages.sent_html)),
                name="subscribers_dispatch_email_html",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the progress page instead of Django's form."""
        dispatch = self.get_object(request, object_id)
        if dispatch is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, dispatch):
            raise PermissionDenied
        progress = measure(dispatch, at=timezone.now())
        sees = may_view_addresses(request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": (
                f"Sending the correction of “{dispatch.issue.title}”"
                if dispatch.correction_id
                else f"Sending “{dispatch.issue.title}”"
            ),
            "dispatch": dispatch,
            "state_name": DISPATCH_STATE_NAMES[DispatchState(dispatch.state)],
            "progress": progress,
            "counts": [
                (state.label, name, progress.deliveries[state.label])
                for state, name in STATE_NAMES.items()
            ],
            "total": progress.total,
            "actions": actions_for(dispatch) if may_send(request.user, dispatch.issue) else [],
            "failed": [
                (
                    delivery,
                    STATE_NAMES[DeliveryState(delivery.state)],
                    shown_reply(delivery.server_reply, with_addresses=sees),
                )
                for delivery in failed_deliveries(dispatch)[:MAX_SHOWN]
            ],
            "may_resend": may_send(request.user, dispatch.issue),
            "may_correct": may_correct(request.user, dispatch.issue),
            "may_view_addresses": sees,
            "may_release": may(request.user, RELEASE_HELD),
            "facts": describe(progress),
            "waiting_reasons": waiting_reasons(dispatch, at=timezone.now()),
            "complaints": complaint_rate(progress.deliveries),
            "brought": Subscription.objects.readers_referred_by(dispatch.issue),
        }
        return TemplateResponse(request, "admin/subscribers/dispatch/progress.html", context)

    @in_background
    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the figures of the progress page as JSON."""
        dispatch = get_object_or_404(Dispatch, pk=pk)
        if not self.has_view_permission(request, dispatch):
            raise PermissionDenied
        progress = measure(dispatch, at=timezone.now())
        share = round(progress.share_done, 4)
        return JsonResponse({**progress.as_json(), "share_done": share, **describe(progress)})

    def send_view(self, request: HttpRequest, issue_id: int) -> HttpResponse:
        """Show what would be sent to how many (GET), or publish and start sending (POST)."""
        issue = get_object_or_404(Issue.objects.for_page(), pk=issue_id)
        require_may_send(request, issue)
        if existing := Dispatch.objects.of_issues().filter(issue=issue).first():
            return redirect(existing)
        if request.method == "POST":
            need_password_again(request)
            return self._send(request, issue)
        subscribers = Subscription.objects.mailable().filter(briefing=issue.briefing).count()
        at = timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Send “{issue.title}” now?",
            "issue": issue,
            "subscribers": subscribers,
            "sendable": issue.state in SENDABLE_STATES,
            "preflight": run_preflight(issue, publish_at=at),
            "may_override": may_approve(request.user, issue),
            "email": summarise_issue_email(issue, links=harmless_links(issue)),
            "zone": issue.briefing.zone,
            "now": at,
            "max_recipients": MAX_RECIPIENTS,
            "refused_addresses": refused_addresses(request),
        }
        return TemplateResponse(request, "admin/subscribers/dispatch/send.html", context)

    def _send(self, request: HttpRequest, issue: Issue) -> HttpResponse:
        try:
            dispatch = dispatches.send_now(issue, at=timezone.now(), by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:briefings_issue_change", issue.pk)
        messages.success(request, f"“{issue.title}” is published. We are sending it now.")
        return redirect(dispatch)

    def action_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pause, resume or cancel a dispatch."""
        dispatch = get_object_or_404(Dispatch, pk=pk)
        require_may_send(request, dispatch.issue)
        if request.POST.get("action") == "resume":
            need_password_again(request)
        try:
            perform(request.POST.get("action", ""), dispatch, by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(dispatch)

    def resend_view(self, request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
        """Send one email of unknown outcome again."""
        delivery = get_object_or_404(Delivery, pk=delivery_id, dispatch_id=pk)
        require_may_send(request, delivery.dispatch.issue)
        need_password_again(request)
        try:
            is_resent = ledger.resend(delivery, by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(delivery.dispatch)
        if is_resent:
            dispatches.wake_dispatching()
            messages.success(request, "We will send this email again.")
        else:
            messages.error(
                request, "Nothing was sent, because we now know what happened to this email."
            )
        return redirect(delivery.dispatch)


def require_may_send(request: HttpRequest, issue: Issue) -> None:
    """Raise PermissionDenied unless this person may send an issue."""
    if not may_send(request.user, issue):
        raise PermissionDenied


def actions_for(dispatch: Dispatch) -> list[tuple[str, str]]:
    """Return the actions that a dispatch allows now: the posted value and the button's text."""
    if dispatch.state in {DispatchState.PENDING, DispatchState.SENDING}:
        return [("pause", "Pause"), ("cancel", "Cancel permanently")]
    if dispatch.state == DispatchState.PAUSED:
        return [("resume", "Resume"), ("cancel", "Cancel permanently")]
    return []


def perform(action: str, dispatch: Dispatch, *, by: Actor) -> None:
    """Perform the action of a button. Raises TransitionRefused."""
    if action == "pause":
        dispatch.pause(by=by, reason="Paused by staff.")
    elif action == "resume":
        dispatch.resume(by=by)
        dispatches.wake_dispatching()
    elif action == "cancel":
        dispatch.cancel(by=by, at=timezone.now())
    else:
        raise TransitionRefused("You can pause, resume or cancel a dispatch. Nothing was changed.")


def failed_deliveries(dispatch: Dispatch) -> QuerySet[Delivery]:
    """Return deliveries that failed or are tried again, those of unknown outcome first."""
    failed = dispatch.deliveries.filter(state__in=FAILED_STATES)
    return failed.select_related("subscriber").order_by("-state", "pk")


def describe(progress: DispatchProgress) -> dict[str, str]:
    """Return the figures of a dispatch in words."""
    done = progress.total - progress.unsettled
    left = progress.seconds_left
    rate = progress.emails_per_s
    return {
        "done_words": f"{done:,} of {count(progress.total, 'email')} processed"
        if progress.total
        else "No emails yet",
        "rate_words": f"{count(rate, 'email')} a second" if rate else "",
        "left_words": f"about {duration_in_words(left)} left" if left else "",
    }
