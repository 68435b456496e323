"""The preferences pages.

The link in every email opens a page that can unsubscribe and pause for a month. A link that was
sent to the address on request opens the owner's page, which can change everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from briefings import own_comments
from briefings.comment_identity import confirm_commenter, sign_in
from briefings.models import Comment
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
from newsroom.private_pages import private_page
from newsroom.public_pages import public_page
from newsroom.reader_language import answer_in
from subscribers.locks import lock_subscriber
from subscribers.models import Subscriber
from subscribers.models.address_change import CONFIRM_CHANGE_WITHIN
from subscribers.models.subscriber import MAX_PAUSE, MAX_PAUSE_BY_EMAIL_LINK
from subscribers.preferences import access_links, address_changes, owner_notices
from subscribers.preferences.access_links import OWNER_LINK_INTERVAL, OWNER_LINK_VALID_FOR
from subscribers.preferences.forms import (
    AddressChangeForm,
    LinkRequestForm,
    PauseForm,
    PreferencesForm,
)
from subscribers.preferences.preference_changes import (
    SOURCE,
    offered_briefings,
    save_preferences,
)
from subscribers.privacy import erasure
from subscribers.privacy.data_export import make_data_export
from subscribers.privacy.forms import ErasureForm
from subscribers.privacy.personal_data import comments_by, person_of
from subscribers.signup.domain_suggestions import suggest_domain

Context = dict[str, Any]


@public_page()
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_link(request: HttpRequest) -> HttpResponse:
    """Send an owner link; the answer is the same whether or not we know the address."""
    form = LinkRequestForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _link_request_page(request, form, status=422 if form.is_bound else 200)
    now, address = timezone.now(), form.cleaned_data["address"]
    try:
        check_form(request, address=address, signature=form.cleaned_data["began"], at=now)
    except ProofOfWorkNeeded:
        return proof_of_work_page(request, at=now, context={})
    except TooManyForms as refusal:
        form.add_error(None, str(refusal))
        return _link_request_page(request, form, status=429)
    access_links.send_owner_link_to(address)
    return _link_sent_page(request, readable_address(address))


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the page that the token opens; POST does what its buttons say."""
    access = access_links.verify_access(token)
    if access is None:
        return _link_expired(request)
    answer_in(access.subscriber.language)
    try:
        if access.is_owner:
            return _owner_page(request, access.subscriber, token=token)
        return _email_link_page(request, access.subscriber)
    except Subscriber.DoesNotExist:  # erased at this moment, on another page
        return _link_expired(request)


def _link_request_page(
    request: HttpRequest, form: LinkRequestForm, *, status: int, link_expired: bool = False
) -> HttpResponse:
    context = {"form": form, "link_expired": link_expired, "valid_for": OWNER_LINK_VALID_FOR}
    headers = {"Retry-After": RETRY_AFTER} if status == 429 else {}
    return TemplateResponse(
        request,
        "subscribers/preferences/preferences_link.html",
        context,
        status=status,
        headers=headers,
    )


def _link_sent_page(request: HttpRequest, address: str) -> HttpResponse:
    context = {
        "address": address,
        "valid_for": OWNER_LINK_VALID_FOR,
        "email_interval": OWNER_LINK_INTERVAL,
    }
    return TemplateResponse(request, "subscribers/preferences/link_sent.html", context)


def _link_expired(request: HttpRequest) -> HttpResponse:
    return _link_request_page(request, LinkRequestForm(), status=404, link_expired=True)


def _resume_day(subscriber: Subscriber) -> str:
    """Return the day on which a paused subscriber's emails resume; empty if not paused."""
    day = subscriber.resumes_on(at=timezone.now())
    return date_format(day, "WEEKDAY_DATE_FORMAT") if day else ""


def _pause(request: HttpRequest, subscriber: Subscriber) -> Context:
    """Pause as the form says, and return what the page shows of it."""
    form = PauseForm(request.POST, subscriber=subscriber)
    if not form.pause(at=timezone.now()):
        return {"pause_form": form, "status": 422}
    return {"just_paused": True}


# The page that the link in every email opens


def _email_link_page(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Let whoever has an email pause for a month, unsubscribe, or have a link sent to the owner.

    The token does not say which briefing the email was about, so it unsubscribes only where there
    is just one; each email has a link of its own for that. Nobody can end a pause here: somebody
    who was forwarded an email may only reduce what is sent.
    """
    active = subscriber.active_subscriptions()
    only = active[0] if len(active) == 1 else None
    context: Context = {"subscriber": subscriber}
    if request.method == "POST" and "send-link" in request.POST:
        access_links.send_owner_link(subscriber)
        return _link_sent_page(request, subscriber.masked_address)
    if request.method == "POST" and "pause" in request.POST:
        if not _resume_day(subscriber):
            context |= _pause_by_email_link(request, subscriber)
    elif (
        request.method == "POST" and only and request.POST.get("unsubscribe") == only.briefing.slug
    ):
        done = owner_notices.unsubscribe_and_tell_owner(
            [only], source=SOURCE, ip=client_ip(request), at=timezone.now()
        )
        context |= {
            "unsubscribed": done.unsubscribed,
            "undo_token": done.undo_token,
            "is_owner_told": done.is_owner_told,
        }
        active, only = [], None
    context = {
        "pause_form": PauseForm(subscriber=subscriber, longest=MAX_PAUSE_BY_EMAIL_LINK),
        **context,
        "resume_day": _resume_day(subscriber),
        "is_subscribed": bool(active),
        "only": only,
        "longest_pause": MAX_PAUSE,
    }
    return TemplateResponse(
        request,
        "subscribers/preferences/preferences_email_link.html",
        context,
        status=context.get("status", 200),
    )


def _pause_by_email_link(request: HttpRequest, subscriber: Subscriber) -> Context:
    """Pause for at most a month and email the owner; return what the page shows of it."""
    form = PauseForm(request.POST, subscriber=subscriber, longest=MAX_PAUSE_BY_EMAIL_LINK)
    with transaction.atomic():
        lock_subscriber(subscriber)
        subscriber.refresh_from_db()
        if _resume_day(subscriber):  # a double click: the first one has told the owner
            return {"just_paused": True}
        if not form.pause(at=timezone.now()):
            return {"pause_form": form, "status": 422}
        owner_notices.tell_owner_of_pause(subscriber)
    return {"just_paused": True}


# The owner's page


def _owner_page(request: HttpRequest, subscriber: Subscriber, *, token: str) -> HttpResponse:
    """Show everything that the owner can change; a POST does what its button says."""
    buttons: dict[str, Callable[[HttpRequest, Subscriber], Context]] = {
        "pause": _pause,
        "resume": _resume,
        "change-address": _request_address_change,
        "cancel-address-change": _cancel_address_change,
        "stop-quoting": _stop_quoting,
    }
    result: Context = {}
    if request.method == "POST":
        act = next((buttons[name] for name in buttons if name in request.POST), _save)
        try:
            result = act(request, subscriber)
        except ProofOfWorkNeeded:  # to change the address
            return proof_of_work_page(request, at=timezone.now(), context={})
        subscriber.refresh_from_db()
    status = int(result.get("status", 200))
    context = {**_owner_context(subscriber), "token": token, **result}
    headers = {"Retry-After": RETRY_AFTER} if status == 429 else {}
    return TemplateResponse(
        request,
        "subscribers/preferences/preferences_owner.html",
        context,
        status=status,
        headers=headers,
    )


def _owner_context(subscriber: Subscriber) -> Context:
    comments = Comment.objects.of_address(subscriber.address)
    slugs = [subscription.briefing.slug for subscription in subscriber.active_subscriptions()]
    return {
        "subscriber": subscriber,
        "form": PreferencesForm(
            offered=offered_briefings(subscriber),
            initial={**subscriber.profile(), "briefings": slugs, "shown": slugs},
        ),
        "resume_day": _resume_day(subscriber),
        "pause_form": PauseForm(subscriber=subscriber),
        "waiting_change": address_changes.waiting_change(subscriber, at=timezone.now()),
        "address_form": AddressChangeForm(),
        "link_valid_for": OWNER_LINK_VALID_FOR,
        "comment_count": comments.not_withdrawn().count(),
        "quotable_count": comments.quotable().count(),
    }


def _save(request: HttpRequest, subscriber: Subscriber) -> Context:
    form = PreferencesForm(request.POST, offered=offered_briefings(subscriber))
    if not form.is_valid():
        return {"form": form, "status": 422}
    changes = save_preferences(
        subscriber,
        profile=form.profile(),
        shown=form.cleaned_data["shown"],
        wanted=form.cleaned_data["briefings"],
        ip=client_ip(request),
        at=timezone.now(),
    )
    return {"changes": changes}


def _resume(request: HttpRequest, subscriber: Subscriber) -> Context:
    subscriber.resume()
    return {"done": gettext("Your emails have resumed. You will get the next issue as usual.")}


def _request_address_change(request: HttpRequest, subscriber: Subscriber) -> Context:
    form = AddressChangeForm(request.POST)
    if not form.is_valid():
        return {"address_form": form, "status": 422}
    now, ip, address = timezone.now(), client_ip(request), form.cleaned_data["address"]
    try:
        check_form(request, address=address, signature=form.cleaned_data["began"], at=now)
    except TooManyForms as refusal:
        form.add_error("address", str(refusal))
        return {"address_form": form, "status": 429}
    try:
        address_changes.request_change(subscriber, address=address, ip=ip, at=now)
    except address_changes.SameAddress as same:
        form.add_error("address", str(same))
        return {"address_form": form, "status": 422}
    done = gettext(
        "We have emailed %(address)s and your current address. Open both emails to confirm the"
        " change."
    ) % {"address": readable_address(address)}
    if suggested := suggest_domain(address.rpartition("@")[2]):
        question = gettext(
            "Did you mean %(domain)s? If so, cancel the change and enter the address again."
        )
        done += " " + question % {"domain": suggested}
    return {"done": done}


def _cancel_address_change(request: HttpRequest, subscriber: Subscriber) -> Context:
    address_changes.cancel_change(subscriber)
    return {"done": gettext("Change cancelled. We will keep using your current address.")}


def _stop_quoting(request: HttpRequest, subscriber: Subscriber) -> Context:
    quotable = Comment.objects.of_address(subscriber.address).quotable()
    own_comments.stop_quoting(quotable, at=timezone.now(), source=SOURCE, ip=client_ip(request))
    return {"done": gettext("We will not quote any of your comments from now on.")}


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def preferences_comments(request: HttpRequest, token: str) -> HttpResponse:
    """POST signs the owner in for comments and leads to theirs; GET leads to the button."""
    access = access_links.verify_access(token)
    if access is None:
        return _link_expired(request)
    if request.method != "POST" or not access.is_owner:
        return redirect("subscribers:preferences", token=token)
    commenter = confirm_commenter(access.subscriber.address, at=timezone.now())
    response = redirect("briefings:my_comments")
    sign_in(response, commenter)
    return response


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def download_data(request: HttpRequest, token: str) -> HttpResponse:
    """POST returns everything we keep about the owner as JSON; GET leads to the button."""
    access = access_links.verify_access(token)
    if access is None:
        return _link_expired(request)
    answer_in(access.subscriber.language)
    if request.method != "POST" or not access.is_owner:
        return redirect("subscribers:preferences", token=token)
    now = timezone.now()
    file = JsonResponse(
        make_data_export(access.subscriber, at=now),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
    )
    file.headers["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.json"'
    return file


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks the owner to confirm; POST erases everything about them."""
    access = access_links.verify_access(token)
    if access is None:
        return _link_expired(request)
    answer_in(access.subscriber.language)
    if not access.is_owner:
        return redirect("subscribers:preferences", token=token)
    person = person_of(access.subscriber)
    if request.method != "POST":
        context = {
            "subscriber": access.subscriber,
            "token": token,
            "comments": comments_by(person.addresses).count(),
            "form": ErasureForm(),
        }
        return TemplateResponse(request, "subscribers/preferences/erase.html", context)
    form = ErasureForm(request.POST)
    form.is_valid()  # always: its one checkbox is optional
    erasure.erase(person, keep_words=form.cleaned_data["keep_words"])
    return TemplateResponse(request, "subscribers/preferences/erased.html")


# The page that the two emails about a change of address open


@private_page
@own_forms_only
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address_change(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks; POST confirms or, from the old address, refuses.

    The answer does not reveal whether the other address has confirmed, or what came of it.
    """
    now = timezone.now()
    is_refused = request.method == "POST" and "no" in request.POST
    if is_refused:
        found = address_changes.refuse_change(token, at=now)
    elif request.method == "POST":
        found = address_changes.confirm_change(token, ip=client_ip(request), at=now)
    else:
        found = address_changes.find_request(token, at=now)
    if found is None:
        context: Context = {"link_expired": True, "confirm_within": CONFIRM_CHANGE_WITHIN}
        return TemplateResponse(
            request, "subscribers/preferences/address_change.html", context, status=404
        )
    answer_in(found.change.subscriber.language)
    context = {
        "change": found.change,
        "is_new_address": found.side == address_changes.Side.NEW,
        "is_confirmed": found.is_confirmed,
        "is_refused": is_refused,
        "owner_link_valid_for": OWNER_LINK_VALID_FOR,
    }
    return TemplateResponse(request, "subscribers/preferences/address_change.html", context)
