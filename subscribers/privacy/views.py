"""The public page that says what we keep about readers, and for how long."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from briefings.comment_identity import SIGNED_IN_FOR
from newsroom.public_pages import public_page
from newsroom.retention.policy import PolicyError, read_policy

log = logging.getLogger(__name__)


@public_page()
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the retention policy that is carried out; an unreadable one is logged, not shown."""
    try:
        tables = [table for table in read_policy().tables.values() if table.what]
    except PolicyError as fault:
        log.error("The privacy page shows no policy: %s", fault)
        tables = []
    context = {
        "tables": tables,
        "signed_in_for": SIGNED_IN_FOR,
        "asks_akismet": bool(settings.AKISMET_KEY),
    }
    return TemplateResponse(request, "subscribers/privacy/privacy.html", context)
