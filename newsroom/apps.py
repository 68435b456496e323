"""The rooms' foundation, and Django's admin as the newsroom's desk."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from newsroom.retention.system_checks import check_retention


class NewsroomConfig(AppConfig):
    """Letters, tokens, the log of acts, health."""

    name = "newsroom"
    verbose_name = "Newsroom"

    def ready(self) -> None:
        """Have `manage.py check` read the retention policy."""
        checks.register(check_retention)


class NewsroomAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "newsroom.admin_site.NewsroomAdminSite"
