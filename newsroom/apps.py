"""App configurations: newsroom itself, and Django's admin with our site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from newsroom.retention.system_checks import check_retention


class NewsroomConfig(AppConfig):
    """What both apps are built on: transactional emails, tokens, the audit log, health checks."""

    name = "newsroom"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        """Register the system check of the retention policy."""
        checks.register(check_retention)


class NewsroomAdminConfig(AdminConfig):
    """Django's admin with our admin site."""

    default_site = "newsroom.admin_site.NewsroomAdminSite"
