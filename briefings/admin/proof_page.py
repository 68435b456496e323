"""“Send me this” and “Send a proof”: email an issue to chosen addresses before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from briefings.models import Issue
from briefings.permissions import may_send_proof
from briefings.proofs import ProofRefused, send_proof
from briefings.unsaved_issue import unsaved_copy, with_unsaved_words

if TYPE_CHECKING:
    from django.http import HttpRequest

# What somebody entered, until the page that they come back to shows it again.
REFUSED_ADDRESSES = "refused_proof_addresses"
MAX_KEPT_CHARS = 4000
NO_ADDRESS = (
    "Your account has no email address, so we cannot send you a proof. Ask an administrator to add"
    " one, or enter an address below."
)


@require_POST
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a proof of the saved words, or of those of the page `draft`, and go back.

    Without addresses it goes to whoever asks.
    """
    user = request.user
    issue = get_object_or_404(Issue.objects.for_page(), pk=pk)
    if not isinstance(user, User) or not may_send_proof(user, issue):
        raise PermissionDenied
    back = HttpResponseRedirect(_where_from(request, pk))
    entered = request.POST.get("addresses", user.email)
    if "addresses" not in request.POST and not user.email:
        messages.error(request, NO_ADDRESS)
        return back
    token = request.POST.get("draft", "")
    copy = unsaved_copy(user, issue=issue, token=token) if token else None
    shown = with_unsaved_words(issue, copy.content) if copy else issue
    try:
        sent = send_proof(
            shown, entered=entered, by=user, at=timezone.now(), is_unsaved=copy is not None
        )
    except ProofRefused as refusal:
        for sentence in refusal.sentences:
            messages.error(request, sentence)
        if "addresses" in request.POST:
            request.session[REFUSED_ADDRESSES] = entered[:MAX_KEPT_CHARS]
    else:
        words = "with your unsaved words" if copy else "of the saved version"
        messages.success(request, f"We are sending a proof {words} to {', '.join(sent.addresses)}.")
    return back


def refused_addresses(request: HttpRequest) -> str:
    """Return what somebody entered in a proof's form that was refused, once."""
    return str(request.session.pop(REFUSED_ADDRESSES, ""))


def _where_from(request: HttpRequest, pk: int) -> str:
    """Return the page of the admin that sent the form; the preview, if it does not say."""
    page = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return page
    return reverse("admin:briefings_issue_preview", args=[pk])
