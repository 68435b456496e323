"""No token of a reader's link is in the log, whatever is wrong with the request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from io import StringIO
from logging.config import dictConfig

import pytest
from django.conf import settings
from django.test import Client

from newsroom.request_log import without_tokens
from newsroom.tokens import make_row_token, sign_id, sign_value
from tests.subscribers.subscriber_lives import live

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


def test_no_line_has_a_token_an_address_or_a_search() -> None:
    secrets = {
        f"/preferences/{make_row_token()}/": "/preferences/…/",
        f"/unsubscribe/{sign_id('unsubscribe', 7)}": "/unsubscribe/…",
        f"/preference/{sign_value('preferences', '7 0a1b')}/data/": "/preference/…/data/",
        f"/un/{sign_id('unsubscribe', 7)[:-2]}/": "/un/…/",  # a link that lost its end
        "/admin/password-reset/NQ/c9tx4p-0123456789abcdef0123456789abcdef/": (
            "/admin/password-reset/NQ/…/"
        ),
        "/admin/subscribers/subscriber/?q=ada%40example.org": "/admin/subscribers/subscriber/?…",
        "/?next=/admin/": "/?…",
        "mail to ada.marsh+x@example.org failed": "mail to … failed",
    }
    for line, shown in secrets.items():
        assert without_tokens(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "/the-ward-round/58/how-a-hospital-counts-its-beds-and-why-nobody-else-does/",
        "/static/css/pages.0a1b2c3d4e5f.css",
        "/admin/subscribers/subscriberimport/12/change/",
        "Sent 1200 emails of dispatch 12 in 4.5 s (why?)",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert without_tokens(line) == line


def test_every_token_that_we_make_is_known() -> None:
    for number in range(2000):
        for token in (make_row_token(), sign_id("x", number), sign_value("x", str(number))):
            assert token not in without_tokens(f"/somewhere/{token}/"), token


@pytest.fixture
def written() -> StringIO:
    """Write log lines as a program does, into a text."""
    before = logging.getLogger().handlers[:]
    dictConfig(settings.LOGGING)
    [handler] = [one for one in logging.getLogger().handlers if one not in before]
    assert isinstance(handler, logging.StreamHandler)
    text = StringIO()
    handler.setStream(text)
    return text


def test_a_refused_request_is_in_the_log(client: Client, written: StringIO) -> None:
    client.get("/preferences/nothing/")
    Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"})
    client.get("/", headers={"host": "evil.example"})
    lines = written.getvalue().splitlines()
    assert any("Not Found: /preferences/" in line for line in lines)
    assert any("Forbidden" in line and "CSRF" in line for line in lines)


def test_a_line_of_the_log_says_when_with_its_zone(written: StringIO) -> None:
    logging.getLogger("newsroom.test").warning("the mail server is unreachable")
    [line] = written.getvalue().splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} WARNING newsroom\.test: the mail .*", line
    )


def test_no_line_of_the_log_is_somebody_elses(client: Client, written: StringIO) -> None:
    forged = "x\n2026-11-27T00:00:00+0000 ERROR newsroom: all is lost\r\x1b[2J\u2028y"
    client.get(f"/{forged}/")
    logging.getLogger("newsroom.test").warning("somebody sent %s", forged)
    lines = written.getvalue().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+ WARNING (django|newsroom)", line) for line in lines)
    assert "\x1b" not in written.getvalue()


def test_a_whole_life_leaves_no_address_and_no_token_in_the_log(
    client: Client, written: StringIO
) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    found = live(client)
    for links in found.links.values():
        for link in links:
            client.get(link.removeprefix(settings.SITE_URL) + "x")
    text = written.getvalue()
    assert found.subscriber.address not in text
    assert found.subscriber.token not in text
