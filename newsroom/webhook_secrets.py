"""Which providers may tell us of letters, and how each proves who it is: `HOOK_SECRETS`."""

from __future__ import annotations

import re

# A provider's name in the address, and what its secret is (django-anymail's own setting for it).
SECRET_SETTINGS = {
    "amazon-ses": "webhook_secret",
    "brevo": "webhook_secret",
    "mailersend": "signing_secret",
    "mailgun": "webhook_signing_key",
    "mailjet": "webhook_secret",
    "mailtrap": "webhook_secret",
    "postmark": "webhook_secret",
    "sendgrid": "webhook_secret",
    "sparkpost": "webhook_secret",
}


def parse_webhook_secrets(text: str) -> dict[str, str]:
    """Read `mailgun=KEY,postmark=user:password`. Raises ValueError with a sentence."""
    secrets = {}
    for piece in filter(None, (one.strip() for one in text.split(","))):
        provider, _, secret = piece.partition("=")
        if provider not in SECRET_SETTINGS:
            raise ValueError(f"'{provider}' is not known; {', '.join(SECRET_SETTINGS)} are")
        if not secret:
            raise ValueError(f"{provider} has no secret; write {provider}=SECRET")
        if SECRET_SETTINGS[provider] == "webhook_secret" and not re.fullmatch(
            r"[^:]+:.{8,}", secret
        ):
            raise ValueError(
                f"{provider} proves itself with user:password, the password of 8 or more signs"
            )
        secrets[provider] = secret
    return secrets
