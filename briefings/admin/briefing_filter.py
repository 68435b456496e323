"""A list's filter by briefing, with the briefings that a person may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from briefings.permissions import MODERATE_COMMENT, VIEW_BRIEFING, briefings_for

if TYPE_CHECKING:
    from django.http import HttpRequest


class BriefingFilter(admin.RelatedFieldListFilter):
    """The briefings in which this person has a role."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        known = briefings_for(request.user, VIEW_BRIEFING, MODERATE_COMMENT)
        return [(str(briefing.pk), str(briefing)) for briefing in known]
