"""The editor's dialogs for links and pictures, and items that are put into a round-up."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from briefings.models import Clipping, Issue, SectionKind
from briefings.roundup_items import RoundupItem, add_item
from tests.browser.issue_editor import editor, log_in, open_issue, save, sections, stored, three
from tests.browser.page_checks import faults, picture
from tests.factories import make_briefing, make_issue, make_published_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def photo(name: str = "beds.png") -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), (10, 120, 80)).save(out, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": out.getvalue()}


def focus(page: Page, place: int) -> None:
    """Click into a section's text, and wait until its editor knows: it sets the selection then."""
    editor(page, place).click()
    page.wait_for_function(
        "(place) => Object.values(CKEDITOR.instances)[place].focusManager.hasFocus", arg=place
    )
    expect(sections(page).nth(place).locator(".cke_top")).to_be_visible()


def open_alone(page: Page, site: str, issue: Issue) -> None:
    """Open an issue in which nobody else can be, so that the page does not ask for it."""
    log_in(page, site)
    page.route(
        "**/presence/", lambda route: route.fulfill(body="null", content_type="application/json")
    )
    open_issue(page, site, issue)


def look_at_dialog(page: Page, name: str) -> None:
    """Take pictures of an open dialog, and check that it is accessible and fits a phone."""
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        box = page.locator(".cke_dialog_body:visible").bounding_box()
        assert box is not None
        picture(page, f"{name}-{width}-{scheme}")
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert faults(page, where=".cke_dialog_body") == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


def confirm_twice(page: Page) -> None:
    """Confirm a dialog as Enter does where the page is busy: on keydown and on keyup."""
    page.evaluate(
        "() => { const open = CKEDITOR.dialog.getCurrent(); open.click('ok'); open.click('ok'); }"
    )


def test_a_link_is_typed_or_found_among_earlier_issues(page: Page, site: str) -> None:
    rail = make_briefing(title="Rail & road")
    earlier = make_published_issue(briefing=rail, title="The old timetable")
    make_published_issue(briefing=rail, title="The new timetable")
    issue = three()
    open_alone(page, site, issue)
    dialog = page.get_by_role("dialog", name="Link")

    focus(page, 0)
    page.keyboard.press("Control+End")
    sections(page).nth(0).locator(".cke_button__link").click()
    expect(dialog.get_by_label("Address")).to_be_focused()
    dialog.get_by_label("Address").fill("javascript:alert(1)")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog.get_by_role("alert")).to_contain_text("leads nowhere")
    dialog.get_by_label("Address").fill("www.a.example/report")
    dialog.get_by_label("Words of the link").fill("a report")
    confirm_twice(page)
    expect(dialog).to_be_hidden()

    focus(page, 1)
    page.keyboard.press("Control+End")
    page.keyboard.type(" and ")
    sections(page).nth(1).locator(".cke_button__link").click()
    expect(dialog.get_by_label("Address")).to_be_focused()  # the editor puts the focus there late
    field = dialog.get_by_label("Or find an earlier issue")
    field.press_sequentially("timetable")
    expect(dialog.get_by_role("option")).to_have_count(2)
    look_at_dialog(page, "dialog-link")
    field.press("ArrowDown")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text("The old timetable")
    field.press("Enter")
    expect(dialog).to_be_hidden()
    save(page)

    bodies = [body for _, body in stored(issue)]
    assert bodies[0].count('<a href="https://www.a.example/report">a report</a>') == 1
    assert bodies[0].count("a report") == 1
    assert f'<a href="{earlier.get_absolute_url()}">The old timetable</a>' in bodies[1]
    # The dialog of an existing link shows it, and changes its address only.
    editor(page, 0).locator("a").dblclick()
    expect(dialog.get_by_label("Address")).to_have_value("https://www.a.example/report")
    dialog.get_by_label("Address").fill("ada@a.example")
    dialog.get_by_role("button", name="OK").click()
    save(page)
    assert '<a href="mailto:ada@a.example">a report</a>' in stored(issue)[0][1]


def test_a_picture_gets_its_words_in_the_dialog(
    page: Page, site: str, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    issue = three()
    open_alone(page, site, issue)
    dialog = page.get_by_role("dialog", name="Picture")

    focus(page, 0)
    page.keyboard.press("Control+End")
    sections(page).nth(0).locator(".cke_button__image").click()
    upload = dialog.get_by_label("File")
    expect(upload).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_label("Alternative text")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    sections(page).nth(0).locator(".cke_button__image").click()
    expect(upload).to_be_focused()
    words: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    upload.set_input_files([words])
    expect(dialog.get_by_role("status")).to_contain_text("is not an image that we can use")
    upload.set_input_files([photo()])
    expect(dialog.get_by_label("Alternative text")).to_be_focused()
    dialog.get_by_role("button", name="OK").click()
    expect(dialog.get_by_role("status")).to_contain_text("Write the alternative text")
    dialog.get_by_label("Alternative text").fill("Empty beds")
    dialog.get_by_label("Caption").fill("The ward at noon")
    look_at_dialog(page, "dialog-picture")
    confirm_twice(page)
    expect(dialog).to_be_hidden()
    save(page)

    body = stored(issue)[0][1]
    assert body.count('alt="Empty beds"') == 1
    assert 'width="640"' in body
    assert body.endswith("<p><em>The ward at noon</em></p>")
    editor(page, 0).locator("img").dblclick()
    expect(dialog.get_by_label("Alternative text")).to_have_value("Empty beds")
    expect(dialog.get_by_label("Caption")).to_have_value("The ward at noon")
    dialog.get_by_label("Caption").fill("")
    dialog.get_by_label("Place").select_option("Centred")
    dialog.get_by_role("button", name="OK").click()
    save(page)
    body = stored(issue)[0][1]
    assert "The ward at noon" not in body
    assert 'class="align-center"' in body
    # In an item of a list, the caption is the line below the picture.
    page.evaluate(
        "() => Object.values(CKEDITOR.instances)[1].setData('<ul><li>Item four</li></ul>')"
    )
    focus(page, 1)
    page.keyboard.press("Control+End")
    for _ in " four":
        page.keyboard.press("ArrowLeft")
    sections(page).nth(1).locator(".cke_button__image").click()
    expect(upload).to_be_focused()
    upload.set_input_files([photo("list.png")])
    expect(dialog.get_by_label("Alternative text")).to_be_focused()
    dialog.get_by_label("Alternative text").fill("A weir")
    dialog.get_by_label("Caption").fill("The weir in October")
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_be_hidden()
    editor(page, 1).locator("img").dblclick()
    expect(dialog.get_by_label("Caption")).to_have_value("The weir in October")
    dialog.get_by_label("Caption").fill("The weir in May")
    dialog.get_by_role("button", name="OK").click()
    save(page)
    body = stored(issue)[1][1]
    assert re.search(r"<li>Item<img [^>]+><br><em>The weir in May</em><br> ?four</li>", body), body


def test_items_are_added_to_the_round_up_and_clippings_by_one_click(page: Page, site: str) -> None:
    issue = make_issue(sections=[(SectionKind.ROUNDUP, "In brief", "<ul><li>First</li></ul>")])
    kept = _keep(issue, "https://echo.example/wards", "Wards", "Echo", "Nobody asked")
    other = _keep(issue, "https://echo.example/other", "Other", "", "")
    open_alone(page, site, issue)
    section, tray = sections(page).nth(0), page.locator("[data-tray]")

    section.get_by_text("Add an item").click()
    item = section.locator("[data-roundup-item]")
    item.get_by_label("Title").fill("A tender was scrapped")
    item.get_by_label("Link").fill("paper.example/beds")
    item.get_by_label("Outlet").fill("The Skarrow Echo")
    item.get_by_label("Text").fill("Nobody had bid")
    item.get_by_label("Outlet").press("Enter")
    expect(editor(page, 0).locator("li")).to_have_count(2)
    tray.locator(f"#clipping-{kept.pk}").get_by_role("button", name="Put into").click()
    expect(editor(page, 0).locator("li")).to_have_count(3)
    expect(tray.locator(f"#clipping-{kept.pk}")).to_contain_text("In this issue")
    last = tray.locator(f"#clipping-{other.pk}")
    last.get_by_role("link", name="Remove Other").click()
    last.get_by_role("button", name="Undo").click()
    expect(last.get_by_role("button", name="Put into")).to_be_visible()
    last.get_by_role("link", name="Remove Other").click()
    expect(last).to_contain_text("Removed.")
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        picture(page, f"round-up-{width}-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 900})
    save(page)

    # The same words as the server makes of an item.
    body = "<ul><li>First</li></ul>"
    for title, link, outlet, text in (
        (
            "A tender was scrapped",
            "https://paper.example/beds",
            "The Skarrow Echo",
            "Nobody had bid",
        ),
        ("Wards", kept.url, "Echo", "Nobody asked"),
    ):
        body = add_item(body, RoundupItem(title=title, link=link, outlet=outlet, text=text))
    assert stored(issue)[0][1] == body
    kept.refresh_from_db()
    other.refresh_from_db()
    assert kept.used_in == issue
    assert other.removed_at is not None


def _keep(issue: Issue, url: str, title: str, outlet: str, text: str) -> Clipping:
    return Clipping.objects.create(
        briefing=issue.briefing, url=url, title=title, outlet=outlet, text=text
    )
