"""App configurations: newsroom itself, and Django's admin with our site."""

import logging

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from newsroom.retention.system_checks import check_retention
from newsroom.webhook_providers import warn_about_events

log = logging.getLogger(__name__)


class NewsroomConfig(AppConfig):
    """What both apps are built on: transactional emails, tokens, the audit log, health checks."""

    name = "newsroom"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        """Register the check of the retention policy; warn of providers without events."""
        checks.register(check_retention)
        for warning in warn_about_events(settings.MAIL_SERVERS, settings.HOOK_SECRETS):
            log.warning(warning)


class NewsroomAdminConfig(AdminConfig):
    """Django's admin with our admin site."""

    default_site = "newsroom.admin_site.NewsroomAdminSite"
