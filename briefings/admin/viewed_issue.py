"""The issue that a page of the admin is about, for people who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from briefings.models import Issue
from briefings.permissions import may_add_issue, may_view_issue
from briefings.unsaved_issue import new_unsaved_issue, unsaved_copy

if TYPE_CHECKING:
    from django.http import HttpRequest

    from briefings.models import WorkingCopy


def viewed_issue(request: HttpRequest, pk: int) -> Issue:
    """Return an issue. Raises Http404, or PermissionDenied if this person may not read it."""
    issue = get_object_or_404(Issue.objects.for_page(), pk=pk)
    if not may_view_issue(request.user, issue):
        raise PermissionDenied
    return issue


def unsaved_new_issue(request: HttpRequest) -> tuple[Issue, WorkingCopy]:
    """Return a new issue that was never saved, from the words of one page (`?draft=`).

    Raises Http404 without any words, or if this person may not start an issue of its briefing.
    """
    user, token = request.user, request.GET.get("draft", "")
    if not isinstance(user, User):
        raise PermissionDenied
    copy = unsaved_copy(user, issue=None, token=token) if token else None
    new = new_unsaved_issue(copy.content) if copy else None
    if copy is None or new is None or not may_add_issue(user, new.briefing):
        raise Http404("This new issue has no words yet.")
    return new, copy
