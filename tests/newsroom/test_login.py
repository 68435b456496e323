"""Logging in to the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


def test_repeated_wrong_passwords_lock_the_account_for_half_an_hour(client: Client) -> None:
    User.objects.create_superuser("ada", password="a long password")
    wrong = {"username": "ada", "password": "a guess"}
    responses = [client.post("/admin/login/", wrong) for _ in range(8)]
    assert [response.status_code for response in responses] == [200] * 7 + [429]
    assert "half an hour" in responses[-1].content.decode()
    right = {"username": "ada", "password": "a long password"}
    assert client.post("/admin/login/", right).status_code == 429
    assert client.post("/admin/login/", right, REMOTE_ADDR="198.51.100.7").status_code == 302
