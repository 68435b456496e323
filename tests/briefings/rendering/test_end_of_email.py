"""How an issue email ends: the author's sign-off, and a line of links for sharing it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from briefings.models import Issue, IssueState
from tests.briefings.admin_client import messages_of, read_form, staff_client
from tests.briefings.rendering.sample_emails import SITE, read_page, render
from tests.factories import (
    make_briefing,
    make_contributor,
    make_issue,
    make_published_issue,
    make_scheduled_issue,
)

pytestmark = pytest.mark.django_db


def test_the_author_is_reached_by_a_form_and_no_program_reads_their_address() -> None:
    rosa = make_contributor(name="Rosa & Meyer", slug="rosa", contact="rosa@secret.example")
    email = render(make_issue(briefing=make_briefing(lead=rosa)))
    for part in (email.html, email.text):
        assert "rosa@secret.example" not in part
        assert f"{SITE}/contributors/rosa/#contact" in part
    assert "Contact Rosa & Meyer:" in email.text
    rosa.contact = ""
    rosa.save()
    assert "#contact" not in render(make_issue(briefing=make_briefing(lead=rosa))).html


def test_the_email_ends_with_its_authors_sign_off() -> None:
    author = make_contributor(sign_off="Until Thursday <at seven>,\nIda & the ward")

    email = render(make_issue(author=author))

    assert "Until Thursday &lt;at seven&gt;,<br>Ida &amp; the ward" in email.html
    assert "\n\nUntil Thursday <at seven>,\nIda & the ward\n\n* * *" in email.text


def test_without_a_sign_off_nothing_stands_in_its_place() -> None:
    email = render(make_issue())

    assert "sign-off" not in email.html.partition("<body")[2]
    assert "\n\n\n\n" not in email.text


def targets_of_page(issue: Issue) -> set[str]:
    """Return where the page's links for sharing lead."""
    page = Client().get(issue.get_absolute_url()).content.decode()
    share = page[page.index('<nav class="share"') :].partition("</nav>")[0]
    return {link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', share)}


def test_the_email_shares_to_the_same_targets_as_the_page() -> None:
    issue = make_published_issue(title="Beds & “closed” wards: 40%?")

    email = render(issue)

    targets = targets_of_page(issue)
    assert len(targets) == 4
    assert targets <= set(read_page(email.html).links.values())
    assert targets <= set(email.text.splitlines())
    assert f"{SITE}{issue.get_absolute_url()}" in targets


def test_sharing_needs_neither_comments_nor_replies() -> None:
    issue = make_published_issue()
    issue.briefing.comments_close_after = 0
    issue.briefing.lead.contact = issue.author.contact = ""

    email = render(issue)

    assert targets_of_page(issue) <= set(read_page(email.html).links.values())


@pytest.mark.parametrize("title", ["😀" * 200, "병원 " * 60, "x" * 200, "Å å " * 50])
def test_a_long_headline_makes_no_line_that_mail_servers_refuse(title: str) -> None:
    issue = make_published_issue(title=title)

    email = render(issue)

    for part in (email.html, email.text):
        assert max(len(line.encode()) for line in part.splitlines()) <= 998
    (post,) = [link for link in targets_of_page(issue) if link.startswith("https://bsky")]
    [words] = parse_qs(urlsplit(post).query)["text"]
    assert words.endswith(issue.get_absolute_url())
    assert title.startswith(words.partition("…")[0].partition(" http")[0])


def test_an_approval_is_bound_to_the_sign_off() -> None:
    issue = make_scheduled_issue(author=make_contributor(sign_off="Until Thursday"))
    before = issue.content_hash()

    issue.author.sign_off = "Until Friday"

    assert issue.content_hash() != before


def test_another_sign_off_ends_the_approval_of_what_is_not_sent_yet() -> None:
    author = make_contributor(sign_off="Until Thursday")
    scheduled, published = make_scheduled_issue(author=author), make_published_issue(author=author)
    other = make_scheduled_issue()
    client = staff_client("Editors")
    url = reverse("admin:briefings_contributor_change", args=[author.pk])
    form = read_form(client.get(url), "contributor_form")

    page = client.post(url, {**form, "sign_off": "Until Friday"}, follow=True)

    assert "needs a new approval" in messages_of(page)
    for issue in (scheduled, published, other):
        issue.refresh_from_db()
    assert scheduled.state == IssueState.IN_REVIEW
    assert (published.state, other.state) == (IssueState.PUBLISHED, IssueState.SCHEDULED)


def test_another_biography_ends_no_approval() -> None:
    author = make_contributor(sign_off="Until Thursday")
    issue = make_scheduled_issue(author=author)
    client = staff_client("Editors")
    url = reverse("admin:briefings_contributor_change", args=[author.pk])
    form = read_form(client.get(url), "contributor_form")

    client.post(url, {**form, "bio": "A nurse for twenty years."}, follow=True)

    issue.refresh_from_db()
    author.refresh_from_db()
    assert author.bio
    assert issue.state == IssueState.SCHEDULED
