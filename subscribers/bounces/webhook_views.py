"""Views of django-anymail that need a change before we can use them.

We call only `run_validators` and `parse_events` of each view. Some views would need a package that
we do not have, for something that we do not do.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks import amazon_ses, mailgun, mandrill, postal, sendgrid
from anymail.webhooks.base import AnymailBasicAuthMixin
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

# Mailgun repeats what it could not deliver for up to 8 hours, with the same signature.
# https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks
MAILGUN_MAX_AGE = timedelta(hours=12)
MAX_CLOCK_DIFFERENCE = timedelta(minutes=5)


class AmazonSesView(amazon_ses.AmazonSESTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view without boto3, which it needs only to confirm a subscription."""

    def __init__(self, **secrets: str) -> None:
        self.auto_confirm_enabled = False
        super(amazon_ses.AmazonSESBaseWebhookView, self).__init__(**secrets)


class MailgunView(mailgun.MailgunTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view, which also refuses a signature that is too old or from the future."""

    def validate_request(self, request: HttpRequest) -> None:
        signed_at = _mailgun_signed_at(request)
        now = timezone.now()
        if not now - MAILGUN_MAX_AGE <= signed_at <= now + MAX_CLOCK_DIFFERENCE:
            raise AnymailWebhookValidationFailure(f"signed at {signed_at:%Y-%m-%d %H:%M} UTC")


def _mailgun_signed_at(request: HttpRequest) -> datetime:
    if request.content_type == "application/json":
        written = json.loads(request.body)["signature"]["timestamp"]
    else:
        written = request.POST["timestamp"]
    return datetime.fromtimestamp(int(written), tz=timezone.get_fixed_timezone(0))


class MandrillView(mandrill.MandrillCombinedWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view with our public address, which Mandrill signs, whatever a proxy changes."""

    def __init__(self, **secrets: str) -> None:
        path = reverse("subscribers:provider_webhook", args=["mandrill"])
        super().__init__(webhook_url=f"{settings.SITE_URL}{path}", **secrets)


class PostalView(postal.PostalTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view with a password; Postal's RSA signature would need `cryptography`."""

    def __init__(self, **secrets: Any) -> None:
        super(postal.PostalBaseWebhookView, self).__init__(**secrets)
        self.validators = [AnymailBasicAuthMixin.validate_request]


class SendGridView(sendgrid.SendGridTrackingWebhookView):  # type: ignore[misc]  # Anymail is untyped
    """Anymail's view with a password; SendGrid's signature would need `cryptography`.

    It skips the warning that Anymail no longer supports SendGrid: we give it once, at the start.
    """

    def __init__(self, **secrets: str) -> None:
        super(sendgrid.SendGridBaseWebhookView, self).__init__(**secrets)
