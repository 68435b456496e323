"""The sign-up form, on its own page and in the box on others."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from briefings.models import Briefing
from newsroom.addresses import readable_address
from newsroom.limits import is_one_too_many
from newsroom.visitors import client_ip
from subscribers.forms import SignUpForm
from subscribers.signup import sign_up
from subscribers.wording import sign_up_wording

# A hospital or a university is one address to us; a talk may send a whole room here at once.
FORMS_AN_HOUR = 60
BUSY = (
    "Many forms came from your network within the last hour. Nothing is wrong with yours:"
    " please wait an hour and send it again."
)
RETRY_AFTER = "3600"  # seconds


# A sign-up acts for nobody who is logged in: it only asks an address to confirm. A page of any
# other site could send this form, and is meant to be able to; and a box without a CSRF token lets
# the pages it stands on do without a cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Offer every current briefing, none of them ticked."""
    return _form_page(request, briefing=None)


@csrf_exempt  # as above
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe_briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer one briefing; the box on other pages is sent here."""
    briefing = get_object_or_404(Briefing.objects.select_related("lead"), slug=slug)
    if briefing.retired:
        context = {"briefing": briefing}
        return TemplateResponse(request, "subscribers/retired.html", context, status=410)
    return _form_page(request, briefing=briefing)


def too_many_forms(ip: str | None, *, at: datetime) -> bool:
    """Count a form that makes us write a letter; sign-ups and requests for a link count as one."""
    return is_one_too_many("forms", ip=ip, an_hour=FORMS_AN_HOUR, at=at)


def _form_page(request: HttpRequest, *, briefing: Briefing | None) -> HttpResponse:
    if request.method != "POST":
        form = SignUpForm(briefing=briefing, initial={"source": request.get_full_path()})
        return _render(request, form, status=200)
    form = SignUpForm(request.POST, briefing=briefing)
    if not form.is_valid():
        return _render(request, form, status=422)
    now, ip = timezone.now(), client_ip(request)
    if too_many_forms(ip, at=now):
        form.add_error(None, BUSY)
        response = _render(request, form, status=429)
        response.headers["Retry-After"] = RETRY_AFTER
        return response
    address = form.cleaned_data["address"]
    if not form.is_from_a_machine:
        sign_up(
            address=address,
            name=form.cleaned_data["name"],
            briefings=form.chosen(),
            source=form.source_page(default=request.path),
            wording=sign_up_wording(briefing),
            ip=ip,
            at=now,
        )
    context = {"briefing": briefing, "address": readable_address(address)}
    return TemplateResponse(request, "subscribers/look_in_your_inbox.html", context)


def _render(request: HttpRequest, form: SignUpForm, *, status: int) -> HttpResponse:
    briefing = form.briefing
    latest = briefing.issues.published().for_page().first() if briefing else None
    context = {"form": form, "briefing": briefing, "latest": latest}
    return TemplateResponse(request, "subscribers/subscribe.html", context, status=status)
