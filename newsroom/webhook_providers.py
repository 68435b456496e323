"""The email providers whose webhooks we accept, and their secrets: `HOOK_SECRETS`.

To add a provider, add a line to `PROVIDERS`. Its webhook is then at /hooks/NAME/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Found in an event's JSON, in lower case: the provider calls the failure temporary.
SOFT_BOUNCE_WORDS = (
    '"transient"',
    '"softbounce"',
    '"soft_bounce"',
    '"temporary"',
    "soft bounce",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookProvider:
    """How django-anymail reads a provider's webhooks.

    `view` is the class that verifies and translates them, `credential` its own name for the secret
    (`webhook_secret` means user:password). `requests_password` is for a provider that sends the
    password only after an answer of 401.
    """

    view: str
    credential: str = "webhook_secret"
    soft_bounce_words: tuple[str, ...] = SOFT_BOUNCE_WORDS
    requests_password: bool = False


PROVIDERS = {
    "amazon-ses": WebhookProvider(
        view="subscribers.bounces.webhooks.AmazonSesView", requests_password=True
    ),
    "brevo": WebhookProvider(view="anymail.webhooks.brevo.BrevoTrackingWebhookView"),
    "mailersend": WebhookProvider(
        view="anymail.webhooks.mailersend.MailerSendTrackingWebhookView",
        credential="signing_secret",
        soft_bounce_words=('"soft_bounced"',),
    ),
    "mailgun": WebhookProvider(
        view="anymail.webhooks.mailgun.MailgunTrackingWebhookView",
        credential="webhook_signing_key",
    ),
    "mailjet": WebhookProvider(view="anymail.webhooks.mailjet.MailjetTrackingWebhookView"),
    "mailtrap": WebhookProvider(view="anymail.webhooks.mailtrap.MailtrapTrackingWebhookView"),
    "postmark": WebhookProvider(view="anymail.webhooks.postmark.PostmarkTrackingWebhookView"),
    "sendgrid": WebhookProvider(view="anymail.webhooks.sendgrid.SendGridTrackingWebhookView"),
    "sparkpost": WebhookProvider(view="anymail.webhooks.sparkpost.SparkPostTrackingWebhookView"),
}


def parse_webhook_secrets(text: str) -> dict[str, str]:
    """Return the secret of each provider in `mailgun=KEY,postmark=user:password`.

    Raises ValueError; its message names the part that is wrong.
    """
    secrets = {}
    for piece in filter(None, (one.strip() for one in text.split(","))):
        name, _, secret = piece.partition("=")
        if name not in PROVIDERS:
            raise ValueError(f"'{name}' is not a known provider; use {', '.join(PROVIDERS)}")
        if not secret:
            raise ValueError(f"{name} has no secret; write {name}=SECRET")
        if PROVIDERS[name].credential == "webhook_secret" and not re.fullmatch(
            r"[^:]+:.{8,}", secret
        ):
            raise ValueError(
                f"the secret of {name} must be user:password, the password of 8 or more characters"
            )
        secrets[name] = secret
    return secrets
