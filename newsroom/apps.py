"""App configurations: newsroom itself, and Django's admin with our site."""

import logging

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from newsroom.retention.system_checks import check_retention
from newsroom.security_txt import check_security_contact
from newsroom.webhook_providers import warn_about_events

APP_NAMES = {"auth": "Staff accounts"}

log = logging.getLogger(__name__)


class NewsroomConfig(AppConfig):
    """What both apps are built on: transactional emails, tokens, the audit log, health checks."""

    name = "newsroom"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        """Register our checks; warn of providers without events."""
        checks.register(check_retention)
        checks.register(check_security_contact, deploy=True)
        for warning in warn_about_events(settings.MAIL_SERVERS, settings.HOOK_SECRETS):
            log.warning(warning)


class NewsroomAdminConfig(AdminConfig):
    """Django's admin with our admin site."""

    default_site = "newsroom.admin_site.NewsroomAdminSite"

    def ready(self) -> None:
        """Have all pages and lists of permissions call these apps by names that say more."""
        super().ready()
        for label, name in APP_NAMES.items():
            apps.get_app_config(label).verbose_name = name
