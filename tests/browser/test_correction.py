"""An editor corrects a published issue, with everything typed kept, and emails the correction."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from briefings.models import SectionKind, WorkingCopy
from subscribers.models import DeliveryState, Dispatch
from subscribers.sending import dispatches, ledger
from tests.browser.issue_editor import KEPT, editor, log_in
from tests.browser.page_checks import wait_until_ready
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
NOTE = "An earlier version said that there are 214 beds. There are 241."


def make_sent() -> Dispatch:
    briefing = make_briefing()
    for _ in range(2):
        make_reader(of=briefing)
    body = "<p>The county has 214 beds.</p>"
    issue = make_scheduled_issue(briefing=briefing, sections=[(SectionKind.NOTE, "Beds", body)])
    dispatch = make_dispatch(issue=issue)
    dispatches.start(dispatch, at=timezone.now())
    dispatch.deliveries.update(state=DeliveryState.SENT)
    assert ledger.finish_if_settled(dispatch)
    return dispatch


def test_a_correction_and_its_email(page: Page, site: str) -> None:
    issue = make_sent().issue
    log_in(page, site)
    page.goto(f"{site}/admin/briefings/issue/{issue.pk}/change/")
    page.get_by_role("link", name="Correct", exact=True).click()
    expect(page.locator(".cke_wysiwyg_div")).to_have_count(1)
    editor(page, 0).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" It was 241.")

    # Without a note it is refused, and nothing that was typed is lost.
    page.get_by_role("button", name="Publish the correction").click()
    expect(page.get_by_text("Tell readers what was wrong")).to_be_visible()
    expect(editor(page, 0)).to_contain_text("It was 241.")
    page.get_by_label("Note for readers").fill(NOTE)
    expect(page.get_by_text(KEPT)).to_be_visible(timeout=20_000)
    assert WorkingCopy.objects.filter(issue=issue, content__fields__note=NOTE).exists()
    page.get_by_role("button", name="Publish the correction").click()
    expect(page.locator(".messagelist")).to_contain_text("Corrected")
    wait_until_ready(page)

    page.get_by_role("link", name="Email it…").click()
    expect(page.locator("pre")).to_contain_text("It was 241.")
    page.get_by_role("button", name="Send to 2 subscribers now").click()
    expect(page.locator(".messagelist")).to_contain_text("sending the correction")
    assert Dispatch.objects.of_corrections().get().subject == f"Correction: {issue.title}"
    page.goto(site + issue.get_absolute_url())
    expect(page.locator("#corrections")).to_contain_text(NOTE)
