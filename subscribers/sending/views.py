"""'View in browser': an issue email as its recipient got it."""

from __future__ import annotations

import re

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from newsroom.content_security_policy import replace_csp
from newsroom.private_pages import private_page
from newsroom.tokens import verify_id
from subscribers.models import Delivery
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import Placeholder, fill_placeholders

_PERSONAL_LINK = re.compile(
    rf"(?:{re.escape(settings.SITE_URL)})?/(?:unsubscribe|preferences)/"
    rf"(?:{Placeholder.UNSUBSCRIBE}|{Placeholder.PREFERENCES})/?"
)
_COMMENTS_LINK = re.compile(
    rf"(?:{re.escape(settings.SITE_URL)})?/comments/from-email/{Placeholder.COMMENTS}/?"
)
# In a mail program, an email is an article on a page with landmarks; here it is the page.
_ARTICLE = re.compile(r'role="article"\s+aria-roledescription="email"')
# An email has inline styles, as email clients need them; no script may run.
EMAIL_CSP = {
    "default-src": [NONE],
    "script-src": [NONE],
    "connect-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": [SELF, "https:", "data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}


@private_page
@replace_csp(EMAIL_CSP)
@require_safe
def view_in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """Show the frozen email; 404 if the token is not valid.

    The address of this page gets shared, so the links that unsubscribe and open the preferences
    lead to the form that emails a link to the recipient, and nobody can sign in from it.
    """
    delivery = (
        Delivery.objects.filter(pk=verify_id("view", token) or 0)
        .select_related("dispatch__issue__briefing")
        .first()
    )
    recipient = recipient_of(delivery) if delivery else None
    if delivery is None or recipient is None:
        raise Http404("This link leads to no email. You may find the issue on our website.")
    html = _PERSONAL_LINK.sub(reverse("subscribers:preferences_link"), delivery.dispatch.html)
    html = _COMMENTS_LINK.sub(f"{delivery.dispatch.issue.get_absolute_url()}#comments", html)
    return HttpResponse(fill_placeholders(as_page(html), recipient))


def as_page(html: str) -> str:
    """Return the HTML of an email with a landmark, for where it is the whole page."""
    return _ARTICLE.sub('role="main"', html, count=1)
