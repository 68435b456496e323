"""The list of providers is complete, and a start without their events says so."""

from __future__ import annotations

import pkgutil

import anymail.webhooks
import pytest

from newsroom.mail_servers import parse_mail_servers
from newsroom.webhook_providers import PROVIDERS, warn_about_events

# A former name of Brevo.
NOT_LISTED = {"base", "sendinblue"}


def test_all_webhooks_of_anymail_are_on_the_list() -> None:
    offered = {module.name for module in pkgutil.iter_modules(anymail.webhooks.__path__)}
    assert {provider.backend for provider in PROVIDERS.values()} == offered - NOT_LISTED


@pytest.mark.parametrize(
    ("servers", "secrets", "says"),
    [
        ("anymail.backends.scaleway.EmailBackend", [], "scaleway, but its events cannot"),
        ("anymail.backends.postmark.EmailBackend", [], "postmark, but HOOK_SECRETS does not"),
        ("anymail.backends.postmark.EmailBackend", ["mailgun"], "HOOK_SECRETS does not"),
        ("anymail.backends.amazon_ses.EmailBackend", [], "amazon-ses, but HOOK_SECRETS"),
        ("anymail.backends.sendinblue.EmailBackend", [], "brevo, but HOOK_SECRETS does not"),
        ("anymail.backends.sendgrid.EmailBackend", ["sendgrid"], "no longer supports SendGrid"),
    ],
)
def test_a_start_without_a_provider_s_events_says_so(
    servers: str, secrets: list[str], says: str
) -> None:
    [warning] = warn_about_events(parse_mail_servers(servers), secrets)
    assert says in warning


@pytest.mark.parametrize(
    ("servers", "secrets"),
    [
        ("inbox:", []),
        ("smtp://mail.example.com:587/?tls=starttls", []),
        ("anymail.backends.test.EmailBackend", []),
        ("anymail.backends.postmark.EmailBackend", ["postmark"]),
    ],
)
def test_a_start_with_everything_says_nothing(servers: str, secrets: list[str]) -> None:
    assert warn_about_events(parse_mail_servers(servers), secrets) == []
