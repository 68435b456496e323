"""The import and export pages in a real browser: preview, progress, refused rows."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from subscribers.lists import tasks, uploaded_lists
from subscribers.models import PartKind, Subscriber, SubscriberImport
from tests.browser.issue_editor import log_in
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


def test_a_list_is_completed_confirmed_imported_and_its_refused_rows_downloaded(
    page: Page, site: str, tmp_path: Path
) -> None:
    make_briefing(title="The Ward Round", slug="ward")
    file = tmp_path / "readers of the fair.csv"
    file.write_bytes(make_csv(HEADER, *ROWS, encoding="utf-16", delimiter=";"))
    log_in(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriber/")
    page.get_by_role("link", name="Import a list").click()
    page.get_by_label("List").set_input_files(file)
    page.get_by_role("button", name="Upload and preview").click()

    # The page asks for what the file does not say, and previews what it does.
    expect(page.get_by_role("alert")).to_contain_text("does not say where people agreed")
    expect(page.locator(".side")).to_contain_text("UTF-16 (little endian), separated by semicolon")
    expect(page.get_by_label("Email address")).to_have_value("#1")
    expect(page.locator(".import-rows")).to_contain_text("zoë.dürr@bücher.example")
    pictures(page, "import-asks")
    page.get_by_label("Where everyone else agreed").fill("Summer fair, on paper")
    page.get_by_label("What everyone else was told").fill("Please email me The Ward Round.")
    page.get_by_role("button", name="Check the list").click()

    expect(page.get_by_role("status")).to_have_text("Waiting for a worker…")
    subscriber_import = SubscriberImport.objects.get()
    pictures(page, "import-progress")
    tasks.process_imports()  # the page updates by itself
    expect(page.get_by_role("button", name="Import 2 subscribers")).to_be_visible()
    expect(page.locator(".import-figures")).to_contain_text("name@example.org")
    assert not Subscriber.objects.exists()
    pictures(page, "import-checked")

    page.get_by_role("button", name="Import 2 subscribers").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    tasks.process_imports()
    expect(page.get_by_role("heading", name="What we imported")).to_be_visible()
    expect(page.locator(".side")).to_contain_text("We deleted the file")
    assert Subscriber.objects.count() == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="Download refused rows").click()
    assert download.value.suggested_filename == f"refused-{subscriber_import.pk}.csv"
    refused = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "name@example.org" in refused
    assert "no address,Nobody" in refused
    assert "Zoë" not in refused
    pictures(page, "import-done")


def test_an_import_can_be_stopped(page: Page, site: str, tmp_path: Path) -> None:
    make_briefing()
    file = tmp_path / "list.csv"
    file.write_bytes(make_csv(["email", "name"], ["ada@example.org", "Ada"]))
    log_in(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriberimport/add/")
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.locator(".errorlist")).to_have_text("Choose a list.")
    page.get_by_label("List").set_input_files(file)
    pictures(page, "import-send")
    page.get_by_role("button", name="Upload and preview").click()
    page.get_by_role("button", name="Stop and delete the file").click()
    expect(page.locator(".messagelist")).to_contain_text("Nothing was imported")
    expect(page.get_by_role("link", name="Import another list")).to_be_visible()
    assert not list(uploaded_lists.read_parts(SubscriberImport.objects.get(), PartKind.FILE))


def test_a_list_is_exported(page: Page, site: str) -> None:
    make_briefing(title="The Ward Round")
    log_in(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriber/")
    page.get_by_role("link", name="Export as CSV").click()
    page.get_by_role("button", name="Count rows").click()
    expect(page.get_by_role("status")).to_contain_text("0 rows")
    pictures(page, "export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename.startswith("subscribers-")


def test_a_refused_list_says_what_to_do(page: Page, site: str, tmp_path: Path) -> None:
    make_briefing()
    sheet, broken = tmp_path / "readers.csv", tmp_path / "broken.csv"
    sheet.write_bytes(b"PK\x03\x04" + bytes(100))
    rows = [[f"r{number}@example.org", "2024-05-01", "/ward/", "x" * 90] for number in range(999)]
    header = ["email", "consent_date", "source", "wording"]
    broken.write_bytes(make_csv(header, *rows) + b"x" * (1 << 20))
    log_in(page, site, is_superuser=True)
    page.goto(f"{site}/admin/subscribers/subscriberimport/add/")
    page.get_by_label("List").set_input_files(sheet)
    page.get_by_role("button", name="Upload and preview").click()
    expect(page.locator(".errorlist")).to_contain_text("save it as CSV")
    pictures(page, "import-no-list")
    page.get_by_label("List").set_input_files(broken)
    page.get_by_role("button", name="Upload and preview").click()
    tasks.process_imports()
    expect(page.get_by_role("alert")).to_contain_text(
        "Line 1,001 has more than 1,048,576 characters"
    )
    expect(page.get_by_role("link", name="Import another list")).to_be_visible()
    pictures(page, "import-refused")
    page.goto(f"{site}/admin/subscribers/subscriberimport/")
    pictures(page, "import-list")


def pictures(page: Page, name: str) -> None:
    """Check the page with axe on a phone and a wide screen, in both colour schemes."""
    for width in (390, 1280):
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            picture(page, f"{name}-{width}-{scheme}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if (width == 390) == (scheme == "dark"):
                assert faults(page) == [], (name, width, scheme)
    page.emulate_media(color_scheme="light")
