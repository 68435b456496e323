"""Only the admin's pages for files take files; other bodies are refused before they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from briefings.document_import import MAX_BYTES as MAX_DOCUMENT
from briefings.images import MAX_BYTES as MAX_IMAGE
from newsroom.file_uploads import FIELDS_BYTES, AcceptedFiles, accepted_files
from subscribers.lists.uploaded_lists import MAX_BYTES as MAX_LIST
from tests.factories import make_briefing, make_published_issue

pytestmark = pytest.mark.django_db
MULTIPART = "multipart/form-data; boundary=edge"
PAGES_FOR_FILES = {
    "admin/briefings/contributor/add/": "/admin/briefings/contributor/add/",
    "admin/briefings/contributor/<path:object_id>/change/": (
        "/admin/briefings/contributor/1/change/"
    ),
    "admin/briefings/issue/from-document/": "/admin/briefings/issue/from-document/",
    "admin/briefings/issue/upload-image/": "/admin/briefings/issue/upload-image/",
    "admin/subscribers/subscriberimport/add/": "/admin/subscribers/subscriberimport/add/",
}
OTHER_PAGES = [
    *("/", "/subscribe/", "/preferences/", "/hooks/mailgun/", "/admin/login/", "/healthz"),
    "/admin/auth/user/add/",
    "/unsubscribe/AAAAAAAAAAAAAAAAAAAAAA/",
]


class UnreadBody:
    """A body of any length that nobody may read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")

    readline = read


class CountedBody:
    """A body that says how much of it was read."""

    def __init__(self, content: bytes) -> None:
        self.rest = content
        self.bytes_read = 0

    def read(self, size: int = -1) -> bytes:
        piece = self.rest if size < 0 else self.rest[:size]
        self.rest = self.rest[len(piece) :]
        self.bytes_read += len(piece)
        return piece

    readline = read


def pages(
    found: list[URLPattern | URLResolver] | None = None, prefix: str = ""
) -> Iterator[tuple[str, AcceptedFiles | None]]:
    """Yield every route with what its view accepts."""
    for pattern in get_resolver().url_patterns if found is None else found:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from pages(pattern.url_patterns, route)
        else:
            yield route, accepted_files(pattern.callback)


def post(client: Client, path: str, *, length: int = 300_000_000, **extra: Any) -> Any:
    facts: dict[str, Any] = {
        "CONTENT_TYPE": MULTIPART,
        "CONTENT_LENGTH": str(length),
        "wsgi.input": UnreadBody(),
        **extra,
    }
    return client.generic("POST", path, **facts)


def test_the_pages_that_accept_files_are_these() -> None:
    assert {route for route, accepted in pages() if accepted} == PAGES_FOR_FILES.keys()


@pytest.mark.parametrize("path", OTHER_PAGES)
@pytest.mark.parametrize("is_staff", [False, True], ids=["visitor", "staff"])
def test_a_large_body_is_refused_unread_elsewhere(
    admin_user: User, path: str, is_staff: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    if is_staff:
        client.force_login(admin_user)
    response = post(client, path)
    assert response.status_code == 413
    assert "5 MB" in response.content.decode()


@pytest.mark.parametrize("path", PAGES_FOR_FILES.values())
@pytest.mark.parametrize("who", ["nobody", "a reader with an account"])
def test_others_than_staff_are_refused_unread_whatever_the_size(path: str, who: str) -> None:
    client = Client(enforce_csrf_checks=True)
    if who != "nobody":
        client.force_login(User.objects.create_user("ada", is_staff=False))
    for length in (1000, 300_000_000):
        response = post(client, path, length=length)
        if path.endswith("upload-image/"):
            assert (response.status_code, response.json()["uploaded"]) == (403, 0)
        else:
            assert response.status_code == 302
            assert response.headers["Location"].startswith("/admin/login/?next=/admin/")


@pytest.mark.parametrize("path", PAGES_FOR_FILES.values())
def test_staff_are_refused_unread_what_no_page_accepts(admin_client: Client, path: str) -> None:
    limit = MAX_IMAGE * 4
    if "subscriberimport" in path:
        limit = MAX_LIST
    elif "from-document" in path:
        limit = MAX_DOCUMENT * 4
    response = post(admin_client, path, length=limit + FIELDS_BYTES + 1)
    assert response.status_code == 413
    assert f"larger than {(limit + FIELDS_BYTES) // 2**20} MB" in response.content.decode()


@pytest.mark.parametrize("path", [*OTHER_PAGES, *PAGES_FOR_FILES.values()])
def test_a_body_without_its_length_is_refused_unread(admin_client: Client, path: str) -> None:
    """Django would read nothing of it, and the form would arrive empty."""
    response = post(admin_client, path, length=0, HTTP_TRANSFER_ENCODING="chunked")
    assert response.status_code == 411


@pytest.mark.parametrize("kind", ["comment", "sign-up", "login", "link"])
@pytest.mark.parametrize("is_csrf_checked", [False, True])
def test_a_file_in_any_other_form_is_refused_where_it_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, is_csrf_checked: bool
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = {
        "comment": f"{make_published_issue().get_absolute_url()}comments/",
        "sign-up": f"/subscribe/{make_briefing().slug}/",
        "login": "/admin/login/",
        "link": "/preferences/",
    }[kind]
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="body"; filename="x.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    body = CountedBody(head + b"x" * 4_000_000 + b"\r\n--edge--\r\n")
    client = Client(enforce_csrf_checks=is_csrf_checked)
    extra: dict[str, Any] = {"wsgi.input": body}
    response = post(client, path, length=len(body.rest), **extra)
    # Without a cookie, the CSRF middleware may refuse a form that it has not read.
    assert response.status_code == 400 or (response.status_code == 403 and body.bytes_read == 0)
    assert body.bytes_read < 200_000
    assert list(tmp_path.iterdir()) == []


def test_a_form_without_a_file_may_be_multipart(client: Client) -> None:
    briefing = make_briefing()
    form = {"address": "ada@example.org", "briefings": [briefing.slug]}
    assert client.post("/subscribe/", form).status_code == 200


def test_an_empty_file_field_is_no_file(client: Client) -> None:
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="address"\r\n\r\nnonsense\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="x"; filename=""\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\r\n--edge--\r\n"
    )
    assert client.generic("POST", "/subscribe/", body, MULTIPART).status_code == 422


def test_staff_can_still_upload(admin_client: Client) -> None:
    """A file that is larger than what Django keeps in memory."""
    rows = b"email\r\n" + b"".join(b"r%07d@example.org\r\n" % n for n in range(150_000))
    assert len(rows) > 2_621_440
    form = {"briefing": make_briefing().pk, "file": SimpleUploadedFile("list.csv", rows)}
    response = admin_client.post("/admin/subscribers/subscriberimport/add/", form)
    assert response.status_code == 302
