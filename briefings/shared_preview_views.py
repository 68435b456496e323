"""Pages for people who check a draft: a preview link, and where the links of a proof lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from briefings.guest_form import GuestForm, TooManyRemarks, check_guest_limits
from briefings.models import IssueState, PreviewLink, Remark
from briefings.preview_links import find_link
from briefings.views import issue_page
from newsroom.client_address import client_ip
from newsroom.form_origin import own_forms_only
from newsroom.private_pages import private_page
from newsroom.reader_language import answer_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

SENT = {
    "remarks": gettext_lazy("Thank you. The newsroom has your remarks."),
    "fine": gettext_lazy("Thank you. The newsroom knows that the draft is fine by you."),
    "both": gettext_lazy(
        "Thank you. The newsroom has your remarks, and knows that the draft is fine by you."
    ),
}


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def shared_preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show the saved draft of a preview link (GET); keep a guest's remarks and opinion (POST)."""
    at = timezone.now()
    link = find_link(token, at=at)
    if link is None:
        page = TemplateResponse(request, "briefings/shared_preview_ended.html", status=404)
        return _without_referrer(page)
    if link.issue.state == IssueState.PUBLISHED:
        return _without_referrer(redirect(link.issue))
    return _without_referrer(_page(request, link, at=at))


def _page(request: HttpRequest, link: PreviewLink, *, at: datetime) -> HttpResponse:
    issue = link.issue
    answer_in(issue.briefing.language)
    shown = issue_page(issue, is_preview=True)
    form = GuestForm(
        request.POST or None, sections=shown["sections"], initial={"version": issue.version}
    )
    status = 200
    if request.method == "POST":
        if form.is_from_bot:
            return redirect(f"{link.get_absolute_url()}?sent=remarks#sent")
        status = 422
        if form.is_valid():
            try:
                check_guest_limits(link, ip=client_ip(request), at=at)
            except TooManyRemarks as refusal:
                form.add_error(None, str(refusal))
                status = 429
            else:
                said = form.save(link=link, at=at)
                sent = "both" if said.remarks and said.is_fine else "remarks"
                sent = "fine" if said.is_fine and not said.remarks else sent
                return redirect(f"{link.get_absolute_url()}?sent={sent}#sent")
    earlier = list(Remark.objects.of(issue).filter(link=link))
    context = {
        **shown,
        "form": form,
        "link": link,
        "ends_at": link.ends_at.astimezone(issue.briefing.zone),
        "parts": [
            (section, form.remark_on(section.pk), _on(earlier, section.pk))
            for section in shown["sections"]
        ],
        "on_whole": form.remark_on(0),
        "earlier_on_whole": [one for one in earlier if one.section_id is None],
        "sent": SENT.get(request.GET.get("sent", ""), ""),
    }
    return TemplateResponse(request, "briefings/shared_preview.html", context, status=status)


def _on(remarks: list[Remark], section: int) -> list[Remark]:
    return [remark for remark in remarks if remark.section_id == section]


def _without_referrer(response: HttpResponse) -> HttpResponse:
    """Have the browser keep the address, which is a secret, from every page that it leads to."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@private_page
@require_safe
def proof_link(request: HttpRequest) -> HttpResponse:
    """Say that a link of a proof does nothing; in a subscriber's email it is their own."""
    return TemplateResponse(request, "briefings/proof_link.html")
