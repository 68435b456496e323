"""The admin site: Django's, with our name and the content security policy its editor needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest

from newsroom.admin_mixins import DeclaredFiltersMixin, PlainMessagesMixin

# CKEditor (divarea) sets style attributes and inline event handlers; public pages use neither.
ADMIN_CONTENT_POLICY = {
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

# How long a browser keeps an issue's unsaved changes.
DRAFTS_KEPT_FOR = timedelta(days=7)
# On the start page these come first, in this order; all others follow alphabetically.
APP_ORDER = ("briefings", "subscribers")
MODEL_ORDER = ("Issue", "Comment", "Briefing", "Contributor", "Dispatch", "Subscriber")
# Headings that say more than the names that packages give their lists.
MODEL_HEADINGS = {
    "AccessAttempt": "Repeated wrong passwords",
    "AccessFailureLog": "Failed log-ins",
    "AccessLog": "Log-ins and log-outs",
    "User": "Staff accounts",
}


def _rank(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)


class LogInForm(AdminAuthenticationForm):
    """Django's form, with labels and words as on every other page."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "No account that can open the admin has this name and this password."
        " Capitals count in both.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class NewsroomAdminSite(AdminSite):
    """The newsroom admin, where reporters draft and editors approve, schedule and monitor."""

    site_header = f"{settings.SITE_NAME} admin"
    site_title = f"{settings.SITE_NAME} admin"
    index_title = "Desk"
    enable_nav_sidebar = False
    empty_value_display = "—"
    login_form = LogInForm

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "drafts_kept_for": DRAFTS_KEPT_FOR}

    def register(
        self,
        model_or_iterable: Any,
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register models as Django does, with our mixins for every list, other apps' too."""
        base = admin_class or ModelAdmin
        mixins = (DeclaredFiltersMixin, PlainMessagesMixin)
        missing = tuple(mixin for mixin in mixins if not issubclass(base, mixin))
        if missing:
            base = type(base.__name__, (*missing, base), {"__module__": base.__module__})
        super().register(model_or_iterable, base, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view with the admin's content security policy."""
        return csp_replace(ADMIN_CONTENT_POLICY)(super().admin_view(view, cacheable))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the apps and models, the most used first."""
        apps: list[Any] = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _rank(MODEL_ORDER, model["object_name"]))
            for model in app["models"]:
                model["name"] = MODEL_HEADINGS.get(model["object_name"], model["name"])
        return sorted(apps, key=lambda app: _rank(APP_ORDER, app["app_label"]))
