"""The desk: Django's admin under our name and with the policy that its editor needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.admin import AdminSite

if TYPE_CHECKING:
    from collections.abc import Callable

# CKEditor (divarea) sets style attributes and inline handlers; the public pages need neither.
DESK_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "script-src-attr": [UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "font-src": [SELF],
    "img-src": [SELF, "data:", "https:"],
    "connect-src": [SELF],
    "frame-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}


class Desk(AdminSite):
    """Where reporters draft and editors approve, schedule and watch."""

    site_header = f"{settings.SITE_NAME} desk"
    site_title = f"{settings.SITE_NAME} desk"
    index_title = "This week"
    enable_nav_sidebar = False

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Wrap a page of the desk in the desk's content security policy."""
        return csp_replace(DESK_POLICY)(super().admin_view(view, cacheable))
