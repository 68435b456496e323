"""'View in browser': a letter as its reader got it."""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from newsroom.content_security_policy import replace_csp
from newsroom.private_pages import private_page
from newsroom.tokens import verify_id
from subscribers.models import Delivery
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import fill_placeholders

# A letter carries its styles in its elements, as mail programs need them; nothing in it may run.
LETTER_POLICY = {
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
@replace_csp(LETTER_POLICY)
@require_safe
def view_in_browser(request: HttpRequest, token: str) -> HttpResponse:
    """Show the frozen letter with this reader's own links; 404 when the link is none of ours."""
    delivery = (
        Delivery.objects.filter(pk=verify_id("view", token) or 0).select_related("dispatch").first()
    )
    reader = recipient_of(delivery) if delivery else None
    if delivery is None or reader is None:
        raise Http404("This link shows no letter; the issue may still be found in the archive.")
    return HttpResponse(fill_placeholders(delivery.dispatch.html, reader))
