"""Pages of the development inbox.

An email's HTML is untrusted, so it is shown in a sandboxed frame without scripts or an origin.
"""

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

from newsroom.content_security_policy import replace_csp
from newsroom.form_origin import own_forms_only
from newsroom.inbox import storage

PER_PAGE = 50
# What an email client allows: inline styles and our pictures. Links open in a new tab.
EMAIL_CSP = {
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
_OPEN_LINKS_IN_NEW_TAB = '<base target="_blank">'
_HEAD = re.compile(r"<head(?:\s[^>]*)?>", re.IGNORECASE)


@never_cache
@require_safe
def email_list(request: HttpRequest) -> HttpResponse:
    """List the emails, newest first. `?to=` searches for part of the recipient's address."""
    to = request.GET.get("to", "").strip()
    page = Paginator(storage.stored_emails(to=to), PER_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "inbox/email_list.html", {"page": page, "to": to})


@never_cache
@require_safe
@replace_csp({"frame-src": [SELF]})
def email_detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one email: its HTML in a frame, its plain text and its headers."""
    return TemplateResponse(request, "inbox/email_detail.html", {"email": _get_email_or_404(key)})


@never_cache
@require_safe
@xframe_options_sameorigin
@replace_csp(EMAIL_CSP)
def email_html(request: HttpRequest, key: str) -> HttpResponse:
    """Return the HTML part alone, for the frame."""
    html = _get_email_or_404(key).html
    head = _HEAD.search(html)
    position = head.end() if head else 0
    return HttpResponse(html[:position] + _OPEN_LINKS_IN_NEW_TAB + html[position:])


@never_cache
@require_safe
def email_source(request: HttpRequest, key: str) -> HttpResponse:
    """Return the message source, as it would have been sent."""
    return HttpResponse(_get_email_or_404(key).source, content_type="text/plain; charset=utf-8")


@own_forms_only
@require_POST
def inbox_empty(request: HttpRequest) -> HttpResponse:
    """Delete every email."""
    storage.delete_all()
    return redirect("inbox:email_list")


def _get_email_or_404(key: str) -> storage.StoredEmail:
    email = storage.stored_email(key)
    if email is None:
        raise Http404("There is no such email. The inbox may have been emptied.")
    return email
