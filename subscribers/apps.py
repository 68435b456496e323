"""Who hears it."""

from django.apps import AppConfig


class SubscribersConfig(AppConfig):
    """Sign-up, consent, the ledger and the sending engine."""

    name = "subscribers"
    verbose_name = "Subscribers"
