"""What only the owner of an address may do with all of it: take it along, or have it erased."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from newsroom.private_pages import private_page
from subscribers.models import Subscriber
from subscribers.preferences import links
from subscribers.preferences.views import link_ended
from subscribers.privacy import erasure
from subscribers.privacy.data_export import make_data_export
from subscribers.privacy.forms import ErasureForm
from subscribers.privacy.personal_data import comments_by, person_of


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def download(request: HttpRequest, token: str) -> HttpResponse:
    """POST gives a JSON file with every row about the owner; GET leads to the button."""
    subscriber = _owner(token)
    if subscriber is None:
        return _not_the_owner(request, token)
    if request.method != "POST":
        return redirect("subscribers:preferences", token=token)
    now = timezone.now()
    file = JsonResponse(
        make_data_export(subscriber, at=now), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    file.headers["Content-Disposition"] = f'attachment; filename="my-data-{now:%Y-%m-%d}.json"'
    return file


@private_page
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks once, POST erases."""
    subscriber = _owner(token)
    if subscriber is None:
        return _not_the_owner(request, token)
    person = person_of(subscriber)
    if request.method != "POST":
        context = {
            "subscriber": subscriber,
            "token": token,
            "comments": comments_by(person.addresses).count(),
            "form": ErasureForm(),
        }
        return TemplateResponse(request, "subscribers/erase.html", context)
    form = ErasureForm(request.POST)
    form.is_valid()  # one box, ticked or not
    erasure.erase(person, keep_words=form.cleaned_data["keep_words"], at=timezone.now())
    return TemplateResponse(request, "subscribers/erased.html")


def _owner(token: str) -> Subscriber | None:
    visit = links.visit(token)
    return visit.subscriber if visit and visit.is_owner else None


def _not_the_owner(request: HttpRequest, token: str) -> HttpResponse:
    """Redirect the holder of an email to what they may do; offer anybody else a new link."""
    if links.visit(token) is None:
        return link_ended(request)
    return redirect("subscribers:preferences", token=token)
