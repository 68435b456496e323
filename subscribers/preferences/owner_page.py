"""The preferences page of an address's owner, who reads its mail and so may change everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format

from newsroom.client_address import client_ip
from newsroom.email_addresses import readable_address
from subscribers.models import Subscriber
from subscribers.preferences import address_changes, links, pauses, unsubscription
from subscribers.preferences.forms import AddressChangeForm, PauseForm
from subscribers.signup.domain_suggestions import suggest_domain
from subscribers.signup.forms import PreferencesForm
from subscribers.signup.views import BUSY, RETRY_AFTER, too_many_forms

TEMPLATE = "subscribers/preferences_owner.html"
Context = dict[str, Any]


def owner_page(request: HttpRequest, subscriber: Subscriber, *, token: str) -> HttpResponse:
    """Show everything there is to change; a POST does what its button says."""
    acts: dict[str, Callable[[HttpRequest, Subscriber], Context]] = {
        "pause": _pause,
        "go-on": _go_on,
        "move": _move,
        "call-off": _call_off,
    }
    done: Context = {}
    if request.method == "POST":
        act = next((acts[name] for name in acts if name in request.POST), _save)
        done = act(request, subscriber)
        subscriber.refresh_from_db()
    status = int(done.get("status", 200))
    context = {**_page(subscriber), "token": token, **done}
    headers = {"Retry-After": RETRY_AFTER} if status == 429 else {}
    return TemplateResponse(request, TEMPLATE, context, status=status, headers=headers)


def until_words(subscriber: Subscriber) -> str:
    """The day on which a paused reader's letters begin again, in words; empty when they come."""
    until = pauses.paused_until(subscriber, at=timezone.now())
    return date_format(until, "l j F Y") if until else ""


def pause_form(subscriber: Subscriber, data: Any = None) -> PauseForm:
    """Ask for a day between tomorrow and a year from now."""
    now = timezone.now()
    return PauseForm(
        data,
        first=pauses.first_day(subscriber, at=now),
        last=pauses.last_day(subscriber, at=now),
    )


def try_to_pause(request: HttpRequest, subscriber: Subscriber) -> Context:
    """Pause as a form says: what to show, with status 422 when the day will not do."""
    form = pause_form(subscriber, request.POST)
    if form.is_valid():
        try:
            pauses.pause(subscriber, until=form.cleaned_data["until"], at=timezone.now())
        except pauses.PauseRefused as refusal:
            form.add_error("until", str(refusal))
    if form.errors:
        return {"pause_form": form, "status": 422}
    return {"done": f"Nothing comes until {until_words(subscriber)}. Then it goes on by itself."}


def _page(subscriber: Subscriber) -> Context:
    taken = [one.briefing.slug for one in unsubscription.active_of(subscriber)]
    return {
        "subscriber": subscriber,
        "form": PreferencesForm(
            offered=links.offered_to(subscriber),
            initial={"name": subscriber.name, "briefings": taken, "shown": taken},
        ),
        "paused_until": until_words(subscriber),
        "pause_form": pause_form(subscriber),
        "waiting": address_changes.waiting(subscriber, at=timezone.now()),
        "move_form": AddressChangeForm(),
    }


def _save(request: HttpRequest, subscriber: Subscriber) -> Context:
    form = PreferencesForm(request.POST, offered=links.offered_to(subscriber))
    if not form.is_valid():
        return {"form": form, "status": 422}
    changes = links.change(
        subscriber,
        name=form.cleaned_data["name"],
        shown=form.cleaned_data["shown"],
        wanted=form.cleaned_data["briefings"],
        ip=client_ip(request),
        at=timezone.now(),
    )
    return {"changes": changes}


def _pause(request: HttpRequest, subscriber: Subscriber) -> Context:
    return try_to_pause(request, subscriber)


def _go_on(request: HttpRequest, subscriber: Subscriber) -> Context:
    pauses.go_on(subscriber)
    return {"done": "The pause is over. The next issue comes in its time."}


def _move(request: HttpRequest, subscriber: Subscriber) -> Context:
    form = AddressChangeForm(request.POST)
    if not form.is_valid():
        return {"move_form": form, "status": 422}
    now, ip, address = timezone.now(), client_ip(request), form.cleaned_data["address"]
    if too_many_forms(ip, at=now):
        form.add_error("address", BUSY)
        return {"move_form": form, "status": 429}
    try:
        address_changes.ask(subscriber, address=address, ip=ip, at=now)
    except address_changes.SameAddress as refusal:
        form.add_error("address", str(refusal))
        return {"move_form": form, "status": 422}
    shown = readable_address(address)
    done = f"We are writing to {shown} and to your present address. Open both letters."
    if meant := suggest_domain(address.rpartition("@")[2]):
        done += f" Did you mean {meant}? Then call it off and type the address again."
    return {"done": done}


def _call_off(request: HttpRequest, subscriber: Subscriber) -> Context:
    address_changes.call_off(subscriber)
    return {"done": "Called off. Your letters go where they went before."}
