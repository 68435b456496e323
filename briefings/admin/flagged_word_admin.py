"""The newsroom's list of words that hold a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from briefings.models import FlaggedWord
from briefings.permissions import MODERATE_COMMENT, may_everywhere

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(FlaggedWord)
class FlaggedWordAdmin(admin.ModelAdmin[FlaggedWord]):
    """For those who moderate all briefings: the list holds comments in each."""

    list_display = ("words",)
    search_fields = ("words",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_everywhere(request.user, MODERATE_COMMENT)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_everywhere(request.user, MODERATE_COMMENT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_everywhere(request.user, MODERATE_COMMENT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_everywhere(request.user, MODERATE_COMMENT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_everywhere(request.user, MODERATE_COMMENT)
