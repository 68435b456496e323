"""Logging in at the desk."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


def test_whoever_guesses_passwords_is_locked_out_and_told_for_how_long(client: Client) -> None:
    User.objects.create_superuser("ada", password="a long password")
    wrong = {"username": "ada", "password": "a guess"}
    answers = [client.post("/admin/login/", wrong) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [429]
    assert "half an hour" in answers[-1].content.decode()
    right = {"username": "ada", "password": "a long password"}
    assert client.post("/admin/login/", right).status_code == 429
    assert client.post("/admin/login/", right, REMOTE_ADDR="198.51.100.7").status_code == 302
