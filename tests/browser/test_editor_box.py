"""The text editor fits its column; its dialogs show whole numbers and whole addresses."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.issue_editor import log_in, open_issue, save, sections, stored, three

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
EDGES = "(one) => { const box = one.getBoundingClientRect(); return [box.left, box.right]; }"
IS_CUT = "(one) => one.scrollWidth > one.clientWidth"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_editor_is_as_wide_as_the_fields_around_it(page: Page, site: str, width: int) -> None:
    log_in(page, site)
    page.set_viewport_size({"width": width, "height": 900})
    open_issue(page, site, three())

    heading = sections(page).nth(0).get_by_label("Heading").evaluate(EDGES)
    box = sections(page).nth(0).locator(".cke_chrome").evaluate(EDGES)

    assert box == pytest.approx(heading, abs=0.5)


def test_the_image_dialog_shows_whole_numbers(page: Page, site: str) -> None:
    log_in(page, site)
    open_issue(page, site, three())
    section = sections(page).nth(0)
    section.locator(".cke_wysiwyg_div").click()
    section.locator(".cke_button__image").click()
    page.locator(".cke_dialog_tab", has_text="Image Info").click()

    for label in ("Width", "Height"):
        field = page.locator(".cke_dialog").get_by_label(label, exact=True)
        field.fill("8888")
        expect(field).to_have_value("8888")
        assert not field.evaluate(IS_CUT)


def test_a_link_starts_with_https_in_its_dialog(page: Page, site: str) -> None:
    issue = three()
    log_in(page, site)
    open_issue(page, site, issue)
    section = sections(page).nth(0)
    section.locator(".cke_wysiwyg_div").click()
    page.keyboard.press("Control+A")
    section.locator(".cke_button__link").click()
    dialog = page.locator(".cke_dialog")
    expect(dialog.get_by_label("Protocol", exact=True)).to_have_value("https://")

    dialog.get_by_label("URL", exact=False).last.fill("www.a.example/report")
    dialog.get_by_role("button", name="OK").click()
    save(page)

    _, body = stored(issue)[0]
    assert 'href="https://www.a.example/report"' in body
