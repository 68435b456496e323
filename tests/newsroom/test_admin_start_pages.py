"""The admin's own pages around the lists: logged out, and one app's lists."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


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
        ("axes", "Log-in attempts"),
        ("auth", "Staff accounts"),
        ("briefings", "Briefings"),
        ("subscribers", "Subscribers"),
    ],
)
def test_the_page_of_one_app_has_its_lists_and_not_the_week(
    root: Client, app: str, name: str
) -> None:
    page = root.get(f"/admin/{app}/").content.decode()

    assert f"<h1>{name}</h1>" in page
    assert "week-row" not in page
    assert f"/admin/{app}/" in page
    assert "Axes" not in page


def test_the_start_page_names_log_in_attempts_in_plain_words(root: Client) -> None:
    page = root.get("/admin/").content.decode()

    assert "Log-in attempts" in page
    assert "Axes" not in page
