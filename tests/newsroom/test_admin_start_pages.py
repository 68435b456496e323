"""The admin's own pages around the lists: logged out, and one app's lists."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db
LISTS = {
    "briefings": ("issue", "comment", "briefing", "contributor"),
    "subscribers": ("subscriber", "dispatch", "suppression", "bounceevent", "subscriberimport"),
}


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@news.example.com"))
    return client


def test_the_logged_out_page_is_ours(root: Client) -> None:
    page = root.post("/admin/logout/").content.decode()

    assert "You are logged out" in page
    assert "quality time" not in page
    assert 'href="/admin/"' in page


@pytest.mark.parametrize(
    ("app", "name"),
    [
        ("accounts", "Log-ins"),
        ("auth", "Staff accounts"),
        ("briefings", "Briefings"),
        ("subscribers", "Subscribers"),
    ],
)
def test_the_page_of_one_app_has_its_lists_and_not_the_briefings(
    root: Client, app: str, name: str
) -> None:
    page = root.get(f"/admin/{app}/").content.decode()

    assert f"<h1>{name}</h1>" in page
    assert "desk-row" not in page
    assert f"/admin/{app}/" in page
    assert "Axes" not in page


@pytest.mark.parametrize(
    "path",
    [
        "accounts/loginattempt/",
        *("auth/user/", "auth/user/add/", "auth/group/", "auth/group/add/", ""),
        *("auth/user/ME/change/", "auth/user/ME/history/", "auth/user/ME/delete/"),
        *("auth/user/ME/password/", "password_change/"),
    ],
)
def test_no_page_shows_the_names_that_packages_give_their_apps(root: Client, path: str) -> None:
    path = path.replace("ME", str(User.objects.get().pk))
    page = root.get(f"/admin/{path}").content.decode()

    assert "Axes" not in page
    assert "Authentication and Authori" not in page


def test_the_start_page_has_one_name_everywhere(root: Client) -> None:
    start = root.get("/admin/").content.decode()
    assert "<title>Desk · " in start
    assert ">Desk</h1>" in start
    link = re.compile(r'<a href="/admin/"[^>]*>\s*([^<]+?)\s*</a>')
    site_name = f"{settings.SITE_NAME} admin"
    pages = ["/admin/", *(f"/admin/{app}/" for app in ("briefings", "subscribers"))]
    pages += [f"/admin/{app}/{model}/" for app, models in LISTS.items() for model in models]
    pages += ["/admin/briefings/issue/add/", "/admin/briefings/issue/from-document/"]
    pages += ["/admin/subscribers/subscriber/export/", "/admin/subscribers/subscriberimport/add/"]
    for address in pages:
        names = link.findall(root.get(address).content.decode())
        assert set(names) == {site_name, "Desk"}, address


def test_the_start_page_names_log_ins_in_plain_words(root: Client) -> None:
    page = root.get("/admin/").content.decode()

    assert "Log-ins and failed log-ins" in page
    assert "OTP" not in page
    assert "WebAuthn" not in page
