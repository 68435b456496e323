"""A list comes in through a real browser: preview, confirmation, progress, refused rows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from subscribers.lists import tasks, uploaded_lists
from subscribers.models import PartKind, Subscriber, SubscriberImport
from tests.browser.issue_editor import sit_down
from tests.browser.page_checks import faults, picture
from tests.factories import make_briefing
from tests.subscribers.lists.list_files import make_csv

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
HEADER = ["E-Mail", "Vorname", "Nachname", "Joined"]
ROWS = [
    ["ada@example.org", "Ada", "Byron", "2024-05-01 10:00:00"],
    ["zoë.dürr@bücher.example", "Zoë", "Dürr", "2024-05-02 11:30:00"],
    ["no address", "Nobody", "", "2024-05-03 09:00:00"],
    ["ADA@example.org", "Ada", "Byron", "2024-05-01 10:00:00"],
]


def test_a_list_is_read_completed_confirmed_and_its_refused_rows_fetched(
    page: Page, site: str, tmp_path: Path
) -> None:
    make_briefing(title="The Ward Round", slug="ward")
    file = tmp_path / "readers of the fair.csv"
    file.write_bytes(make_csv(HEADER, *ROWS, encoding="utf-16", delimiter=";"))
    sit_down(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriber/")
    page.get_by_role("link", name="Import a list").click()
    page.get_by_label("List").set_input_files(file)
    page.get_by_role("button", name="Show how it is read").click()

    # What the file does not say is asked for; what it says is shown as it will be read.
    expect(page.get_by_role("alert")).to_contain_text("does not say where people agreed")
    expect(page.locator(".side")).to_contain_text("UTF-16 (little endian), separated by semicolon")
    expect(page.get_by_label("E-mail address")).to_have_value("#1")
    expect(page.locator(".import-rows")).to_contain_text("zoë.dürr@bücher.example")
    pictures(page, "import-asks")
    page.get_by_label("Where they agreed").fill("Summer fair, on paper")
    page.get_by_label("What they were told").fill("Please e-mail me The Ward Round.")
    page.get_by_role("button", name="Check it").click()

    expect(page.get_by_role("status")).to_have_text("Waiting for a worker …")
    made = SubscriberImport.objects.get()
    pictures(page, "import-progress")
    tasks.work_on_imports()  # the page finds out by itself
    expect(page.get_by_role("button", name="Import 2 readers")).to_be_visible()
    expect(page.locator(".import-figures")).to_contain_text("This is no e-mail address")
    assert not Subscriber.objects.exists()
    pictures(page, "import-checked")

    page.get_by_role("button", name="Import 2 readers").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    tasks.work_on_imports()
    expect(page.get_by_role("heading", name="What was done")).to_be_visible()
    expect(page.locator(".side")).to_contain_text("The file was removed")
    assert Subscriber.objects.count() == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the refused rows").click()
    assert download.value.suggested_filename == f"refused-{made.pk}.csv"
    refused = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "4,This is no e-mail address" in refused
    assert "no address,Nobody" in refused
    assert "Zoë" not in refused
    pictures(page, "import-done")


def test_a_list_is_stopped_on_its_way(page: Page, site: str, tmp_path: Path) -> None:
    make_briefing()
    file = tmp_path / "list.csv"
    file.write_bytes(make_csv(["email", "name"], ["ada@example.org", "Ada"]))
    sit_down(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriberimport/add/")
    page.get_by_role("button", name="Show how it is read").click()
    expect(page.locator(".errorlist")).to_have_text("Choose the list first.")
    page.get_by_label("List").set_input_files(file)
    pictures(page, "import-send")
    page.get_by_role("button", name="Show how it is read").click()
    page.get_by_role("button", name="Stop and remove the file").click()
    expect(page.locator(".messagelist")).to_contain_text("nothing was imported")
    expect(page.get_by_role("link", name="Import another list")).to_be_visible()
    assert not list(uploaded_lists.read_parts(SubscriberImport.objects.get(), PartKind.FILE))


def test_a_list_goes_out(page: Page, site: str) -> None:
    make_briefing(title="The Ward Round")
    sit_down(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriber/")
    page.get_by_role("link", name="Export as CSV").click()
    page.get_by_role("button", name="Count first").click()
    expect(page.get_by_role("status")).to_contain_text("0 rows")
    pictures(page, "export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.startswith("subscribers-")


def test_a_list_that_is_refused_says_what_to_do(page: Page, site: str, tmp_path: Path) -> None:
    make_briefing()
    sheet, broken = tmp_path / "readers.csv", tmp_path / "broken.csv"
    sheet.write_bytes(b"PK\x03\x04" + bytes(100))
    rows = [[f"r{number}@example.org", "2024-05-01", "/ward/", "x" * 90] for number in range(999)]
    header = ["email", "consent_date", "source", "wording"]
    broken.write_bytes(make_csv(header, *rows) + b'ada@example.org,"2024\n')
    sit_down(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriberimport/add/")
    page.get_by_label("List").set_input_files(sheet)
    page.get_by_role("button", name="Show how it is read").click()
    expect(page.locator(".errorlist")).to_contain_text("save it as CSV")
    pictures(page, "import-no-list")
    page.get_by_label("List").set_input_files(broken)
    page.get_by_role("button", name="Show how it is read").click()
    tasks.work_on_imports()
    expect(page.get_by_role("alert")).to_contain_text("on line 1,001 is never closed")
    expect(page.get_by_role("link", name="Import another list")).to_be_visible()
    pictures(page, "import-refused")
    page.goto(f"{site}/admin/subscribers/subscriberimport/")
    pictures(page, "import-list")


def pictures(page: Page, name: str) -> None:
    """Take the page as a phone and a desk show it, by day and by night; ask axe on both."""
    for width in (390, 1280):
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"{name}-{width}-{scheme}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if (width == 390) == (scheme == "dark"):
                assert faults(page) == [], (name, width, scheme)
    page.emulate_media(color_scheme="light")
