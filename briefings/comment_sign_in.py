"""Signing in for comments: ask for a link by email, and select the button of its page.

Nothing here tells whether an address is known: any address gets a link.
"""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from briefings import reply_emails
from briefings.comment_identity import (
    SIGN_IN_EMAIL_INTERVAL,
    SIGN_IN_LINK_VALID_FOR,
    SIGNED_IN_FOR,
    email_sign_in_link,
    read_sign_in_link,
    sign_in,
    sign_out,
    signed_in,
    use_sign_in_link,
)
from briefings.models import Comment, Issue
from briefings.reader_form import ADDRESS_MISSING
from briefings.recommendations import recommend
from newsroom.address_field import AddressField, AddressInput
from newsroom.email_addresses import masked_address, readable_address
from newsroom.form_guard import (
    RETRY_AFTER,
    ProofOfWorkNeeded,
    TooManyForms,
    check_form,
    proof_of_work_page,
)
from newsroom.form_origin import own_forms_only
from newsroom.form_signature import SignatureField
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in


class SignInForm(forms.Form):
    """The address that gets a link, and the comment that its owner wants to recommend."""

    email = AddressField(
        label=gettext_lazy("Your email address"),
        widget=AddressInput,
        error_messages={"required": ADDRESS_MISSING},
    )
    recommends = forms.ModelChoiceField(
        Comment.objects.approved(), required=False, widget=forms.HiddenInput
    )
    began = SignatureField()

    use_required_attribute = False  # our error messages say more than the browser's


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comments_sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for an address, and email it a link that signs in."""
    if request.method != "POST":
        return redirect("briefings:my_comments") if signed_in(request) else sign_in_page(request)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return sign_in_page(request, form, status=422)
    now, address = timezone.now(), form.cleaned_data["email"]
    try:
        check_form(request, address=address, signature=form.cleaned_data["began"], at=now)
    except ProofOfWorkNeeded:
        return proof_of_work_page(request, at=now, context={})
    except TooManyForms as refusal:
        form.add_error(None, str(refusal))
        return sign_in_page(request, form, status=429)
    email_sign_in_link(address, recommends=form.cleaned_data["recommends"])
    context = {
        "address": readable_address(address),
        "valid_for": SIGN_IN_LINK_VALID_FOR,
        "email_interval": SIGN_IN_EMAIL_INTERVAL,
    }
    return TemplateResponse(request, "briefings/comments/link_sent.html", context)


def sign_in_page(
    request: HttpRequest,
    form: SignInForm | None = None,
    *,
    recommends: Comment | None = None,
    link_failed: bool = False,
    ended_link_to: Issue | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page that asks for an address.

    `ended_link_to` is the issue in whose email was a link that its owner has ended.
    """
    form = form or SignInForm(initial={"recommends": recommends})
    if recommends:
        answer_in(recommends.issue.briefing.language)
    context = {
        "form": form,
        "recommends": recommends,
        "link_failed": link_failed,
        "ended_link_to": ended_link_to,
        "valid_for": SIGN_IN_LINK_VALID_FOR,
        "signed_in_for": SIGNED_IN_FOR,
    }
    headers = {"Retry-After": RETRY_AFTER} if status == 429 else {}
    return TemplateResponse(
        request, "briefings/comments/sign_in.html", context, status=status, headers=headers
    )


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def comments_sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button (GET), sign the browser in (POST): a link scanner signs in nobody."""
    link = read_sign_in_link(token)
    if link is None:
        return sign_in_page(request, link_failed=True, status=404)
    recommended = Comment.objects.approved().filter(pk=link.recommends or 0).first()
    if recommended:
        answer_in(recommended.issue.briefing.language)
    elif link.commenter:
        answer_in(link.commenter.language)
    if link.is_used:
        browser = signed_in(request)
        if browser and browser == link.commenter:
            # Another link signed them in meanwhile; what they wanted to recommend is not lost.
            return (
                redirect("briefings:comment_recommend", pk=recommended.pk)
                if recommended
                else redirect("briefings:my_comments")
            )
        return sign_in_page(request, recommends=recommended, link_failed=True, status=410)
    if request.method != "POST":
        context = {
            "address": masked_address(link.address),
            "recommended": recommended,
            "token": token,
            "signed_in_for": SIGNED_IN_FOR,
        }
        return TemplateResponse(request, "briefings/comments/sign_in_link.html", context)
    now = timezone.now()
    commenter = use_sign_in_link(link, at=now)
    if commenter is None:
        return sign_in_page(request, link_failed=True, status=410)
    if recommended:
        recommend(recommended, by=commenter, at=now)
    response = redirect(recommended or "briefings:my_comments")
    sign_in(response, commenter)
    return response


@private_page
@own_forms_only
@require_POST
def comments_sign_out(request: HttpRequest) -> HttpResponse:
    """Sign this browser out, or every browser."""
    commenter = signed_in(request)
    if commenter:
        answer_in(commenter.language)
        if "everywhere" in request.POST:
            commenter.sign_out_everywhere(at=timezone.now())
    response = TemplateResponse(request, "briefings/comments/signed_out.html", {})
    sign_out(response)
    return response


# RFC 8058: a mail program sends this POST without cookie or Origin. The token can do nothing else.
@csrf_exempt
@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def stop_reply_emails(request: HttpRequest, token: str) -> HttpResponse:
    """Ask (GET) whether to end all emails about replies, and end them (POST)."""
    commenter = reply_emails.commenter_of_token(token)
    if commenter:
        answer_in(commenter.language)
        if request.method == "POST":
            reply_emails.stop_reply_emails(commenter)
    context = {"token": token, "is_known": commenter, "is_done": request.method == "POST"}
    return TemplateResponse(
        request,
        "briefings/comments/stop_reply_emails.html",
        context,
        status=200 if commenter else 404,
    )
