"""`/.well-known/security.txt` (RFC 9116): where to report a weakness of the site."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from newsroom.public_pages import public_page
from newsroom.reader_language import STAFF_LANGUAGE, primary_language

if TYPE_CHECKING:
    from django.http import HttpRequest

# Section 2.5.5 recommends less than a year. The day moves on as long as somebody runs the site.
VALID_FOR = timedelta(days=180)


@public_page()
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Return where and until when to report weaknesses; 404 without SECURITY_CONTACT."""
    if not settings.SECURITY_CONTACT:
        raise Http404("There is no contact for reports about security.")
    # That of the site, and that of staff. RFC 9116, section 2.5.8: their order says nothing.
    codes = (settings.LANGUAGE_CODE, STAFF_LANGUAGE)
    languages = dict.fromkeys(map(primary_language, codes))
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {address}" for address in settings.SECURITY_CONTACT),
        f"Expires: {midnight + VALID_FOR:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(languages)}",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def check_security_contact(**_: Any) -> list[CheckWarning]:
    """Warn of a public site that does not say where to report a weakness."""
    if settings.SECURITY_CONTACT:
        return []
    return [
        CheckWarning(
            "SECURITY_CONTACT is not set, so nobody learns where to report a weakness of this"
            " site.",
            hint="Set it to an address such as security@example.com.",
            id="newsroom.W002",
        )
    ]
