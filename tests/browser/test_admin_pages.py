"""Accessibility of the admin's pages, at every width, light and dark, as axe reports it."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from playwright.sync_api import Page

from briefings.models import Clipping, CommentState, RevisionStep, Section, SectionKind
from newsroom import database_epoch
from tests.browser.issue_editor import log_in
from tests.browser.page_checks import faults, wait_until_ready
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_dispatch,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# The text editor's own markup, which its releases will not fix.
NOT_OURS = [[".cke_top"], [".cke_voice_label"]]
PAGES = {
    "week": "/admin/",
    "calendar": "/admin/briefings/issue/calendar/",
    "clippings": "/admin/briefings/issue/clippings/{briefing}/",
    "keep a link": "/admin/briefings/issue/clippings/add/?url=https://echo.example/wards",
    "alarms": "/admin/briefings/issue/my-alarms/",
    "issues": "/admin/briefings/issue/",
    "new issue": "/admin/briefings/issue/add/",
    "draft": "/admin/briefings/issue/{draft}/change/",
    "scheduled": "/admin/briefings/issue/{scheduled}/change/",
    "published": "/admin/briefings/issue/{published}/change/",
    "delete": "/admin/briefings/issue/{draft}/delete/",
    "revisions": "/admin/briefings/issue/{draft}/revisions/",
    "what changed": "/admin/briefings/issue/{draft}/revisions/compare/?from={revision}",
    "preview": "/admin/briefings/issue/{published}/preview/",
    "document": "/admin/briefings/issue/from-document/",
    "comments": "/admin/briefings/comment/",
    "comment": "/admin/briefings/comment/{comment}/change/",
    "briefings": "/admin/briefings/briefing/",
    "briefing": "/admin/briefings/briefing/{briefing}/change/",
    "dispatches": "/admin/subscribers/dispatch/",
    "dispatch": "/admin/subscribers/dispatch/{dispatch}/change/",
    "send": "/admin/subscribers/dispatch/send/{scheduled}/",
    "contributors": "/admin/briefings/contributor/",
    "contributor": "/admin/briefings/contributor/{contributor}/change/",
}
# What the pages show is made once for several of them.
PARTS = 5
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (1280, "light"),
    (390, "dark"),
    (320, "light"),
)
# Each width of the layout and each colour scheme once; at 320 px, the layout is that of 390.
VIEWS_FOR_AXE = VIEWS[:2]
# Scripts hear of a new width just before the next frame is painted.
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, input, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".cke"))
    .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
    .filter(([box]) => box.width > 1 && (box.width < 24 || box.height < 24))
    .filter(([, html]) => !/type="(checkbox|radio|hidden)"/.test(html))
    .map(([, html]) => html)"""


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """The addresses of our pages, each with some content."""
    lead = make_contributor(job_title="Acute care correspondent")
    briefing = make_briefing(title="The Ward Round of institutional nomenclature", lead=lead)
    draft = make_issue(
        briefing=briefing,
        title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunternehmen",
        strapline="",
    )
    briefing.breaks.create(
        first_day=date(2026, 12, 20), last_day=date(2027, 1, 6), words="back in January"
    )
    draft.keep_revision(RevisionStep.CREATED, by=None)
    Section.objects.create(issue=draft, kind=SectionKind.NOTE, body="<p>Twelve beds</p>")
    revision = draft.keep_revision(RevisionStep.SAVED, by=None)
    scheduled = make_scheduled_issue(briefing=briefing)
    published = make_published_issue(briefing=briefing, title="Who pays?")
    comment = make_comment(
        on=published, state=CommentState.PENDING, body="W" * 300, email="ada@example.org"
    )
    for number, title in enumerate(("Wards that were never opened", draft.title)):
        url = f"https://the-echo-of-pellworth.example/a/very/long/address/of/wards/{number}"
        Clipping.objects.create(briefing=briefing, url=url, title=title, outlet="Echo")
    rows = {
        "draft": draft.pk,
        "revision": revision.pk,
        "scheduled": scheduled.pk,
        "published": published.pk,
        "comment": comment.pk,
        "dispatch": make_dispatch(briefing=briefing, title=draft.title).pk,
        "briefing": briefing.pk,
        "contributor": lead.pk,
    }
    return {name: address.format(**rows) for name, address in PAGES.items()}


@pytest.mark.takes(seconds=12)
@pytest.mark.parametrize("part", range(PARTS))
def test_pages_are_accessible_at_every_width_light_and_dark(
    page: Page, site: str, addresses: dict[str, str], part: int
) -> None:
    log_in(page, site, "Editors", first_name="Ina", last_name="Okafor")
    for name in list(PAGES)[part::PARTS]:
        check_at_every_width(page, f"{site}{addresses[name]}")


def test_the_login_page_is_accessible_at_every_width_light_and_dark(page: Page, site: str) -> None:
    check_at_every_width(page, f"{site}/admin/login/")


@pytest.mark.usefixtures("addresses")
def test_the_pages_of_a_restored_database_are_accessible(page: Page, site: str) -> None:
    database_epoch.mark_restored(reason="A test says so.")
    log_in(page, site, "Editors", may=("release_held",), first_name="Ina", last_name="Okafor")
    check_at_every_width(page, f"{site}/admin/")
    page.get_by_role("link", name="Decide what is sent").click()
    page.get_by_role("heading", name="After a restore").wait_for()
    check_at_every_width(page, page.url)


def check_at_every_width(page: Page, url: str) -> None:
    page.set_viewport_size({"width": VIEWS[0][0], "height": 800})
    page.emulate_media(reduced_motion="reduce")  # colours do not fade
    page.goto(url)
    wait_until_ready(page)
    for width, scheme in VIEWS:
        view = (url, width, scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
        if (width, scheme) in VIEWS_FOR_AXE:
            assert faults(page, where={"exclude": NOT_OURS}) == [], view
        assert page.evaluate(SMALL_TARGETS) == [], view
