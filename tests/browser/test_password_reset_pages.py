"""Setting a new password, in a real browser, from the log-in page to the admin."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from newsroom.models import OutgoingEmail
from tests.browser.page_checks import look

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "correct horse battery"


def test_somebody_who_forgot_their_password_sets_a_new_one(page: Page, site: str) -> None:
    User.objects.create_superuser("ada", "ada@news.example.com", "a long password")
    page.goto(f"{site}/admin/login/")
    page.get_by_role("link", name="Forgotten").click()
    look(page, "password-reset")
    page.get_by_label("Email").fill("ada@news.example.com")
    page.get_by_role("button", name="Email me a link").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    look(page, "password-reset-sent")
    link = re.search(r"/admin/password-reset/\S+", OutgoingEmail.objects.get().text)
    assert link
    referers = []
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    page.goto(site + link[0])
    look(page, "password-reset-form")
    page.get_by_label("New password:").fill(NEW)
    page.get_by_label("New password confirmation:").fill(NEW)
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("heading", name="Your new password is set")).to_be_visible()
    token = link[0].rstrip("/").rpartition("/")[2]
    assert referers
    assert not [referer for referer in referers if token in referer]
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    page.goto(site + link[0])
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
