"""Preview links on the page of an issue: make one, withdraw one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from briefings.admin.form_fields import parse_key
from briefings.admin.viewed_issue import viewed_issue
from briefings.local_time import format_local
from briefings.models import Issue, PreviewLink
from briefings.models.preview_link import LINK_WORKS_FOR
from briefings.permissions import may_share_preview
from briefings.preview_links import DURATIONS, LinkRefused, make_link, withdraw_link
from newsroom.duration_words import in_words
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from newsroom.audit_log import Actor

MAX_LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLink:
    """A link as the page of its issue lists it; without its address once it has ended."""

    pk: int
    who: str
    address: str
    ends_at: datetime
    withdrawn_at: datetime | None


def links_on_page(issue: Issue, user: Actor, *, at: datetime) -> dict[str, Any]:
    """Return what the page of an issue shows of its links; only who may share sees addresses."""
    may_share = may_share_preview(user, issue)
    return {
        "may_share": may_share and issue.published_at is None,
        "preview_links": [
            _listed(link, at=at) for link in PreviewLink.objects.of(issue)[:MAX_LISTED]
        ]
        if may_share
        else [],
        "opinions": list(issue.opinions.all()[:MAX_LISTED]),
        "link_durations": [(one.days, in_words(one), one == LINK_WORKS_FOR) for one in DURATIONS],
    }


def _listed(link: PreviewLink, *, at: datetime) -> ListedLink:
    return ListedLink(
        pk=link.pk,
        who=name_of(link.made_by) or "Somebody",
        address=link.address if link.works(at=at) else "",
        ends_at=link.ends_at,
        withdrawn_at=link.withdrawn_at,
    )


@require_POST
def preview_links(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what a button says: `make` a link that works for `days`, or `withdraw:` a key."""
    issue = viewed_issue(request, pk)
    if not may_share_preview(request.user, issue):
        raise PermissionDenied
    try:
        messages.success(request, _act(request, issue, at=timezone.now()))
    except LinkRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(reverse("admin:briefings_issue_change", args=[pk]) + "#preview-links")


def _act(request: HttpRequest, issue: Issue, *, at: datetime) -> str:
    """Do what the button says, and return a sentence about it. Raises LinkRefused."""
    act, _, key = request.POST.get("act", "").partition(":")
    if act == "make":
        days = timedelta(days=min(parse_key(request.POST.get("days")), max(DURATIONS).days))
        works_for = days if days in DURATIONS else LINK_WORKS_FOR
        link = make_link(issue, by=request.user, at=at, works_for=works_for)
        until = format_local(link.ends_at, issue.briefing.zone)
        return f"The link works until {until}: {link.address}"
    if act == "withdraw":
        link = get_object_or_404(issue.preview_links, pk=parse_key(key))
        withdraw_link(link, by=request.user, at=at)
        return "The link is withdrawn. Nobody can open it any more."
    raise LinkRefused("We do not know that button. Reload the page and try again.")
