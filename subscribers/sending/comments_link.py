"""The link to the comments in an issue email: its owner can sign in for comments with it.

An email may be forwarded. So the link works only while the issue takes comments, and each time it
signs a browser in, the owner of the address is told by email, with a link that ends it. If they
sign out in all browsers, the links of all earlier emails end, too. The limits on emails that
somebody else may cause hold for these as well.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from briefings.comment_identity import (
    SIGN_IN_LINK_VALID_FOR,
    SIGNED_IN_FOR,
    confirm_commenter,
    sign_in,
    sign_in_path,
    signed_in,
)
from briefings.comment_sign_in import sign_in_page
from briefings.models import Commenter
from newsroom.client_address import client_ip
from newsroom.email_addresses import address_key, masked_address
from newsroom.emails import DOUBLE_CLICK, AlreadyQueued, Once, is_suppressed, queue_email
from newsroom.form_guard import mailbox_limit_reached
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in
from newsroom.tokens import verify_id
from subscribers.models import Delivery
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import COMMENTS_PURPOSE


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comments_from_email(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button (GET), sign the browser in (POST); who is signed in goes on at once."""
    deliveries = Delivery.objects.filter(pk=verify_id(COMMENTS_PURPOSE, token) or 0)
    delivery = deliveries.select_related("dispatch__issue__briefing").first()
    recipient = recipient_of(delivery) if delivery else None
    if delivery is None or recipient is None:
        return sign_in_page(request, link_failed=True, status=404)
    issue, now = delivery.dispatch.issue, timezone.now()
    answer_in(issue.briefing.language)
    browser = signed_in(request)
    is_theirs = browser is not None and browser.address_key == address_key(recipient.address)
    if is_theirs or not issue.comments_open(at=now):
        return redirect(f"{issue.get_absolute_url()}#comments")
    known = Commenter.objects.at_address(recipient.address).first()
    if known and known.has_ended_links_of(delivery.dispatch.created_at):
        return sign_in_page(request, ended_link_to=issue, status=410)
    if request.method != "POST":
        context = {
            "issue": issue,
            "briefing": issue.briefing,
            "address": masked_address(recipient.address),
            "token": token,
            "signed_in_for": SIGNED_IN_FOR,
        }
        return TemplateResponse(request, "briefings/comments/from_email.html", context)
    response = redirect(f"{issue.get_absolute_url()}#comment-form")
    if mailbox_limit_reached(recipient.address, at=now):
        return response  # signed in nobody: the form asks for an address
    once = Once(key=f"{delivery.pk} {client_ip(request)}", within=DOUBLE_CLICK, at=now)
    try:
        with transaction.atomic():
            commenter = confirm_commenter(recipient.address, at=now)
            _tell_owner(commenter, language=issue.briefing.language, once=once)
    except AlreadyQueued:  # signing in once more would end the link that the owner was just sent
        commenter = Commenter.objects.at_address(recipient.address).get()
    sign_in(response, commenter)
    return response


def _tell_owner(commenter: Commenter, *, language: str, once: Once) -> None:
    """Email the owner that a browser was signed in, with a link to sign it out."""
    if is_suppressed(commenter.address):
        return
    queue_email(
        "comments_signed_in",
        to=commenter.address,
        context={
            "link": settings.SITE_URL + sign_in_path(commenter.address, commenter=commenter),
            "valid_for": SIGN_IN_LINK_VALID_FOR,
            "signed_in_for": SIGNED_IN_FOR,
        },
        language=language,
        once=once,
    )
