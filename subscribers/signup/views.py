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
from newsroom.client_address import client_ip
from newsroom.email_addresses import readable_address
from newsroom.rate_limits import is_over_hourly_limit
from subscribers.consent_wording import sign_up_wording
from subscribers.signup.embedded_form import foreign_origin, stamp_source, stamped_source
from subscribers.signup.form_guard import BUSY_NETWORK, Approach, must_work, refusal
from subscribers.signup.form_signature import is_sound, make_stamp
from subscribers.signup.forms import SignUpForm
from subscribers.signup.pending import sign_up
from subscribers.signup.proof_of_work import new_challenge
from subscribers.signup.referrals import find_referral, referral_name

# A hospital or a university is one address to us; a talk may send a whole room here at once.
FORMS_AN_HOUR = 60
BUSY = BUSY_NETWORK
RETRY_AFTER = "3600"  # seconds


# A sign-up acts for nobody who is logged in: it only asks an address to confirm. A page of any
# other site could send this form, and is meant to be able to (embedded_form.py); and a box
# without a CSRF token lets the pages it stands on do without a cookie.
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
    """Count a form that makes us write a letter, of one visitor."""
    return is_over_hourly_limit("forms", ip=ip, limit=FORMS_AN_HOUR, at=at)


def _form_page(request: HttpRequest, *, briefing: Briefing | None) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        initial = {
            "source": request.get_full_path(),
            "began": make_stamp(at=now),
            "issue": request.GET.get("issue", ""),
        }
        return _render(request, SignUpForm(briefing=briefing, initial=initial), status=200)
    data = request.POST.copy()
    elsewhere = foreign_origin(request)
    if elsewhere:  # kept through the pages that ask one thing more, which are ours
        data["elsewhere"] = stamp_source(elsewhere, said=data.get("source", ""))
    form = SignUpForm(data, briefing=briefing)
    if not form.is_valid():
        return _render(request, form, status=422)
    if not form.is_from_a_machine:
        if suggested := form.doubtful_domain():
            return _ask_what_was_meant(request, form, suggested)
        approach = Approach(
            ip=client_ip(request),
            is_odd=bool(elsewhere) or not is_sound(form.cleaned_data["began"], at=now),
            at=now,
        )
        if must_work(approach, solution=request.POST.get("altcha", "")):
            return _ask_for_work(request, form, at=now)
        if sentence := _refusal(approach, form):
            form.add_error(None, sentence)
            response = _render(request, form, status=429)
            response.headers["Retry-After"] = RETRY_AFTER
            return response
        _take(form, approach, path=request.path)
    context = {
        "briefing": briefing,
        "address": readable_address(form.meant_address()),
        "referral": _referral(form),
    }
    return TemplateResponse(request, "subscribers/look_in_your_inbox.html", context)


def _referral(form: SignUpForm) -> str:
    """Name the issue that led here, for links to other forms."""
    return referral_name(str(form["issue"].value() or ""), briefing=form.briefing)


def _refusal(approach: Approach, form: SignUpForm) -> str:
    if too_many_forms(approach.ip, at=approach.at):
        return BUSY_NETWORK
    return refusal(approach, address=form.meant_address())


def _take(form: SignUpForm, approach: Approach, *, path: str) -> None:
    sign_up(
        address=form.meant_address(),
        name=form.cleaned_data["name"],
        briefings=form.chosen(),
        source=stamped_source(form.cleaned_data["elsewhere"]) or form.source_page(default=path),
        wording=sign_up_wording(form.briefing),
        ip=approach.ip,
        at=approach.at,
        referred_by=find_referral(form.cleaned_data["issue"], briefing=form.briefing),
    )


def _ask_what_was_meant(request: HttpRequest, form: SignUpForm, suggested: str) -> HttpResponse:
    """Ask, with both answers as buttons; nothing is corrected that nobody chose."""
    typed = form.cleaned_data["address"]
    context = {
        "form": form,
        "briefing": form.briefing,
        "carried": form.carried(),
        "referral": _referral(form),
        "typed": readable_address(typed),
        "suggested": suggested,
        "suggested_address": readable_address(f"{typed.rpartition('@')[0]}@{suggested}"),
    }
    return TemplateResponse(request, "subscribers/did_you_mean.html", context, status=422)


def _ask_for_work(request: HttpRequest, form: SignUpForm, *, at: datetime) -> HttpResponse:
    """Let the reader's browser work for a second; it sends the form again by itself."""
    context = {
        "form": form,
        "briefing": form.briefing,
        "carried": form.carried(),
        "challenge": new_challenge(at=at),
        "had_solution": bool(request.POST.get("altcha")),
    }
    response = TemplateResponse(request, "subscribers/one_moment.html", context, status=422)
    response.headers["Cache-Control"] = "no-store"
    return response


def _render(request: HttpRequest, form: SignUpForm, *, status: int) -> HttpResponse:
    briefing = form.briefing
    latest = briefing.issues.published().for_page().first() if briefing else None
    context = {
        "form": form,
        "briefing": briefing,
        "latest": latest,
        "referral": _referral(form),
    }
    return TemplateResponse(request, "subscribers/subscribe.html", context, status=status)
