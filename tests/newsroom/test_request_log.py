"""No token of a reader's link is in the log, whatever is wrong with the request."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from newsroom.tokens import sign_id, sign_value

pytestmark = pytest.mark.django_db


TOKENS: dict[str, Callable[[], str]] = {
    "/comments/answers/stop/%s/": lambda: sign_id("emails about answers", 5),
    "/comments/from-email/%s/questions/1/": lambda: sign_id("comments from email", 5),
    "/comments/answers/%s/": lambda: sign_value("answer", "1 0 0 - 0 ada@example.org"),
}


@pytest.mark.parametrize("path", TOKENS)
def test_a_request_that_is_refused_is_logged_without_its_token(
    client: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    token = TOKENS[path]()
    assert client.get(path % token).status_code == 404
    assert f"Not Found: {path % '…'}" in caplog.text
    assert token not in caplog.text
