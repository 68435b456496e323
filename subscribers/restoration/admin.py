"""The admin page on which an administrator decides what a restored database sends."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from newsroom import database_epoch
from newsroom.accounts.password_again import need_password_again
from newsroom.admin_mixins import ReadOnlyAdminMixin
from newsroom.permissions import may
from newsroom.transitions import TransitionRefused
from subscribers.models import HeldItem
from subscribers.permissions import RELEASE_HELD
from subscribers.restoration import held_work


@admin.register(HeldItem)
class HeldItemAdmin(ReadOnlyAdminMixin, admin.ModelAdmin[HeldItem]):
    """One page with everything that waits; the notice on the Desk leads there."""

    show_facets = admin.ShowFacets.NEVER

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Keep it out of the list of pages: nobody needs it until a database is restored."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: HeldItem | None = None) -> bool:
        return may(request.user, RELEASE_HELD)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what waits (GET), or decide about one thing (POST)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self._decide(request)
            return redirect(held_work.PAGE)
        if request.GET:  # a list of this model would filter by them
            return HttpResponse(status=400)
        epoch = database_epoch.restored_epoch()
        since = timezone.localtime(epoch.restored_at) if epoch and epoch.restored_at else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "After a restore",
            "since": since,
            "reason": epoch.restored_reason if epoch else "",
            "entries": held_work.waiting(),
        }
        return TemplateResponse(request, "admin/subscribers/helditem/change_list.html", context)

    def _decide(self, request: HttpRequest) -> None:
        name, now = request.POST.get("name", ""), timezone.now()
        try:
            match request.POST.get("decision"):
                case "release":
                    need_password_again(request)
                    messages.success(request, held_work.release(name, by=request.user, at=now))
                case "give_up":
                    messages.success(request, held_work.give_up(name, by=request.user, at=now))
                case "publish":
                    messages.success(request, held_work.publish(name, by=request.user, at=now))
                case _:
                    held_work.close_if_nothing_waits()
        except TransitionRefused as refusal:
            messages.error(request, str(refusal))
