"""The desk's pages about sending: what goes out, how far it is, and the brakes."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from briefings.models import Issue, IssueState
from briefings.permissions import SEND_ISSUE
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.models import Delivery, DeliveryState, Dispatch, DispatchState, Subscription
from subscribers.sending import dispatches, ledger
from subscribers.sending.complaint_rate import complaint_rate
from subscribers.sending.dispatch_progress import DispatchProgress, measure, waiting_reasons

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.urls import URLPattern

    from newsroom.audit_log import Actor

SENDABLE_STATES = {IssueState.APPROVED, IssueState.SCHEDULED}
# Copies that a person may want to look at, and how many of them a page shows.
TROUBLED_STATES = [DeliveryState.UNKNOWN, DeliveryState.REFUSED, DeliveryState.DEFERRED]
SHOWN_TROUBLE = 100


@admin.register(Dispatch)
class DispatchAdmin(admin.ModelAdmin[Dispatch]):
    """Dispatches are made by publishing; here they are watched, paused and cancelled."""

    list_display = ("issue", "state", "created_at", "finished_at")
    show_facets = admin.ShowFacets.NEVER
    list_filter = ("state", "issue__briefing")
    list_select_related = ("issue__briefing",)
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Dispatch | None = None) -> bool:
        return may(request.user, SEND_ISSUE) or super().has_view_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("send/<int:issue_id>/", self.send_view, "send"),
            ("send/<int:issue_id>/proof/", require_POST(self.proof_view), "proof"),
            ("<int:pk>/progress.json", require_safe(self.progress_view), "progress"),
            ("<int:pk>/act/", require_POST(self.act_view), "act"),
            ("<int:pk>/resend/<int:delivery_id>/", require_POST(self.resend_view), "resend"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=f"subscribers_dispatch_{name}")
            for route, view, name in pages
        ] + super().get_urls()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the progress page where Django would show a form."""
        dispatch = self.get_object(request, object_id)
        if dispatch is None:
            return super().change_view(request, object_id, form_url, extra_context)
        if not self.has_view_permission(request, dispatch):
            raise PermissionDenied
        progress = measure(dispatch, at=timezone.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Sending “{dispatch.issue.title}”",
            "dispatch": dispatch,
            "progress": progress,
            "brakes": brakes_for(dispatch) if may(request.user, SEND_ISSUE) else [],
            "trouble": trouble_of(dispatch)[:SHOWN_TROUBLE],
            "may_resend": may(request.user, SEND_ISSUE),
            "facts": describe(progress),
            "waits": waiting_reasons(dispatch, at=timezone.now()),
            "complaints": complaint_rate(progress.deliveries),
            "brought": Subscription.objects.readers_brought_by(dispatch.issue),
        }
        return TemplateResponse(request, "admin/subscribers/dispatch/progress.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Give the progress page its figures."""
        dispatch = get_object_or_404(Dispatch, pk=pk)
        if not self.has_view_permission(request, dispatch):
            raise PermissionDenied
        progress = measure(dispatch, at=timezone.now())
        share = round(progress.share_done, 4)
        return JsonResponse({**asdict(progress), "share_done": share, **describe(progress)})

    def send_view(self, request: HttpRequest, issue_id: int) -> HttpResponse:
        """GET says what would go to whom; POST publishes and starts the dispatch."""
        require(request, SEND_ISSUE)
        issue = get_object_or_404(Issue.objects.for_page(), pk=issue_id)
        if existing := Dispatch.objects.filter(issue=issue).first():
            return redirect(existing)
        if request.method == "POST":
            return self._send(request, issue)
        readers = Subscription.objects.mailable().filter(briefing=issue.briefing).count()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Send “{issue.title}” now?",
            "issue": issue,
            "readers": readers,
            "sendable": issue.state in SENDABLE_STATES,
        }
        return TemplateResponse(request, "admin/subscribers/dispatch/send.html", context)

    def _send(self, request: HttpRequest, issue: Issue) -> HttpResponse:
        try:
            dispatch = dispatches.send_now(issue, at=timezone.now(), by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:briefings_issue_change", issue.pk)
        messages.success(request, f"“{issue.title}” is published and on its way.")
        return redirect(dispatch)

    def proof_view(self, request: HttpRequest, issue_id: int) -> HttpResponse:
        """Send the letter as it stands to the person who asks for it, and to nobody else."""
        require(request, SEND_ISSUE)
        issue = get_object_or_404(Issue.objects.for_page(), pk=issue_id)
        back = HttpResponseRedirect(reverse("admin:subscribers_dispatch_send", args=[issue.pk]))
        address = request.user.email if request.user.is_authenticated else ""
        if not address:
            messages.error(request, "Your account has no e-mail address to send a proof to.")
            return back
        dispatches.send_proof(issue, to=address)
        messages.success(request, f"A proof is on its way to {address}.")
        return back

    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pause, resume or cancel."""
        require(request, SEND_ISSUE)
        dispatch = get_object_or_404(Dispatch, pk=pk)
        try:
            apply_brake(request.POST.get("act", ""), dispatch, by=request.user)
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(dispatch)

    def resend_view(self, request: HttpRequest, pk: int, delivery_id: int) -> HttpResponse:
        """Send one copy of unknown fate again."""
        require(request, SEND_ISSUE)
        delivery = get_object_or_404(Delivery, pk=delivery_id, dispatch_id=pk)
        if ledger.resend(delivery, by=request.user):
            dispatches.wake_dispatching()
            messages.success(request, "The copy will be sent again.")
        else:
            messages.error(request, "This copy's fate is known by now; nothing was sent.")
        return redirect(delivery.dispatch)


def require(request: HttpRequest, permission: str) -> None:
    """Refuse those who may not."""
    if not may(request.user, permission):
        raise PermissionDenied


def brakes_for(dispatch: Dispatch) -> list[tuple[str, str]]:
    """Name the buttons that this state allows: what is posted, and its words."""
    if dispatch.state in {DispatchState.PENDING, DispatchState.SENDING}:
        return [("pause", "Pause"), ("cancel", "Cancel for good")]
    if dispatch.state == DispatchState.PAUSED:
        return [("resume", "Resume"), ("cancel", "Cancel for good")]
    return []


def apply_brake(act: str, dispatch: Dispatch, *, by: Actor) -> None:
    """Do what a button says. Raises TransitionRefused."""
    if act == "pause":
        dispatch.pause(by=by, reason="Paused at the desk.")
    elif act == "resume":
        dispatch.resume(by=by)
        dispatches.wake_dispatching()
    elif act == "cancel":
        dispatch.cancel(by=by, at=timezone.now())
    else:
        raise TransitionRefused("A dispatch can be paused, resumed or cancelled.")


def trouble_of(dispatch: Dispatch) -> QuerySet[Delivery]:
    """Copies that did not simply arrive, the unknown ones first."""
    troubled = dispatch.deliveries.filter(state__in=TROUBLED_STATES)
    return troubled.select_related("subscriber").order_by("-state", "pk")


def describe(progress: DispatchProgress) -> dict[str, str]:
    """Put a dispatch's figures into words."""
    done = progress.total - progress.waiting
    left = progress.seconds_left
    return {
        "done_words": f"{done:,} of {progress.total:,} copies settled",
        "rate_words": f"{progress.letters_per_s:,.0f} letters a second",
        "left_words": f"about {_duration(left)} left" if left else "",
    }


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
