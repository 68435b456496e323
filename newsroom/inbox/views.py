"""The inbox's pages. A letter is shown as a stranger's: in a frame, without scripts or origin."""

from __future__ import annotations

import re

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from newsroom.content_policy import content_policy
from newsroom.inbox import storage

PER_PAGE = 50
# What a mail program allows a letter: its own styles and our pictures; links open beside it.
LETTER_POLICY = {
    "default-src": [NONE],
    "script-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "font-src": [SELF, settings.SITE_URL],
    "img-src": [SELF, settings.SITE_URL, "data:"],
    "connect-src": [NONE],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [
        "allow-popups",
        "allow-popups-to-escape-sandbox",
        "allow-top-navigation-by-user-activation",
    ],
}
_LINKS_OPEN_OUTSIDE = '<base target="_blank">'
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


@never_cache
@require_safe
def letter_list(request: HttpRequest) -> HttpResponse:
    """Letters, the newest first; `?to=` looks for a part of the recipient's address."""
    to = request.GET.get("to", "").strip()
    page = Paginator(storage.letters(to=to), PER_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "inbox/letter_list.html", {"page": page, "to": to})


@never_cache
@require_safe
@content_policy({"frame-src": [SELF]})
def letter_detail(request: HttpRequest, key: str) -> HttpResponse:
    """One letter: as it looks, as plain text, its headers."""
    return TemplateResponse(request, "inbox/letter_detail.html", {"letter": _found(key)})


@never_cache
@require_safe
@xframe_options_sameorigin
@content_policy(LETTER_POLICY)
def letter_html(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML part alone, for the frame."""
    html = _found(key).html
    head = _HEAD.search(html)
    place = head.end() if head else 0
    return HttpResponse(html[:place] + _LINKS_OPEN_OUTSIDE + html[place:])


@never_cache
@require_safe
def letter_source(request: HttpRequest, key: str) -> HttpResponse:
    """The letter as it would have gone over the wire."""
    return HttpResponse(_found(key).source, content_type="text/plain; charset=utf-8")


@require_POST
def letter_empty(request: HttpRequest) -> HttpResponse:
    """Throw every letter away."""
    storage.empty()
    return redirect("inbox:letter_list")


def _found(key: str) -> storage.Letter:
    letter = storage.letter(key)
    if letter is None:
        raise Http404("No such letter; the inbox may have been emptied.")
    return letter
