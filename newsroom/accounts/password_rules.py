"""Which passwords are refused besides short ones and those of Django's list."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from newsroom.accounts.breached_passwords import is_breached

# What has a shorter core needs as many different characters as this.
MIN_CORE = 4
MIN_DIFFERENT = 8
# How often a part is repeated in “abcabcabcabc”.
_REPEATED = re.compile(r"(.+?)\1+")


class DecoratedPasswordValidator(CommonPasswordValidator):
    """Refuses a common password that was only made longer: “Password2026!!”, “qwertyqwerty”.

    Django's list of the 20,000 most common passwords has few with twelve characters.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if what is left without decoration is common."""
        alphabetic = re.sub(r"[\W\d_]+", "", password.casefold())
        repeated = _REPEATED.fullmatch(alphabetic)
        core = repeated[1] if repeated else alphabetic
        common = self.passwords | {settings.SITE_NAME.casefold()}
        is_poor = len(core) < MIN_CORE and len(set(password)) < MIN_DIFFERENT
        if is_poor or alphabetic in common or core in common:
            raise ValidationError(
                "This is a common password that was made longer. Use three or four words that do"
                " not belong together.",
                code="password_decorated",
            )

    def get_help_text(self) -> str:
        """Return nothing: Django's help text says that it must not be common."""
        return ""


class BreachedPasswordValidator:
    """Refuses a password that was stolen elsewhere, if BREACHED_PASSWORDS_FILE lists them."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError if the password is in the list."""
        file = settings.BREACHED_PASSWORDS
        if file is not None and is_breached(password, file):
            raise ValidationError(
                "This password was stolen from another site, so attackers try it. Choose another.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """Return what the form says of it."""
        return ""
