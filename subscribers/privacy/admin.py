"""The admin page by which staff erase a subscriber who asked for it. It logs no personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from newsroom import audit_log
from newsroom.accounts.password_again import need_password_again
from newsroom.permissions import may
from subscribers.models import Subscriber
from subscribers.permissions import ERASE_SUBSCRIBER
from subscribers.privacy import erasure
from subscribers.privacy.forms import ErasureForm
from subscribers.privacy.personal_data import comments_by, person_of

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    Admin = ModelAdmin[Subscriber]
else:
    Admin = object


class ErasureAdmin(Admin):
    """Adds “Erase…” to a subscriber's page, for staff who may delete subscribers."""

    change_form_template = "admin/subscribers/subscriber/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.erase_view)
        return [
            path("<int:pk>/erase/", page, name="subscribers_subscriber_erase"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_erase"] = _may_erase(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks, POST erases."""
        if not _may_erase(request):
            raise PermissionDenied
        subscriber = get_object_or_404(Subscriber, pk=pk)
        person = person_of(subscriber)
        if request.method == "POST":
            need_password_again(request)
            form = ErasureForm(request.POST)
            form.is_valid()  # one box, ticked or not
            keep_words = form.cleaned_data["keep_words"]
            with transaction.atomic():
                audit_log.record("erased", subscriber, by=request.user, keep_words=keep_words)
                erasure.erase(person, keep_words=keep_words)
            # A message is stored until it is read, so it says nothing about the subscriber.
            messages.success(
                request,
                "Subscriber erased. We keep a hash of the address so that we never email it. A"
                " worker removes their rows from uploaded lists within a few minutes.",
            )
            return redirect("admin:subscribers_subscriber_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erase this subscriber?",
            "subscriber": subscriber,
            "comments": comments_by(person.addresses).count(),
            "form": ErasureForm(),
        }
        return TemplateResponse(request, "admin/subscribers/subscriber/erase.html", context)


def _may_erase(request: HttpRequest) -> bool:
    return may(request.user, ERASE_SUBSCRIBER)
