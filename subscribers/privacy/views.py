"""The public page that says what we keep about readers, and for how long."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from briefings.comment_identity import SIGNED_IN_FOR
from newsroom.public_pages import public_page
from newsroom.retention.policy import PolicyError, Table, read_policy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

log = logging.getLogger(__name__)

# The headings of the page, each with its tables: the first whose prefix a name begins with.
_CHECKING = ("briefings_remark", "briefings_guestopinion", "briefings_proof")
_GROUPS: tuple[tuple[StrPromise, tuple[str, ...]], ...] = (
    (gettext_lazy("If you checked a draft for us"), _CHECKING),
    (gettext_lazy("Your comments and answers"), ("briefings_",)),
    (gettext_lazy("Your address and our emails to you"), ("",)),
)


@public_page()
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the retention policy that is carried out; an unreadable one is logged, not shown."""
    try:
        tables = list(read_policy().tables.values())
    except PolicyError as fault:
        log.error("The privacy page shows no policy: %s", fault)
        tables = []
    context = {
        "groups": _in_groups(table for table in tables if table.what),
        "signed_in_for": SIGNED_IN_FOR,
        "asks_akismet": bool(settings.AKISMET_KEY),
    }
    return TemplateResponse(request, "subscribers/privacy/privacy.html", context)


def _in_groups(tables: Iterable[Table]) -> list[tuple[StrPromise, list[Table]]]:
    """Return the tables under their headings, readers' addresses first, without empty groups."""
    found: dict[int, list[Table]] = {}
    for table in tables:
        group = next(at for at, (_, begin) in enumerate(_GROUPS) if table.name.startswith(begin))
        found.setdefault(group, []).append(table)
    return [(_GROUPS[at][0], found[at]) for at in sorted(found, reverse=True)]
