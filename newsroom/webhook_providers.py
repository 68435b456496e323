"""The email providers whose webhooks we accept, and their secrets: `HOOK_SECRETS`.

`PROVIDERS` is the one list of them. To add a provider, add it there, and the table of its events
that it names to subscribers/bounces/provider_events.py. Its webhook is then at /hooks/NAME/.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from newsroom.mail_servers import MailServer, MailServerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookProvider:
    """How django-anymail reads a provider's webhooks.

    `view` is the class that verifies and translates them, `events` the table that says what they
    mean (a ProviderEvents), `credential` the view's own name for the secret
    (`webhook_secret` means user:password). `requests_password` is for a provider that sends the
    password only after an answer of 401, `tests_with_get` for one that tests the address with a GET
    request. `backend` is the name of the module in anymail.backends. `note` is a warning for the
    log of an installation that sends through the provider.
    """

    view: str
    events: str
    backend: str
    credential: str = "webhook_secret"
    requests_password: bool = False
    tests_with_get: bool = False
    note: str = ""


# Every provider whose events django-anymail can read. Without new packages, Postal and Resend are
# verified by the password in their address and not by their signatures.
PROVIDERS = {
    "amazon-ses": WebhookProvider(
        events="subscribers.bounces.provider_events.AMAZON_SES",
        view="subscribers.bounces.webhook_views.AmazonSesView",
        backend="amazon_ses",
        requests_password=True,
    ),
    "brevo": WebhookProvider(
        events="subscribers.bounces.provider_events.BREVO",
        view="anymail.webhooks.brevo.BrevoTrackingWebhookView",
        backend="brevo",
    ),
    "mailersend": WebhookProvider(
        events="subscribers.bounces.provider_events.MAILERSEND",
        view="anymail.webhooks.mailersend.MailerSendTrackingWebhookView",
        backend="mailersend",
        credential="signing_secret",
    ),
    "mailgun": WebhookProvider(
        events="subscribers.bounces.provider_events.MAILGUN",
        view="subscribers.bounces.webhook_views.MailgunView",
        backend="mailgun",
        credential="webhook_signing_key",
    ),
    "mailjet": WebhookProvider(
        events="subscribers.bounces.provider_events.MAILJET",
        view="anymail.webhooks.mailjet.MailjetTrackingWebhookView",
        backend="mailjet",
    ),
    "mailtrap": WebhookProvider(
        events="subscribers.bounces.provider_events.MAILTRAP",
        view="anymail.webhooks.mailtrap.MailtrapTrackingWebhookView",
        backend="mailtrap",
    ),
    "mandrill": WebhookProvider(
        events="subscribers.bounces.provider_events.MANDRILL",
        view="subscribers.bounces.webhook_views.MandrillView",
        backend="mandrill",
        credential="webhook_key",
    ),
    "postal": WebhookProvider(
        events="subscribers.bounces.provider_events.POSTAL",
        view="subscribers.bounces.webhook_views.PostalView",
        backend="postal",
    ),
    "postmark": WebhookProvider(
        events="subscribers.bounces.provider_events.POSTMARK",
        view="anymail.webhooks.postmark.PostmarkTrackingWebhookView",
        backend="postmark",
    ),
    "resend": WebhookProvider(
        events="subscribers.bounces.provider_events.RESEND",
        view="anymail.webhooks.resend.ResendTrackingWebhookView",
        backend="resend",
    ),
    # django-anymail no longer supports SendGrid. We keep it while the code is there: whoever sends
    # through SendGrid would otherwise learn of no bounce at all, and our tests cover its events.
    "sendgrid": WebhookProvider(
        events="subscribers.bounces.provider_events.SENDGRID",
        view="subscribers.bounces.webhook_views.SendGridView",
        backend="sendgrid",
        note="django-anymail no longer supports SendGrid; plan to move to another provider",
    ),
    "sparkpost": WebhookProvider(
        events="subscribers.bounces.provider_events.SPARKPOST",
        view="anymail.webhooks.sparkpost.SparkPostTrackingWebhookView",
        backend="sparkpost",
    ),
    "unisender-go": WebhookProvider(
        events="subscribers.bounces.provider_events.UNISENDER_GO",
        view="anymail.webhooks.unisender_go.UnisenderGoTrackingWebhookView",
        backend="unisender_go",
        credential="api_key",
        tests_with_get=True,
    ),
}
# Backends of django-anymail that send nothing, and a former name of one that does.
_NOT_PROVIDERS = {"console", "test"}
_FORMER_NAMES = {"sendinblue": "brevo"}


def warn_about_events(servers: Collection[MailServer], secrets: Collection[str]) -> list[str]:
    """Return what the log says at the start of providers whose events we will not receive.

    `secrets` are the names of the providers in `HOOK_SECRETS`.
    """
    warnings = []
    for server in servers:
        backend = server.backend.removeprefix("anymail.backends.").removesuffix(".EmailBackend")
        if server.kind is not MailServerKind.ANYMAIL or backend in _NOT_PROVIDERS:
            continue
        backend = _FORMER_NAMES.get(backend, backend)
        name = next((name for name, one in PROVIDERS.items() if one.backend == backend), "")
        if not name:
            warnings.append(
                f"emails go out through {backend}, but its events cannot be received: Newsroom will"
                " not learn of bounces and complaints, and will keep writing to those addresses."
                f" Providers with events: {', '.join(PROVIDERS)}"
            )
            continue
        if name not in secrets:
            warnings.append(
                f"emails go out through {name}, but HOOK_SECRETS does not name it: Newsroom will"
                " not learn of bounces and complaints. See Webhooks in docs/operations.md"
            )
        if PROVIDERS[name].note:
            warnings.append(PROVIDERS[name].note)
    return warnings


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
