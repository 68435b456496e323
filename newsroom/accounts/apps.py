"""The app of staff's log-ins and sessions."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out


class AccountsConfig(AppConfig):
    """Log-ins, sessions and second factors of staff. Whose account is whose stays with Django."""

    name = "newsroom.accounts"
    label = "accounts"
    verbose_name = "Log-ins"

    def ready(self) -> None:
        """Have every way of logging in begin a session that its owner can see and end."""
        from newsroom.accounts.staff_sessions import begin_session, forget_session

        user_logged_in.connect(begin_session)
        user_logged_out.connect(forget_session)
