"""What is for the newsroom only stays there, until a moderator publishes what may be published."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.author_replies import reply_to
from briefings.comment_counts import count_comments
from briefings.comment_decisions import DECISIONS, DecisionRefused, decide
from briefings.models import (
    BanLength,
    CommentChannel,
    CommentDigest,
    Commenter,
    CommentState,
    DigestRhythm,
    Issue,
    Role,
)
from briefings.moderation.comment_digests import comments_waiting_for, send_comment_digests
from briefings.moderation.holds import find_holds
from briefings.own_comments import edit, withdraw
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.transitions import TransitionRefused
from subscribers.privacy.data_export import make_data_export
from tests.briefings.admin_client import make_member, make_staff, messages_of
from tests.briefings.response.response_in_tests import (
    bodies,
    make_draft_after,
    make_private,
    open_response,
)
from tests.factories import make_comment, make_contributor, make_published_issue, make_reader

if TYPE_CHECKING:
    from briefings.models import Comment
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db

SECRET = "The quokkas told me so in confidence."
CHANNELS = (CommentChannel.ANSWER, CommentChannel.MESSAGE)


@pytest.fixture
def issue() -> Issue:
    return make_published_issue()


@pytest.fixture(params=CHANNELS)
def private(request: pytest.FixtureRequest, issue: Issue) -> Comment:
    commenter = Commenter.objects.confirmed("ada@example.org")
    return make_private(
        on=issue,
        channel=request.param,
        body=SECRET,
        name="Ada Byron",
        email="ada@example.org",
        commenter=commenter,
    )


def log_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def public_addresses(client: Client, issue: Issue) -> list[str]:
    sitemap = client.get("/sitemap.xml").content.decode()
    briefing = issue.briefing.get_absolute_url()
    return [
        *("/", "/feed/", "/feed.json", "/sitemap.xml", "/comments/me/"),
        *(f"/{part}" for part in re.findall(r"sitemap-[\w-]+\.xml", sitemap)),
        *("/search/?q=quokkas", "/search/?q=quokkas&in=comments"),
        *("/search/feed/?q=quokkas", "/search/feed.json?q=quokkas"),
        *(briefing, f"{briefing}feed/", f"{briefing}feed.json"),
        *(f"{briefing}corrections/", f"{briefing}corrections/feed/"),
        *(issue.get_absolute_url(), f"{issue.get_absolute_url()}?sort=newest"),
        issue.author.get_absolute_url(),
    ]


@pytest.mark.parametrize("state", [CommentState.PRIVATE, CommentState.WITHDRAWN])
def test_no_public_page_shows_it(client: Client, private: Comment, state: CommentState) -> None:
    if state == CommentState.WITHDRAWN:
        withdraw(private, at=timezone.now(), source="/", ip=None)
    issue = private.issue
    for address in public_addresses(client, issue):
        page = client.get(address, follow=True).content.decode()
        assert "quokkas told" not in page, address
        assert "Ada Byron" not in page, address
    assert client.get(private.get_absolute_url()).status_code == 404
    for act in ("recommend", "report"):
        assert client.get(f"/comments/{private.pk}/{act}/").status_code == 404
    assert count_comments(issue).comments == 0
    assert count_comments(issue).threads == 0


@pytest.mark.parametrize("state", [CommentState.PRIVATE, CommentState.WITHDRAWN])
def test_no_page_for_comments_in_the_admin_shows_it(private: Comment, state: CommentState) -> None:
    if state == CommentState.WITHDRAWN:
        withdraw(private, at=timezone.now(), source="/", ip=None)
    commenter, issue = private.commenter, private.issue
    waiting = make_comment(on=issue, commenter=commenter, state=CommentState.PENDING)
    chief = make_member(Role.ADMINISTRATOR, of=None, email="chief@news.example.com")
    client = log_in(chief)
    queue, comments = (
        reverse("admin:briefings_moderation"),
        reverse("admin:briefings_comment_changelist"),
    )
    for address in (
        *(queue, f"{queue}?show={private.pk}", reverse("admin:briefings_moderation_cards")),
        reverse("admin:briefings_decisions"),
        *(f"{comments}?queue={name}" for name in ("waiting", "all", "withdrawn", "approved")),
        f"{comments}?queue=all&q=quokkas",
        reverse("admin:briefings_comment_change", args=[waiting.pk]),
    ):
        assert "quokkas told" not in client.get(address).content.decode(), address
    page = client.get(reverse("admin:briefings_comment_change", args=[private.pk]))
    assert page.status_code == 404
    assert private not in comments_waiting_for(chief)


def test_no_email_has_it_nor_does_anybody_else_get_it_with_their_data(private: Comment) -> None:
    now, issue = timezone.now(), private.issue
    chief = make_member(Role.ADMINISTRATOR, of=None, email="chief@news.example.com")
    CommentDigest.objects.create(
        user=chief, rhythm=DigestRhythm.HOURLY, looked_at=now - timedelta(days=1)
    )
    make_comment(on=issue, state=CommentState.PENDING, body="It waits.", email="bo@example.org")
    assert send_comment_digests(at=now) == 1
    email = OutgoingEmail.objects.get()
    assert "It waits." in email.text
    assert "1 comment waiting" in email.subject
    assert "quokkas" not in email.text + email.html
    bo = make_reader(of=issue.briefing, email="bo@example.org").subscriber
    export = str(make_data_export(bo, at=now))
    assert "It waits." in export
    assert "quokkas" not in export


@pytest.mark.parametrize("name", sorted(DECISIONS))
def test_no_decision_of_the_queue_shows_a_message(issue: Issue, name: str) -> None:
    message = make_private(on=issue, channel=CommentChannel.MESSAGE, email="ada@example.org")
    chief = make_member(Role.ADMINISTRATOR, of=None)
    choice = str(BanLength.WEEK) if name == "ban" else ""
    with pytest.raises(DecisionRefused):
        decide(name, message, by=chief, at=timezone.now(), choice=choice)
    url = reverse("admin:briefings_moderation_decide", args=[message.pk])
    assert log_in(chief).post(url, {"decision": f"{name}:{choice}"}).status_code == 404
    message.refresh_from_db()
    assert message.state == CommentState.PRIVATE


def test_it_holds_no_other_comment(private: Comment) -> None:
    """Neither as a near-duplicate, which would name it, nor as one of many."""
    for _ in range(6):
        make_private(
            on=private.issue, channel=CommentChannel.ANSWER, commenter=private.commenter, body="Yes"
        )
    public = make_comment(on=private.issue, commenter=private.commenter, body=SECRET)
    assert {hold.kind for hold in find_holds(public, at=timezone.now())} == {"first"}


def test_nobody_replies_to_it_or_edits_it(private: Comment) -> None:
    chief = make_member(Role.ADMINISTRATOR, of=None)
    make_contributor(account=chief)
    with pytest.raises(TransitionRefused):
        reply_to(private, "No.", by=chief, at=timezone.now())
    assert not edit(private, "Other words", at=timezone.now())
    private.refresh_from_db()
    assert (private.body, private.state) == (SECRET, CommentState.PRIVATE)


def publish(client: Client, comment: Comment, **fields: str) -> Page:
    draft = comment.issue.briefing.issues.exclude(state="published").get()
    url = reverse("admin:briefings_response_publish", args=[comment.pk])
    return client.post(url, {"draft": draft.pk, **fields}, follow=True)


def version_on(page: Page) -> str:
    [piece] = page.context["pieces"]
    version: str = piece.version
    return version


def test_a_moderator_publishes_an_answer_and_can_undo_it(client: Client, issue: Issue) -> None:
    answer = make_private(on=issue, channel=CommentChannel.ANSWER, body=SECRET)
    draft = make_draft_after(issue)
    editor = log_in(make_staff("Editors"))
    page = open_response(editor, draft)
    assert "Only the newsroom reads it" in page.content.decode()
    page = publish(editor, answer, read=version_on(page))
    assert "Readers see it now" in messages_of(page)
    assert SECRET in client.get(issue.get_absolute_url()).content.decode()
    entry = AuditLogEntry.objects.on(answer).get()
    assert (entry.verb, entry.detail["before"]["state"]) == ("published", CommentState.PRIVATE)
    assert f'name="undo" value="{entry.pk}"' in page.content.decode()
    publish(editor, answer, undo=str(entry.pk))
    answer.refresh_from_db()
    assert answer.state == CommentState.PRIVATE
    assert SECRET not in client.get(issue.get_absolute_url()).content.decode()


def test_what_its_writer_was_told_nothing_of_is_not_published(issue: Issue) -> None:
    """A message to an author is none of the comments; nor is an address that nobody confirmed."""
    make_draft_after(issue)
    editor = log_in(make_staff("Editors"))
    for fields in (
        {"channel": CommentChannel.MESSAGE},
        {"channel": CommentChannel.MESSAGE, "confirmed_at": timezone.now()},
    ):
        message = make_private(on=issue, **fields)
        page = open_response(editor, issue.briefing.issues.latest("pk"))
        assert "Publish it as a comment" not in page.content.decode()
        publish(editor, message, read=version_on(page))
        message.refresh_from_db()
        assert message.state == CommentState.PRIVATE
        message.delete()


def test_nobody_publishes_words_that_they_did_not_read(issue: Issue) -> None:
    answer = make_private(on=issue, channel=CommentChannel.ANSWER, body=SECRET)
    draft = make_draft_after(issue)
    editor = log_in(make_staff("Editors"))
    read = version_on(open_response(editor, draft))
    answer.body = "Something else."
    answer.save()
    publish(editor, answer, read=read)
    answer.refresh_from_db()
    assert answer.state == CommentState.PRIVATE


def test_who_does_not_moderate_reads_it_and_cannot_publish_it(issue: Issue) -> None:
    answer = make_private(on=issue, channel=CommentChannel.ANSWER, body=SECRET)
    draft = make_draft_after(issue)
    reporter = log_in(make_member(Role.REPORTER, of=issue.briefing))
    page = open_response(reporter, draft)
    assert bodies(page) == [SECRET]
    assert "Publish it as a comment" not in page.content.decode()
    assert publish(reporter, answer, read=version_on(page)).status_code == 403
