"""The app with everybody who receives it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscribersConfig(AppConfig):
    """Sign-up, preferences, lists, sending and bounces."""

    name = "subscribers"
    verbose_name = "Subscribers"

    def ready(self) -> None:
        """Update the permissions of staff groups after every migrate."""
        from subscribers.permissions import apply_after_migrate

        post_migrate.connect(apply_after_migrate, sender=self)
