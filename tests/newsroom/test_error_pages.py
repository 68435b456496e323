"""Error pages, which never show a traceback; and uploaded images, which are all that is served."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.template.loader import render_to_string
from django.test import Client
from PIL import Image

from newsroom.accounts.attempt_limits import BY_NETWORK
from newsroom.duration_words import in_words
from tests.factories import make_published_issue

PLAIN = ["400.html", "413.html", "429.html", "500.html", "503.html"]


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_error_page_needs_no_database_and_no_context_but_a_wait(name: str) -> None:
    html = render_to_string(name, {"wait": timedelta(hours=1)})
    assert "<h1>" in html
    assert '<html lang="en-GB" dir="ltr">' in html
    assert not re.search(r"\{[{%]", html)
    static = Path(__file__).parents[2]
    for address in re.findall(r'href="(/static/[^"]+)"', html):
        assert (static / address.removeprefix("/")).is_file()


def test_the_error_pages_state_the_limits_that_apply(settings: Any) -> None:
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 5 * 1024 * 1024
    assert "5 MB" in render_to_string("413.html")
    wait = BY_NETWORK.window
    assert f"up to {in_words(wait)}, nobody" in render_to_string("429.html", {"wait": wait})


@pytest.mark.django_db
def test_a_failing_view_shows_a_page_and_no_traceback(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("briefings.views._recent_issues", fail)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()
    assert "secret detail" not in response.content.decode()


@pytest.mark.django_db
def test_an_unknown_host_gets_an_error_page(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["news.example.com"]
    response = client.get("/", headers={"host": "other.example"})
    assert response.status_code == 400
    assert "We could not read that request" in response.content.decode()


@pytest.mark.django_db
# In development Django itself shows an error page for the fields of an upload.
@pytest.mark.parametrize(
    ("shape", "debug"), [("urlencoded", True), ("urlencoded", False), ("multipart", False)]
)
def test_a_form_larger_than_five_megabytes_gets_an_error_page(
    client: Client, settings: Any, shape: str, debug: bool
) -> None:
    settings.DEBUG = debug
    path = f"{make_published_issue().get_absolute_url()}comments/"
    body = "x" * (5 * 1024 * 1024 + 1)
    if shape == "urlencoded":
        response = client.post(
            path, f"body={body}", content_type="application/x-www-form-urlencoded"
        )
    else:
        response = client.post(path, {"body": body})
    assert response.status_code == 413
    assert "That form is too large" in response.content.decode()


# --- images


def stored(name: str, content: bytes) -> str:
    return default_storage.save(name, ContentFile(content))


def png() -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG")
    return file.getvalue()


def test_an_uploaded_image_is_served_as_one_and_cached_for_ever(client: Client) -> None:
    name = stored("issues/beds.png", png())
    response = client.get(f"/media/{name}")
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert b"".join(response) == png()
    assert not response.cookies


@pytest.mark.parametrize("name", ["evil.html", "evil.svg", "notes.txt", "picture", "x.png.js"])
def test_a_file_that_is_not_an_image_is_not_served(client: Client, name: str) -> None:
    name = stored(f"issues/{name}", b"<script>alert(1)</script>")
    assert client.get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    "name", ["none.png", "../newsroom.png", "%2e%2e/x.png", "/etc/passwd.png", "a\x00.png", "."]
)
def test_nothing_outside_the_folder_is_served(client: Client, name: str) -> None:
    outside = Path(default_storage.path("inside.png")).parent.parent / "newsroom.png"
    outside.write_bytes(png())
    assert client.get(f"/media/{name}").status_code == 404


def test_the_default_icon_url_redirects_to_an_icon(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"] == "/static/icons/favicon.ico"
