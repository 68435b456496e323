"""The app with everything that is published."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class BriefingsConfig(AppConfig):
    """Briefings, issues and comments; their public pages and their part of the admin."""

    name = "briefings"
    verbose_name = "Briefings"

    def ready(self) -> None:
        """After every migrate, apply groups and make search's tables; watch what pages show."""
        from briefings.permissions import apply_after_migrate
        from briefings.search.sqlite_tables import make_after_migrate
        from briefings.shown_rows import watch_shown_rows

        watch_shown_rows()
        post_migrate.connect(apply_after_migrate, sender=self)
        post_migrate.connect(make_after_migrate, sender=self)
