"""The text editor fits its column."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.issue_editor import log_in, open_issue, sections, three

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EDGES = "(one) => { const box = one.getBoundingClientRect(); return [box.left, box.right]; }"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_editor_is_as_wide_as_the_fields_around_it(page: Page, site: str, width: int) -> None:
    log_in(page, site)
    page.set_viewport_size({"width": width, "height": 900})
    open_issue(page, site, three())

    heading = sections(page).nth(0).get_by_label("Heading").evaluate(EDGES)
    box = sections(page).nth(0).locator(".cke_chrome").evaluate(EDGES)

    assert box == pytest.approx(heading, abs=0.5)
