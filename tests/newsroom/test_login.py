"""Logging in to the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from newsroom.duration_words import in_words

pytestmark = pytest.mark.django_db


def test_repeated_wrong_passwords_lock_the_account_for_a_while(
    client: Client, settings: Any
) -> None:
    User.objects.create_superuser("ada", password="a long password")
    wrong = {"username": "ada", "password": "a guess"}
    responses = [client.post("/admin/login/", wrong) for _ in range(8)]
    assert [response.status_code for response in responses] == [200] * 7 + [429]
    assert in_words(settings.AXES_COOLOFF_TIME) in responses[-1].content.decode()
    right = {"username": "ada", "password": "a long password"}
    assert client.post("/admin/login/", right).status_code == 429
    assert client.post("/admin/login/", right, REMOTE_ADDR="198.51.100.7").status_code == 302
