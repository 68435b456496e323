"""A quotation in the editor: it is cut in a dialog, moved and removed, and not typed in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from briefings.models import SectionKind
from briefings.quotations.rows import keep_quotations
from tests.briefings.quotations.quoted_in_tests import EXCERPT, make_response, quotation_of
from tests.browser.issue_editor import editor, log_in, open_issue, save, stored
from tests.browser.page_checks import faults, picture
from tests.factories import make_issue, make_published_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.takes(seconds=10)
def test_an_editor_quotes_selected_words_and_cuts_them_in_the_dialog(page: Page, site: str) -> None:
    issue = make_published_issue()
    comment = make_response(on=issue)
    draft = make_issue(
        briefing=issue.briefing,
        sections=[
            (SectionKind.FEEDBACK, "You told us", f"<p>About buses:</p>{quotation_of(comment)}")
        ],
    )
    keep_quotations(draft)
    log_in(page, site)
    open_issue(page, site, draft)

    # It is one block: a click selects it, and typing does not go into it.
    block = editor(page, 0).locator("blockquote[data-response]")
    expect(block).to_contain_text(EXCERPT)
    expect(page.locator(".cke_widget_wrapper")).to_have_attribute("contenteditable", "false")
    block.click()
    bar = page.locator(".quotation-bar")
    expect(bar).to_be_visible()
    picture(page, "quotation-bar")
    bar.get_by_role("button", name="Cut…").click()

    dialog = page.get_by_role("dialog", name="Cut the quotation")
    use = dialog.get_by_role("button", name="Use these words")
    printed = dialog.get_by_label("What is printed")
    expect(dialog.get_by_label("What the reader wrote")).to_have_value(re.compile("The 14 bus"))
    expect(use).to_be_enabled()
    printed.fill("Now my mother runs the last mile.")
    expect(dialog.get_by_role("status")).to_contain_text("did not write “runs the last mile.”")
    expect(use).to_be_disabled()
    assert faults(page, where=".quotation-dialog") == []
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 844})
            page.emulate_media(color_scheme=scheme)
            picture(page, f"quotation-dialog-{width}-{scheme}")
    page.set_viewport_size({"width": 1280, "height": 900})

    # Words are left out by selecting them in the original.
    dialog.get_by_role("button", name="Print all of it").click()
    expect(use).to_be_enabled()
    dialog.get_by_label("What the reader wrote").evaluate(
        "(area) => { const at = area.value.indexOf('walks the');"
        " area.setSelectionRange(at, at + 9) }"
    )
    dialog.get_by_role("button", name="Leave the selected words out").click()
    expect(printed).to_have_value(re.compile("Now my mother … last mile"))
    expect(use).to_be_enabled()
    printed.fill("Now my mother … the last mile from the stop.")
    expect(dialog.get_by_role("status")).to_contain_text("did not write")
    printed.fill("Now my mother … the last mile [from the stop].")
    expect(use).to_be_enabled()
    use.click()
    expect(dialog).to_be_hidden()
    expect(block).to_contain_text("Now my mother … the last mile [from the stop].")
    save(page)
    [(_, body)] = stored(draft)
    assert body == (
        f'<p>About buses:</p><blockquote data-response="{comment.pk}">'
        "<p>Now my mother … the last mile [from the stop].</p><p>— Imogen Thwaite</p></blockquote>"
    )
    assert draft.quotations.get().excerpt == "Now my mother … the last mile [from the stop]."
