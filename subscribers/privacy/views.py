"""What is kept about readers and for how long, said from the policy that is carried out."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from newsroom.retention.policy import PolicyError, read_policy

log = logging.getLogger(__name__)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """List what the site keeps; empty while the policy cannot be read, which the log says."""
    try:
        tables = [table for table in read_policy().tables.values() if table.what]
    except PolicyError as fault:
        log.error("the page about privacy is empty: %s", fault)
        tables = []
    return TemplateResponse(request, "subscribers/privacy.html", {"tables": tables})
