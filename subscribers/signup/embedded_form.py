"""The sign-up form on other sites: its HTML, and which page of which site a form was sent from.

A form on another site cannot carry a CSRF token and needs none: it acts for nobody who is logged
in, and all it can do is make us ask an address to confirm, at most once an hour. So it is accepted
as it is, with two differences:

- it counts as suspicious (`form_guard`): a page that makes its visitors' browsers send the form
  brings a new network with each of them, so the proof of work starts sooner;
- we do not know what its page said, so our confirmation page shows the recorded wording again, and
  confirming means consent to that.

A page of ours in between would cost honest people another click and an attacker nothing: the same
page can be posted to without a browser. A frame with our form is not offered: our pages refuse to
be framed (clickjacking), and one exception would help attackers more than readers.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from briefings.models import Briefing
from newsroom.form_origin import claimed_origin, is_own_origin, origin_of
from newsroom.invisible_characters import is_printable
from newsroom.tokens import sign_value, verify_value

MAX_SOURCE = 300  # characters, as ConsentRecord.source
_PURPOSE = "source"


def other_origin(request: HttpRequest) -> str:
    """Return the origin of the other site that sent this form; empty if it was sent from ours.

    `null` if the browser hides it. A script can write any, which makes its form suspicious and has
    no other effect.
    """
    origin = claimed_origin(request)
    if not origin or is_own_origin(origin, request):
        return ""
    return origin_of(origin) or "null"


def source_on(origin: str, *, stated: str) -> str:
    """Return the other site's page as evidence: as the form states it, if the origin agrees."""
    if origin == "null":
        return "another site"
    page = stated.partition("#")[0].partition("?")[0]
    if origin_of(page) == origin and is_printable(page) and " " not in page:
        return page[:MAX_SOURCE]
    return f"{origin}/"[:MAX_SOURCE]


def sign_source(origin: str, *, stated: str) -> str:
    """Return the other site's page, signed, so that we can believe it when our form returns it."""
    return sign_value(_PURPOSE, source_on(origin, stated=stated))


def verify_source(signed: str) -> str:
    """Return the other site's page that we signed within a day; else empty."""
    return verify_value(_PURPOSE, signed, max_age=86_400) or ""


def is_our_page(source: str) -> bool:
    """Whether a recorded source is a page of this site."""
    return source.startswith("/")


def is_web_page(address: str) -> bool:
    """Whether this is the address of a web page, fit to be put into the form's HTML."""
    return bool(origin_of(address)) and is_printable(address) and len(address) <= MAX_SOURCE


def form_action(briefing: Briefing) -> str:
    """Return the address that the form is sent to."""
    return settings.SITE_URL + reverse("subscribers:subscribe_briefing", args=[briefing.slug])


def form_html(briefing: Briefing, *, page: str) -> str:
    """Return the HTML of the form for a page on another site: no script, no style, no cookie."""
    context = {"briefing": briefing, "action": form_action(briefing), "page": page}
    return render_to_string("subscribers/signup/_embedded_form.html", context).strip() + "\n"
