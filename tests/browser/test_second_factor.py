"""A publisher sets up a passkey because their role needs it, and logs in with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from tests.browser.page_checks import look

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long password"
# A key in the machine that needs no finger: Chromium's own, for tests.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named_site(site: str, settings: Any) -> str:
    """Serve the site under a name: browsers make passkeys for names only."""
    parts = urlsplit(site)
    address = f"http://localhost:{parts.port}"
    settings.SITE_URL = address
    settings.SECOND_FACTOR_REQUIRED = True
    settings.OFFERS_PASSKEYS = True
    settings.OTP_WEBAUTHN_RP_ID = "localhost"
    settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = [address]
    return address


def log_in(page: Page, site: str) -> None:
    page.goto(f"{site}/admin/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_passkey_from_set_up_to_log_in(page: Page, named_site: str) -> None:
    ada = User.objects.create_user("ada", "ada@news.example.com", PASSWORD, is_staff=True)
    ada.groups.add(Group.objects.get(name="Publishers"))
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    log_in(page, named_site)
    expect(page.get_by_role("heading", name="Set up a second factor")).to_be_visible()
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("button", name="Make recovery codes").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()

    page.context.clear_cookies()
    log_in(page, named_site)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    page.goto(f"{named_site}/admin/account/")
    look(page, "own-account")
    page.goto(f"{named_site}/admin/account/app/")
    look(page, "new-app")
