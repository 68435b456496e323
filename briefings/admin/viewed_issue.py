"""The issue that a page of the admin is about, for people who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from briefings.models import Issue
from briefings.permissions import may_view_issue

if TYPE_CHECKING:
    from django.http import HttpRequest


def viewed_issue(request: HttpRequest, pk: int) -> Issue:
    """Return an issue. Raises Http404, or PermissionDenied if this person may not read it."""
    issue = get_object_or_404(Issue.objects.for_page(), pk=pk)
    if not may_view_issue(request.user, issue):
        raise PermissionDenied
    return issue
