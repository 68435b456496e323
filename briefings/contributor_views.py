"""The page of a contributor: who they are, what they wrote, and a form to write to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from briefings.comment_threads import number_in_address
from briefings.contact_form import (
    ADDRESS_LIMIT_REACHED,
    ContactForm,
    TooManyMessages,
    send_message,
)
from briefings.issue_archive import by_year
from briefings.models import Contributor
from briefings.response.kept_messages import issue_of_message
from newsroom.client_address import client_ip
from newsroom.form_guard import ProofOfWorkNeeded, TooManyForms, check_form, proof_of_work_page
from newsroom.form_origin import own_forms_only
from newsroom.public_pages import public_page, unless_as_asked
from newsroom.reader_language import answer_in, shared_language

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PER_PAGE = 50


@public_page("contact", "issue", "page")
@require_safe
def contributor_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a contributor, their issues by pages (`?page=`), and the form to write to them.

    `?issue=` is the key of the issue whose page led to the form.
    """
    contributor = get_object_or_404(Contributor, slug=slug)
    asked = number_in_address(request.GET.get("issue", ""), otherwise=0)
    context = _page(contributor, ContactForm(), number=request.GET.get("page"), asked=asked)
    answer_in(shared_language(issue.briefing.language for issue in context["page"]))
    context["message_sent"] = request.GET.get("contact") == "sent"
    shown = {"contact": "sent"} if context["message_sent"] else {}
    if asked and context["about"] and context["about"].pk == asked:
        shown["issue"] = str(asked)
    if context["page"].number > 1:
        shown["page"] = str(context["page"].number)
    response = TemplateResponse(request, "briefings/contributor_detail.html", context)
    return unless_as_asked(response, request, shown)


@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def contributor_contact(request: HttpRequest, slug: str) -> HttpResponse:
    """Email a reader's message to an author; GET redirects to the form."""
    contributor = get_object_or_404(Contributor.objects.exclude(contact=""), slug=slug)
    answer_in(contributor.language)
    page = contributor.get_absolute_url()
    if request.method != "POST":
        return redirect(f"{page}#contact")
    now = timezone.now()
    form = ContactForm(request.POST)
    asked = number_in_address(request.POST.get("issue", ""), otherwise=0)
    sent = redirect(f"{page}?contact=sent#contact")
    if form.is_from_bot:
        return sent
    if form.is_valid():
        try:
            check_form(
                request,
                address=form.cleaned_data["email"],
                signature=form.cleaned_data["began"],
                at=now,
                address_limit=str(ADDRESS_LIMIT_REACHED),
            )
            with transaction.atomic():
                send_message(
                    form.cleaned_data,
                    to=contributor,
                    about=issue_of_message(contributor, asked=asked, at=now),
                    at=now,
                    source=request.path,
                    ip=client_ip(request),
                )
        except ProofOfWorkNeeded:
            return proof_of_work_page(request, at=now, context={})
        except (TooManyForms, TooManyMessages) as refusal:
            form.add_error(None, str(refusal))
        else:
            return sent
    status = 429 if form.non_field_errors() else 422
    return TemplateResponse(
        request,
        "briefings/contributor_detail.html",
        _page(contributor, form, asked=asked),
        status=status,
    )


def _page(
    contributor: Contributor, form: ContactForm, *, number: str | None = None, asked: int = 0
) -> dict[str, Any]:
    issues = contributor.issues.published().select_related("briefing")
    page = Paginator(issues, PER_PAGE).get_page(number)
    return {
        "contributor": contributor,
        "page": page,
        "years": by_year(page.object_list),
        "leads": contributor.leads.current(),
        "form": form if contributor.contact else None,
        "about": issue_of_message(contributor, asked=asked, at=timezone.now())
        if contributor.contact
        else None,
    }
