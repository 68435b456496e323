"""The sign-up form, its confirmation, the form for other sites, and the end of a pause."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from briefings.models import Briefing, Issue
from newsroom.client_address import client_ip
from newsroom.email_addresses import readable_address
from newsroom.form_guard import (
    RETRY_AFTER,
    ProofOfWorkNeeded,
    TooManyForms,
    check_form,
    proof_of_work_page,
)
from newsroom.form_origin import own_forms_only
from newsroom.form_signature import sign_form
from newsroom.private_pages import private_page
from newsroom.public_pages import public_page, unless_as_asked
from newsroom.reader_language import answer_in, shared_language
from subscribers.consent import Evidence
from subscribers.consent_wording import sign_up_wording
from subscribers.models import Subscriber
from subscribers.models.profile import Profile
from subscribers.models.sign_up import CONFIRM_WITHIN
from subscribers.sending.list_headers import preferences_url
from subscribers.signup import confirmation
from subscribers.signup.confirmation import LinkInvalid, LinkProblem
from subscribers.signup.embedded_form import (
    form_action,
    form_html,
    is_web_page,
    other_origin,
    sign_source,
    verify_source,
)
from subscribers.signup.forms import SignUpForm
from subscribers.signup.pending_sign_ups import EMAIL_INTERVAL, sign_up
from subscribers.signup.referrals import find_referral, normalise_referral
from subscribers.signup.resume_links import verify_resume_token

LINK_STATUS = {LinkProblem.USED: 200, LinkProblem.EXPIRED: 410, LinkProblem.UNKNOWN: 404}


# Exempt from CSRF checks: a sign-up acts for nobody who is logged in, it only asks an address to
# confirm. Forms on other sites are meant to work (embedded_form.py), and without a CSRF token the
# pages with our own form need no cookie.
@csrf_exempt
@public_page("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Offer every current briefing, with none of them ticked."""
    return _sign_up_page(request, briefing=None)


@csrf_exempt  # as above
@public_page("issue")
@require_http_methods(["GET", "HEAD", "POST"])
def subscribe_briefing(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer one briefing. The forms on other pages and on other sites are sent here."""
    briefing = get_object_or_404(Briefing.objects.select_related("lead"), slug=slug)
    answer_in(briefing.language)
    if briefing.retired:
        context = {"briefing": briefing}
        return TemplateResponse(request, "subscribers/signup/retired.html", context, status=410)
    return _sign_up_page(request, briefing=briefing)


def _sign_up_page(request: HttpRequest, *, briefing: Briefing | None) -> HttpResponse:
    now = timezone.now()
    if request.method != "POST":
        initial = {
            "source": request.get_full_path(),
            "began": sign_form(at=now, cached=True),
            "issue": request.GET.get("issue", ""),
        }
        return _render_form(request, SignUpForm(briefing=briefing, initial=initial), status=200)
    data = request.POST.copy()
    origin = other_origin(request)
    if origin:  # signed, because pages of ours may send the form again before it is accepted
        data["elsewhere"] = sign_source(origin, stated=data.get("source", ""))
    form = SignUpForm(data, briefing=briefing)
    if not form.is_valid():
        return _render_form(request, form, status=422)
    if not form.is_from_bot:
        if suggested := form.doubtful_domain():
            return _ask_about_domain(request, form, suggested)
        try:
            check_form(
                request,
                address=form.intended_address(),
                signature=form.cleaned_data["began"],
                is_from_other_site=bool(origin),
                at=now,
            )
        except ProofOfWorkNeeded:
            values = {"briefing": briefing, "entered_values": form.entered_values()}
            return proof_of_work_page(request, at=now, context=values)
        except TooManyForms as refusal:
            form.add_error(None, str(refusal))
            response = _render_form(request, form, status=429)
            response.headers["Retry-After"] = RETRY_AFTER
            return response
        _sign_up(form, ip=client_ip(request), path=request.path, at=now)
    context = {
        "briefing": briefing,
        "address": readable_address(form.intended_address()),
        "referral": _referral(form),
        "email_interval": EMAIL_INTERVAL,
    }
    return TemplateResponse(request, "subscribers/signup/check_your_inbox.html", context)


def _referral(form: SignUpForm) -> str:
    """Return the issue that led here, for links to other forms."""
    return normalise_referral(str(form["issue"].value() or ""), briefing=form.briefing)


def _sign_up(form: SignUpForm, *, ip: str | None, path: str, at: datetime) -> None:
    source = verify_source(form.cleaned_data["elsewhere"]) or form.source_page(default=path)
    sign_up(
        address=form.intended_address(),
        profile=form.profile(),
        briefings=form.chosen_briefings(),
        evidence=Evidence(
            source=source,
            wording=sign_up_wording(form.briefing),
            ip=ip,
            referred_by=find_referral(form.cleaned_data["issue"], briefing=form.briefing),
        ),
        at=at,
    )


def _ask_about_domain(request: HttpRequest, form: SignUpForm, suggested: str) -> HttpResponse:
    """Ask “Did you mean …?” with a button for each answer; nothing is corrected unasked."""
    typed = form.cleaned_data["address"]
    context = {
        "briefing": form.briefing,
        "entered_values": form.entered_values(),
        "referral": _referral(form),
        "typed": readable_address(typed),
        "suggested": suggested,
        "suggested_address": readable_address(f"{typed.rpartition('@')[0]}@{suggested}"),
    }
    return TemplateResponse(request, "subscribers/signup/did_you_mean.html", context, status=422)


def _latest_issues(briefing: Briefing | None) -> list[Issue]:
    """Return what there is to read of a briefing, or of each that can be chosen."""
    if briefing:
        return list(briefing.issues.published().for_page()[:1])
    newest = Issue.objects.newest_of_each(1).select_related("briefing")
    return [issue for issue in newest if not issue.briefing.retired]


def _render_form(request: HttpRequest, form: SignUpForm, *, status: int) -> HttpResponse:
    briefing = form.briefing
    context = {
        "form": form,
        "briefing": briefing,
        "latest": _latest_issues(briefing),
        "referral": _referral(form),
    }
    response = TemplateResponse(
        request, "subscribers/signup/subscribe.html", context, status=status
    )
    return unless_as_asked(response, request, {})


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what confirming would subscribe to, with a button; POST subscribes."""
    now = timezone.now()
    try:
        if request.method == "POST":
            confirmed = confirmation.confirm(token, ip=client_ip(request), at=now)
            new = confirmed.new_subscriptions
            answer_in(confirmed.subscriber.language)
            context = {
                "confirmation": confirmed,
                "preferences_url": preferences_url(confirmed.subscriber),
                "briefing": new[0].briefing if len(new) == 1 else None,
            }
            return TemplateResponse(request, "subscribers/signup/welcome.html", context)
        pending = confirmation.find_confirmable(token, at=now)
    except LinkInvalid as invalid:
        return TemplateResponse(
            request,
            "subscribers/signup/confirm_link_invalid.html",
            {"problem": invalid.problem, "confirm_within": CONFIRM_WITHIN},
            status=LINK_STATUS[invalid.problem],
        )
    briefings = confirmation.briefings_to_confirm(pending)
    answer_in(shared_language(briefing.language for briefing in briefings))
    subscriber = Subscriber.objects.filter(address_hash=pending.address_hash).first()
    profile = confirmation.profile_to_save(pending, subscriber)
    context = {
        "profile": [(Profile.label(name), value) for name, value in profile.items()],
        "address": readable_address(pending.address),
        "briefings": briefings,
        "other_sites_wordings": confirmation.other_sites_wordings(pending, briefings=briefings),
        "briefing": briefings[0] if len(briefings) == 1 else None,
    }
    return TemplateResponse(request, "subscribers/signup/confirm.html", context)


@public_page("page")
@require_safe
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the HTML of the form for other sites; `?page=` adds the page that it is for."""
    briefing = get_object_or_404(Briefing.objects.current(), slug=slug)
    answer_in(briefing.language)
    page = request.GET.get("page", "").strip()
    page_is_invalid = bool(page) and not is_web_page(page)
    context = {
        "briefing": briefing,
        "page": page,
        "page_is_invalid": page_is_invalid,
        "action": form_action(briefing),  # for the live view
        "form_html": form_html(briefing, page="" if page_is_invalid else page),
    }
    status = 422 if page_is_invalid else 200
    response = TemplateResponse(request, "subscribers/signup/embed.html", context, status=status)
    return unless_as_asked(response, request, {})


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows when the pause ends; POST ends it now."""
    subscriber = verify_resume_token(token)
    until = subscriber.resumes_on(at=timezone.now()) if subscriber else None
    if subscriber is None or until is None:
        return TemplateResponse(
            request, "subscribers/signup/resume.html", {"is_over": True}, status=404
        )
    answer_in(subscriber.language)
    context = {"subscriber": subscriber, "until": until}
    if request.method == "POST":
        context["has_resumed"] = subscriber.resume()
    return TemplateResponse(request, "subscribers/signup/resume.html", context)
