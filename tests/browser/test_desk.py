"""The desk in a real browser: words typed in editors arrive, whatever is done around them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as conf
from django.test import Client
from PIL import Image
from playwright.sync_api import Dialog, FilePayload, Locator, Page, expect

from briefings.models import CommentState, Issue, IssueState, SectionKind
from tests.desk import make_staff
from tests.factories import (
    make_briefing,
    make_comment,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)
from tests.servers.browser import Watch

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# What Google Docs puts on the clipboard: a wrapper, and spans whose every word is a style.
FROM_GOOGLE_DOCS = """<meta charset='utf-8'><b style="font-weight:normal;"
 id="docs-internal-guid-5e1f7a0c-7fff-2b1c-9d5e-0a1b2c3d4e5f"><p dir="ltr"
 style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;"><span
 style="font-size:11pt;font-family:Arial,sans-serif;color:#000000;font-weight:400;
 font-style:normal;text-decoration:none;vertical-align:baseline;">Plain, then </span><span
 style="font-size:11pt;font-weight:700;">bold</span><span>, then bare, </span><span
 style="text-decoration:underline;">underlined</span><span style=""> and </span><span
 style="text-decoration:line-through;">struck</span><span>.</span></p><br><ul
 style="margin-top:0;margin-bottom:0;"><li dir="ltr" style="list-style-type:disc;"
 aria-level="1"><p dir="ltr" role="presentation"><span>The first bullet</span></p></li></ul><p
 dir="ltr"><a href="https://example.org/paper" style="text-decoration:none;"><span
 style="color:#1155cc;text-decoration:underline;">A link</span></a></p></b>"""


@pytest.fixture
def sit_down(page: Page, site: str) -> Callable[..., None]:
    """Log a member of staff in on this page's browser."""

    def sit_down(*groups: str, **fields: Any) -> None:
        client = Client()
        client.force_login(make_staff(*(groups or ("Reporters",)), **fields))
        session = client.cookies[conf.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": conf.SESSION_COOKIE_NAME, "value": session, "url": site}]
        )

    return sit_down


def sections(page: Page) -> Locator:
    return page.locator("[data-section]")


def editor(page: Page, place: int) -> Locator:
    return sections(page).nth(place).locator(".cke_wysiwyg_div")


def write(page: Page, place: int, words: str) -> None:
    """Type at the end of a section's text, as a person does."""
    area = editor(page, place)
    area.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(words)


def open_issue(page: Page, site: str, issue: Issue) -> None:
    page.goto(f"{site}/admin/briefings/issue/{issue.pk}/change/")
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(issue.sections.count())


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.wait_for_load_state("networkidle")


def stored(issue: Issue) -> list[tuple[str, str]]:
    return [
        (section.heading, section.body.replace("\n", "").replace("\t", ""))
        for section in issue.sections.all()
    ]


def three() -> Issue:
    return make_issue(
        sections=[(SectionKind.NOTE, name, f"<p>{name}</p>") for name in ("One", "Two", "Three")]
    )


def test_an_issue_is_drafted_with_sections_added_moved_and_removed(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    make_briefing(title="The Ward Round")
    sit_down()
    page.goto(f"{site}/admin/briefings/issue/add/")
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(4)

    page.get_by_label("Headline").fill("Who pays?")
    for place, words in enumerate(("the feature", "the roundup", "the feedback", "the note")):
        write(page, place, f"Words of {words}.")
    page.get_by_role("button", name="Feature", exact=True).click()
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(5)
    write(page, 4, "Words of the addition.")
    added = sections(page).nth(4)
    added.get_by_label("Heading").fill("Added")
    for _ in range(3):
        added = page.locator("[data-section]", has=page.locator("text=Words of the addition."))
        added.get_by_role("button", name="Up", exact=True).click()
    expect(editor(page, 1)).to_have_text("Words of the addition.")
    write(page, 1, " More of it.")
    sections(page).nth(3).get_by_role("button", name="Remove", exact=True).click()
    expect(sections(page).nth(3)).to_contain_text("will go when you save")
    page.get_by_role("button", name="Save draft").click()

    expect(page.locator(".messagelist")).to_contain_text("Saved as a draft")
    issue = Issue.objects.get()
    assert issue.slug == "who-pays"
    assert stored(issue) == [
        ("", "<p>Words of the feature.</p>"),
        ("Added", "<p>Words of the addition. More of it.</p>"),
        ("In brief", "<p>Words of the roundup.</p>"),
        ("", "<p>Words of the note.</p>"),
    ]


def test_a_section_is_carried_by_hand_and_keeps_what_was_typed(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    write(page, 2, " and more")

    grip = sections(page).nth(2).locator("[data-grip]")
    grip.scroll_into_view_if_needed()
    grip.hover()
    page.mouse.down()
    head = sections(page).nth(0).bounding_box()
    assert head
    page.mouse.move(head["x"] + 10, head["y"] + 2, steps=8)
    page.mouse.up()
    save(page)

    assert stored(issue) == [
        ("Three", "<p>Three and more</p>"),
        ("One", "<p>One</p>"),
        ("Two", "<p>Two</p>"),
    ]


def test_the_browsers_keys_move_a_section_and_say_where_it_is(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = three()
    sit_down()
    open_issue(page, site, issue)

    sections(page).nth(0).get_by_role("button", name="Down", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.locator("[data-section-status]")).to_have_text("One: now in place 3 of 3")
    expect(sections(page).nth(2).get_by_role("button", name="Up", exact=True)).to_be_focused()
    save(page)
    assert [heading for heading, _ in stored(issue)] == ["Two", "Three", "One"]


def paste(page: Page, place: int, html: str) -> None:
    """Copy HTML and paste it by the keyboard: a true clipboard, a true paste."""
    page.evaluate(
        """(html) => document.addEventListener("copy", (event) => {
            event.clipboardData.setData("text/html", html);
            event.clipboardData.setData("text/plain", "plain");
            event.preventDefault();
        }, { once: true })""",
        html,
    )
    # Copied elsewhere: of its own copies the editor remembers more than the clipboard holds.
    page.get_by_label("Headline").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    editor(page, place).click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+V")


def test_a_paste_from_google_docs_keeps_its_words_and_their_weight(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "One", "<p>x</p>")])
    sit_down()
    open_issue(page, site, issue)

    paste(page, 0, FROM_GOOGLE_DOCS)
    expect(editor(page, 0)).to_contain_text("The first bullet")
    save(page)

    [(_, body)] = stored(issue)
    assert body == (
        "<p>Plain, then <strong>bold</strong>, then bare, <u>underlined</u> and <s>struck</s>.</p>"
        "<ul><li>The first bullet</li></ul>"
        '<p><a href="https://example.org/paper">A link</a></p>'
    )


FROM_WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"
 xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name=Generator
 content="Microsoft Word 15"><style>p.MsoNormal{margin:0cm}</style></head><body lang=EN-GB>
 <h1>A heading<o:p></o:p></h1><p class=MsoNormal style='margin-bottom:8.0pt;mso-fareast:x'>Some
 <b>bold</b> words<o:p></o:p></p></body></html>"""


def test_a_paste_from_word_keeps_headings_and_leaves_its_styles(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "One", "<p>x</p>")])
    sit_down()
    open_issue(page, site, issue)

    paste(page, 0, FROM_WORD)
    expect(editor(page, 0)).to_contain_text("A heading")
    save(page)

    [(_, body)] = stored(issue)
    assert body == "<h3>A heading</h3><p>Some <strong>bold</strong> words</p>"


def test_a_save_over_a_newer_one_is_refused_and_keeps_the_words(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    write(page, 1, " as I see it")
    issue.claim_edit(version=issue.version)

    page.get_by_role("button", name="Save", exact=True).last.click()

    expect(page.get_by_role("alert")).to_contain_text("saved this issue")
    expect(editor(page, 1)).to_have_text("Two as I see it")
    assert stored(issue)[1] == ("Two", "<p>Two</p>")
    page.get_by_role("button", name="Save mine in its place").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert stored(issue)[1] == ("Two", "<p>Two as I see it</p>")


def test_opening_and_saving_an_approved_issue_leaves_it_approved(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    """The editor would write this markup otherwise; nobody touched it, so nobody changed it."""
    issue = make_scheduled_issue(
        sections=[(SectionKind.NOTE, "One", "<p>a</p><p></p>\n\n<ul><li>b</li></ul><p>“c” — d</p>")]
    )
    sit_down()
    open_issue(page, site, issue)

    save(page)

    expect(page.locator(".messagelist")).to_contain_text("Nothing was changed")
    assert Issue.objects.get(pk=issue.pk).state == IssueState.SCHEDULED


def test_words_outlive_a_lost_session(
    page: Page, site: str, sit_down: Callable[..., None], watch: Watch
) -> None:
    issue = three()
    sit_down(username="rosa")
    open_issue(page, site, issue)
    page.get_by_label("Headline").fill("A better headline")
    write(page, 0, " before the session went")
    sections(page).nth(2).get_by_role("button", name="Up", exact=True).click()
    page.context.clear_cookies()

    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("body")).not_to_contain_text("A better headline")
    watch.expected.append("403")

    from django.contrib.auth.models import User

    client = Client()
    client.force_login(User.objects.get(username="rosa"))
    session = client.cookies[conf.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": conf.SESSION_COOKIE_NAME, "value": session, "url": site}])
    open_issue(page, site, issue)
    expect(page.get_by_text("This browser kept words that were not saved")).to_be_visible()
    page.get_by_role("button", name="Put them back").click()
    expect(editor(page, 0)).to_have_text("One before the session went")
    expect(page.get_by_label("Headline")).to_have_value("A better headline")
    save(page)

    assert stored(issue) == [
        ("One", "<p>One before the session went</p>"),
        ("Three", "<p>Three</p>"),
        ("Two", "<p>Two</p>"),
    ]
    open_issue(page, site, issue)
    expect(page.get_by_text("This browser kept words")).to_be_hidden()


def test_leaving_with_unsaved_words_is_asked_about(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)

    page.goto(f"{site}/admin/briefings/issue/")
    assert asked == []
    open_issue(page, site, issue)
    write(page, 0, "x")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.goto(f"{site}/admin/briefings/issue/")

    assert asked == ["beforeunload"]


def picture() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 120, 80)).save(out, "PNG")
    return {"name": "beds.png", "mimeType": "image/png", "buffer": out.getvalue()}


def test_a_picture_comes_in_by_the_dialog(
    page: Page, site: str, sit_down: Callable[..., None], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    editor(page, 0).click()

    sections(page).nth(0).get_by_title("Image").click()
    page.get_by_role("tab", name="From this computer").click()
    upload = page.locator(".cke_dialog input[type=file]")
    words: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    upload.set_input_files([words])
    expect(page.locator(".cke_dialog [role=status]")).to_contain_text("is no picture that we know")
    upload.set_input_files([picture()])
    expect(page.get_by_label("URL").first).to_have_value(re.compile("/media/"))
    page.get_by_label("Alternative text").fill("Empty beds")
    page.get_by_role("button", name="OK").click()
    save(page)

    body = stored(issue)[0][1]
    assert "<img" in body
    assert 'alt="Empty beds"' in body
    assert "/media/issues/" in body


def test_a_picture_is_pasted(
    page: Page, site: str, sit_down: Callable[..., None], settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    editor(page, 0).click()

    editor(page, 0).evaluate(
        """(area, bytes) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], "beds.png", { type: "image/png" }));
            area.dispatchEvent(new ClipboardEvent("paste", {
                clipboardData: carried, bubbles: true, cancelable: true,
            }));
        }""",
        list(picture()["buffer"]),
    )

    expect(editor(page, 0).locator("img")).to_have_attribute("width", "40")
    save(page)
    assert "/media/issues/" in stored(issue)[0][1]


def test_a_paste_gone_wrong_is_refused_before_it_leaves_the_page(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    issue = three()
    sit_down()
    open_issue(page, site, issue)
    page.evaluate(
        """() => Object.values(CKEDITOR.instances)[1].insertHtml(
            "<p>" + "word ".repeat(1_000_000) + "</p>")"""
    )

    page.get_by_role("button", name="Save", exact=True).last.click()

    expect(page.get_by_role("alert")).to_contain_text("at most 150,000 fit")
    assert len(stored(issue)[1][1]) < 100
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")  # nobody wants a picture of it


def test_another_briefing_brings_its_own_number_and_hour(
    page: Page, site: str, sit_down: Callable[..., None]
) -> None:
    make_issue(briefing=make_briefing(title="A first", slot_weekday=0), number=7)
    make_issue(briefing=make_briefing(title="B second", slot_weekday=4), number=41)
    sit_down()
    page.goto(f"{site}/admin/briefings/issue/add/")
    expect(page.get_by_label("Number", exact=True)).to_have_value("8")
    hour = page.get_by_label("Goes out").input_value()

    page.get_by_label("Briefing", exact=True).select_option(label="B second")

    expect(page.get_by_label("Number", exact=True)).to_have_value("42")
    assert page.get_by_label("Goes out").input_value() != hour
    expect(page.get_by_text("every Friday at 07:00")).to_be_visible()


# The editor's own markup, which its release will not mend: its dialogs and its tool bar.
NOT_OURS = [[".cke_top"], [".cke_voice_label"]]
PAGES = {
    "week": "/admin/",
    "login": "/admin/login/",
    "issues": "/admin/briefings/issue/",
    "new issue": "/admin/briefings/issue/add/",
    "draft": "/admin/briefings/issue/{draft}/change/",
    "scheduled": "/admin/briefings/issue/{scheduled}/change/",
    "published": "/admin/briefings/issue/{published}/change/",
    "delete": "/admin/briefings/issue/{draft}/delete/",
    "preview": "/admin/briefings/issue/{published}/preview/",
    "document": "/admin/briefings/issue/from-document/",
    "comments": "/admin/briefings/comment/",
    "comment": "/admin/briefings/comment/{comment}/change/",
    "briefings": "/admin/briefings/briefing/",
    "briefing": "/admin/briefings/briefing/{briefing}/change/",
    "contributors": "/admin/briefings/contributor/",
    "contributor": "/admin/briefings/contributor/{contributor}/change/",
}
VIEWS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (1280, "light"),
    (390, "dark"),
    (320, "light"),
)
SMALL_TARGETS = """() => [...document.querySelectorAll("button, select, input, summary")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".cke"))
    .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
    .filter(([box]) => box.width > 1 && (box.width < 24 || box.height < 24))
    .filter(([, html]) => !/type="(checkbox|radio|hidden)"/.test(html))
    .map(([, html]) => html)"""


@pytest.fixture
def addresses(db: None) -> dict[str, str]:
    """Every page of ours, with something on it."""
    lead = make_contributor(job_title="Acute care correspondent")
    briefing = make_briefing(title="The Ward Round of institutional nomenclature", lead=lead)
    draft = make_issue(
        briefing=briefing,
        title="Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunternehmen",
        strapline="",
    )
    scheduled = make_scheduled_issue(briefing=briefing)
    published = make_published_issue(briefing=briefing, title="Who pays?")
    comment = make_comment(
        on=published, state=CommentState.PENDING, body="W" * 300, email="ada@example.org"
    )
    rows = {
        "draft": draft.pk,
        "scheduled": scheduled.pk,
        "published": published.pk,
        "comment": comment.pk,
        "briefing": briefing.pk,
        "contributor": lead.pk,
    }
    return {name: address.format(**rows) for name, address in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_at_every_width_and_in_both_lights(
    page: Page, site: str, sit_down: Callable[..., None], addresses: dict[str, str], name: str
) -> None:
    if name != "login":
        sit_down("Editors", first_name="Ina", last_name="Okafor")
    for width, light in VIEWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=light)
        page.goto(f"{site}{addresses[name]}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, light)
        found = Axe().run(page, context={"exclude": NOT_OURS}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (width, light)
        assert page.evaluate(SMALL_TARGETS) == [], (width, light)
