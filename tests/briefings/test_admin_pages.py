"""The admin's start page, its lists, its previews and its policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import CommentState, SectionKind
from tests.briefings.admin_client import change_url, staff_client
from tests.factories import (
    make_briefing,
    make_comment,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
LIST = "/admin/briefings/issue/"


def text(page: Page) -> str:
    assert page.status_code == 200
    return page.content.decode()


def test_the_week_shows_each_briefing_its_slot_and_its_unpublished_issues() -> None:
    briefing = make_briefing(title="The Ward Round", slot_weekday=3)
    make_scheduled_issue(
        briefing=briefing, title="The rota", publish_at=timezone.now() + timedelta(days=2)
    )
    make_briefing(title="Front Door")
    make_briefing(title="Gone", retired=True)
    issue = make_published_issue(briefing=briefing, title="Last week’s")
    make_comment(on=issue, state=CommentState.PENDING)

    week = text(staff_client("Editors").get("/admin/")).split("Everything else")[0]

    for words in ("The Ward Round", "The rota", "Scheduled", "Front Door", "No issue in progress"):
        assert words in week
    assert "<strong>1 comment</strong> waiting for a moderator" in week
    assert "Gone" not in week
    assert "Last week’s" not in week


def test_the_week_shows_only_what_a_person_may_see() -> None:
    make_issue(title="A secret draft")

    assert "A secret draft" not in text(staff_client().get("/admin/"))


def test_the_list_is_searched_and_filtered() -> None:
    beds = make_issue(title="Empty beds")
    make_scheduled_issue(
        title="The rota",
        sections=[(SectionKind.NOTE, "Words within", "<p>ambulances</p>")],
    )
    client = staff_client("Editors")

    assert "The rota" in text(client.get(f"{LIST}?q=ambulances"))
    assert "Empty beds" not in text(client.get(f"{LIST}?q=ambulances"))
    assert "Empty beds" not in text(client.get(f"{LIST}?state__exact=scheduled"))
    filtered = text(client.get(f"{LIST}?briefing__id__exact={beds.briefing.pk}"))
    assert "Empty beds" in filtered
    assert "The rota" not in filtered.split("changelist-form")[1]


def test_the_list_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    briefing = make_briefing()
    for _ in range(25):
        make_issue(briefing=briefing)
    client = staff_client("Editors")

    with django_assert_max_num_queries(15):
        text(client.get(LIST))


def test_the_page_says_what_to_check_before_sending() -> None:
    issue = make_issue(
        strapline="",
        sections=[
            (
                SectionKind.FEATURE,
                "Beds",
                """<p>One two three <img src="/media/x.png"> <img src="https://else.example/y.png"
                alt="y"> <a href="http://localhost:8000/x">here</a> <a href="">there</a></p>""",
            ),
            (SectionKind.NOTE, "", ""),
        ],
    )

    page = text(staff_client("Editors").get(change_url(issue)))

    for words in (
        "There is no strapline.",
        "There is no send time.",
        "Section “Beds”: an image has no alternative text.",
        "an image comes from else.example, so readers get a link instead",
        "a link leads to localhost, which exists only on your computer",
        "the link “there” has no address",
        "Section 2 is empty.",
        "5 words · 1 minute to read",
    ):
        assert words in page


def test_an_email_that_gmail_would_clip_is_a_finding() -> None:
    issue = make_issue(sections=[(SectionKind.FEATURE, "Long", "<p>words of it </p>" * 7000)])

    page = text(staff_client("Editors").get(change_url(issue)))

    assert "KB of HTML" in page


def test_a_saved_issue_is_previewed_as_its_readers_will_get_it() -> None:
    issue = make_issue(title="The rota that nobody signed")
    client = staff_client("Editors")

    frame = client.get(f"{LIST}{issue.pk}/preview/")
    assert 'sandbox="allow-same-origin allow-popups' in text(frame)
    for part in ("page", "email", "text"):
        bare = client.get(f"{LIST}{issue.pk}/preview/{part}/")
        assert "The rota that nobody signed" in text(bare)
        assert bare["X-Frame-Options"] == "SAMEORIGIN"
        policy = bare["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "script-src 'none'" in policy


def test_a_preview_is_for_staff() -> None:
    issue = make_issue()

    assert Client().get(f"{LIST}{issue.pk}/preview/email/").status_code == 302
    assert staff_client().get(f"{LIST}{issue.pk}/preview/email/").status_code == 403
    assert staff_client("Editors").get(f"{LIST}{issue.pk}/preview/else/").status_code == 404


def test_the_admin_allows_no_inline_script() -> None:
    page = staff_client("Editors").get(change_url(make_issue()))

    policy = page["Content-Security-Policy"]
    directives = dict(part.split(maxsplit=1) for part in policy.split("; "))  # in any order
    assert directives["script-src"] == "'self'"
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize(
    "address",
    [
        "/admin/briefings/briefing/",
        "/admin/briefings/briefing/add/",
        "/admin/briefings/contributor/",
        "/admin/briefings/contributor/add/",
        "/admin/briefings/issue/add/",
        "/admin/briefings/issue/from-document/",
        "/admin/briefings/comment/",
        "/admin/password_change/",
    ],
)
def test_every_page_opens_for_an_editor_even_where_there_is_nothing_yet(address: str) -> None:
    text(staff_client("Editors").get(address))


def test_the_list_leads_to_the_months_to_come() -> None:
    make_published_issue(briefing=make_briefing())
    coming = timezone.now() + timedelta(days=70)
    make_issue(publish_at=coming)

    page = text(staff_client("Editors").get(f"{LIST}?publish_at__year={coming.year}"))

    assert f"publish_at__month={coming.month}" in page


def test_the_page_of_a_comment_has_one_time_zone() -> None:
    issue = make_published_issue(briefing=make_briefing(time_zone="Asia/Tokyo"))
    at = datetime(2026, 7, 2, 20, 30, tzinfo=UTC)
    thread = make_comment(on=issue, created_at=at)
    make_comment(on=issue, parent=thread, created_at=at + timedelta(hours=1))

    page = text(staff_client("Editors").get(f"/admin/briefings/comment/{thread.pk}/change/"))

    assert "Fri 3 Jul 2026, 05:30" in page
    assert "Fri 3 Jul 2026, 06:30" in page
    assert "UTC" not in page
