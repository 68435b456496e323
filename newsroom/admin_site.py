"""The admin site: Django's, with our name and the content security policy its editor needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from newsroom.accounts.account_pages import account_urls
from newsroom.accounts.log_in import LogInForm, LogInView
from newsroom.accounts.own_password import password_was_changed
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
    "LogInAttempt": "Log-ins and failed log-ins",
    "User": "Staff accounts",
}


def _rank(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)


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

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's addresses, with those of a person's own account."""
        return [*account_urls(self.admin_view), *super().get_urls()]

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the log-in page, or the start page to somebody who is logged in."""
        if request.method == "GET" and self.has_permission(request):
            return redirect(reverse("admin:index", current_app=self.name))
        context = {
            **self.each_context(request),
            "title": "Log in",
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "local_log_in": settings.LOCAL_LOG_IN,
            "provider": settings.OIDC.name if settings.OIDC else "",
            **(extra_context or {}),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index", current_app=self.name)
        view = LogInView.as_view(
            extra_context=context,
            authentication_form=self.login_form,
            template_name="admin/login.html",
            next_page="admin:index",
        )
        return view(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Have somebody change their password, which ends all their other sessions."""
        former = request.session.session_key
        response = super().password_change(request, extra_context)
        if request.method == "POST" and response.status_code == 302:
            password_was_changed(request, former_key=former)
        return response

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
