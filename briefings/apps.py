"""What is said."""

from django.apps import AppConfig


class BriefingsConfig(AppConfig):
    """Briefings, issues, comments; their pages and the editors' admin."""

    name = "briefings"
    verbose_name = "Briefings"
