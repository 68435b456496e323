"""What a browser fetches for the page of an issue, from a server with collected static files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.utils.html import escape
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from briefings.models import Comment, CommentState, Issue, SectionKind
from tests.factories import make_briefing, make_published_issue
from tests.servers.programs import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

KB = 1_000
STORAGE = "newsroom.hashed_files.HashedFilesStorage"
NOT_FOR_READERS = ["admin", "newsroom_admin", "ckeditor", "altcha"]
# Plain English, which compresses as an article does. No issue is as long.
PROSE = (ROOT / "docs" / "operations.md").read_text()[:46_000]


class Fetched(NamedTuple):
    """One answer: its address, headers, and bytes as they came over the wire."""

    url: str
    headers: dict[str, str]
    size: int

    @property
    def is_font(self) -> bool:
        return ".woff2" in self.url


@pytest.fixture
def site(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve as in production: static files by WhiteNoise, hashed and compressed."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": STORAGE}}
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=NOT_FOR_READERS)
    # Django's own would serve them uncompressed, from where they were collected.
    handlers = "django.contrib.staticfiles.handlers.StaticFilesHandler"
    monkeypatch.setattr(handlers, lambda application: application)
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def issue() -> Issue:
    """A long issue, between two others, with a page of comments."""
    briefing = make_briefing()
    words = "".join(f"<p>{escape(one)}</p>" for one in PROSE.split("\n\n"))
    emphasis = (
        "<p>The county counts <em>214 beds</em>, and <strong>nobody</strong> staffs them.</p>"
    )
    sections = [(SectionKind.FEATURE, "Closed, but still counted", emphasis + words)]
    issues = [make_published_issue(briefing=briefing, sections=sections) for _ in range(3)]
    Comment.objects.bulk_create(
        Comment(
            issue=issues[1],
            name=f"Reader {number}",
            body=f"Ours has {number} of them, and nobody was told. Nobody at all, in fact.",
            state=CommentState.APPROVED,
            confirmed_at=issues[1].published_at,
        )
        for number in range(50)
    )
    return issues[1]


def fetch(page: Page, url: str) -> list[Fetched]:
    """Open a page, scroll to its end, and return everything that it fetched."""
    session = page.context.new_cdp_session(page)
    answers: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    session.on("Network.responseReceived", lambda seen: answers.update({seen["requestId"]: seen}))
    session.on(
        "Network.loadingFinished",
        lambda seen: sizes.update({seen["requestId"]: int(seen["encodedDataLength"])}),
    )
    session.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    return [
        Fetched(
            url=seen["response"]["url"],
            headers={name.lower(): value for name, value in seen["response"]["headers"].items()},
            size=sizes[key],
        )
        for key, seen in answers.items()
        if key in sizes
    ]


# The page comes after the site, so that the browser has left when the server stops.
def test_the_page_of_an_issue_is_light(site: str, page: Page, issue: Issue) -> None:
    address = site + issue.get_absolute_url()
    fetched = fetch(page, address)
    fonts = [one for one in fetched if one.is_font]
    others = [one for one in fetched if not one.is_font]
    assert len(fonts) == 3, "upright, italic, and that of forms and labels"
    assert sum(one.size for one in others) < 100 * KB
    assert sum(one.size for one in fonts) < 155 * KB
    # The italic one may come later: nothing above the text of an issue needs it.
    assert sum(one.size for one in fonts if "italic" not in one.url) < 90 * KB
    for one in others:
        assert one.headers.get("content-encoding") in {"br", "gzip"} or one.size < KB, one.url
    static = [one for one in fetched if "/static/" in one.url]
    assert len(static) > 6
    for one in static:
        assert "immutable" in one.headers["cache-control"], one.url
