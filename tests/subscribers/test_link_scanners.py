"""Link scanners open every link of every email, and that changes nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.subscribers.subscriber_lives import every_value, live

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
EMAILS = Path(__file__).resolve().parents[2] / "templates" / "email"
# Their links ask to log in.
FOR_STAFF = {
    "account_changed",
    "approval_void",
    "bounces_about_us",
    "comments_waiting",
    "contact_author",
    "cut_off_passed",
    "database_restored",
    "dispatch_late",
    "dispatch_paused",
    "follow_up",
    "guest_remarks",
    "issue_not_ready",
    "issue_returned",
    "invitation",
    "new_log_in",
    "outage",
    "password_reset",
    "quotation_lost",
    "review_request",
    "slot_missed",
    "subscriber_returned",
}
# A compiled query is a SELECT, which PostgreSQL may have prepared.
READS = ("SELECT", "DECLARE", "SAVEPOINT", "RELEASE SAVEPOINT", "EXECUTE compiled_")


def test_fetching_every_link_of_every_email_twice_writes_nothing(client: Client) -> None:
    links = live(client).links
    emails = {folder.name for folder in EMAILS.iterdir() if folder.is_dir()}
    assert emails - links.keys() == FOR_STAFF, (
        "emails that tests/subscribers/subscriber_lives.py does not bring"
    )
    before = every_value()
    with CaptureQueriesContext(connection) as captured:
        for name, paths in links.items():
            for path in paths * 2:
                for fetch in (client.get, client.head):
                    answer = fetch(path, follow=True)
                    assert answer.status_code == 200, f"{path} of {name}"
    wrote = [query["sql"] for query in captured if not query["sql"].startswith(READS)]
    assert wrote == []
    assert every_value() == before


def test_pages_behind_links_stay_out_of_caches_and_search_engines(client: Client) -> None:
    for paths in live(client).links.values():
        for path in paths:
            if re.match(r"/(preferences|unsubscribe|confirm|view)/.", path):
                page = client.get(path)
                assert "no-store" in page.headers["Cache-Control"], path
                assert "noindex" in page.headers["X-Robots-Tag"], path
