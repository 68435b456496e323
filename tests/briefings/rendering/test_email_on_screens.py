"""An email on real screens: narrow and wide, light and dark, without its pictures."""

from __future__ import annotations

from typing import Any, Literal

import css_inline
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template import engines
from playwright.sync_api import Page

from briefings.models import SectionKind
from subscribers.sending.views import as_page
from tests.briefings.rendering.sample_emails import read_page, render
from tests.factories import make_briefing, make_issue
from tests.servers.browser import Watch

BODY = (
    '<p><img src="/media/ward.png" alt="An empty ward at dusk" width="1200" height="600"></p>'
    '<p><img src="/media/door.png" class="align-right" width="200" height="200">Words.</p>'
    f"<table><tr>{'<th>A heading</th>' * 12}</tr><tr>{'<td>some words</td>' * 12}</tr></table>"
    f"<pre>{'verbatim ' * 40}</pre><p>{'x' * 200}</p><blockquote><p>Not so.</p></blockquote>"
    '<h3>Within</h3><ol><li>One <a href="/x/">link</a></li></ol>'
)


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 700])
def test_nothing_is_pushed_off_the_screen_and_all_can_be_read(
    page: Page, watch: Watch, settings: Any, width: int, scheme: Literal["light", "dark"]
) -> None:
    settings.SITE_URL = "http://127.0.0.1:9"  # pictures do not load, as in many mail programs
    watch.expected += ["Failed to load resource", "ERR_"]
    quote = "<blockquote><p>Not so.</p><p>— A reader</p></blockquote>"
    issue = make_issue(
        briefing=make_briefing(accent="ochre"),
        sections=[
            (SectionKind.FEATURE, "One", BODY),
            (SectionKind.ROUNDUP, "Two", "<ul><li>One</li><li>Two</li></ul>"),
            (SectionKind.FEEDBACK, "Three", quote),
            (SectionKind.NOTE, "", "<p>Away.</p>"),
        ],
    )
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)

    page.set_content(as_page(render(issue).html))

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    paper = page.locator("body").evaluate("element => getComputedStyle(element).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 21, 23)"}[scheme]
    found = Axe().run(page).response["violations"]
    assert [it["id"] for it in found] == []


def test_a_transactional_emails_button_is_large_enough_for_a_thumb(page: Page) -> None:
    template = engines["django"].from_string(
        '{% extends "email/_base.html" %}{% block content %}<h1>Is this you?</h1>'
        '{% include "email/_button.html" with url="https://example.com/?a=1" label="Yes & no" %}'
        "{% endblock %}"
    )
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    html = inliner.inline(template.render({"subject": "Is this you?", "site_name": "Newsroom"}))
    page.set_viewport_size({"width": 320, "height": 600})
    page.set_content(html)

    box = page.get_by_role("link", name="Yes & no").bounding_box()
    assert box
    assert box["height"] >= 44
    [cell] = [it for it in read_page(html).all("td") if "button" in it.get("class", "")]
    assert "mso-padding-alt: 14px 24px" in cell["style"], "Outlook pads the cell"
    assert cell["bgcolor"] == "#16191d"
