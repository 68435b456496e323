"""The app with everybody who receives it."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SubscribersConfig(AppConfig):
    """Sign-up, preferences, lists, sending and bounces."""

    name = "subscribers"
    verbose_name = "Subscribers"

    def ready(self) -> None:
        """Update staff groups after every migrate; notice when single emails cannot be sent."""
        from newsroom.emails import batch_tried
        from subscribers.permissions import apply_after_migrate
        from subscribers.sending.outages import note_transactional_emails

        batch_tried.connect(note_transactional_emails)
        post_migrate.connect(apply_after_migrate, sender=self)
