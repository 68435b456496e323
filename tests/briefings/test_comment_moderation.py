"""Comments wait in a queue, moderators decide about them, and authors reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.author_replies import reply_to
from briefings.comment_decisions import decide as decide_about
from briefings.models import Comment, CommentState
from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from tests.briefings.admin_client import author_client, make_staff, messages_of, staff_client
from tests.factories import make_comment, make_contributor, make_published_issue

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
QUEUE = "/admin/briefings/comment/"


def waiting(**fields: object) -> Comment:
    fields.setdefault("on", make_published_issue())
    return make_comment(state=CommentState.PENDING, **fields)  # type: ignore[arg-type]  # as given


def decide(client: Client, comment: Comment, decision: str) -> Page:
    address = reverse("admin:briefings_comment_decide", args=[comment.pk])
    return client.post(address, {"decision": decision}, follow=True)


def reply(client: Client, comment: Comment, **fields: str) -> Page:
    address = reverse("admin:briefings_comment_reply", args=[comment.pk])
    return client.post(address, {"body": "Thank you.", **fields}, follow=True)


def contributing_client(*groups: str, name: str = "Ina") -> Client:
    """Return a client of a member of staff who is a contributor, too."""
    client = staff_client(*groups)
    account = User.objects.get(pk=client.session["_auth_user_id"])
    make_contributor(name=name, account=account)
    return client


def test_the_list_opens_with_the_comments_that_wait() -> None:
    issue = make_published_issue()
    waiting(on=issue, body="I wait")
    make_comment(on=issue, body="I am shown")
    make_comment(on=issue, body="Nobody confirmed me", state=CommentState.UNCONFIRMED)
    client = staff_client("Editors")

    queue = client.get(QUEUE).content.decode()
    everything = client.get(f"{QUEUE}?queue=all").content.decode()

    assert "I wait" in queue
    assert "I am shown" not in queue
    assert "I am shown" in everything
    assert "Nobody confirmed me" not in everything


@pytest.mark.parametrize(
    ("decision", "state", "featured"),
    [
        ("approve", CommentState.APPROVED, False),
        ("reject", CommentState.REJECTED, False),
        ("feature", CommentState.APPROVED, True),
    ],
)
def test_a_button_decides_and_the_log_says_who(
    decision: str, state: CommentState, featured: bool
) -> None:
    comment = waiting(name="Ada")
    client = staff_client("Editors", username="ina")

    page = decide(client, comment, decision)

    comment.refresh_from_db()
    assert (comment.state, comment.featured) == (state, featured)
    assert "Ada" in messages_of(page)
    assert AuditLogEntry.objects.on(comment)[0].actor_name == "ina"


def test_a_link_decides_nothing() -> None:
    comment = waiting()
    address = reverse("admin:briefings_comment_decide", args=[comment.pk])

    assert staff_client("Editors").get(f"{address}?decision=approve").status_code == 405


def test_the_same_decision_twice_changes_nothing() -> None:
    comment = waiting()
    client = staff_client("Editors")
    decide(client, comment, "approve")

    said = messages_of(decide(client, comment, "approve"))
    assert "Nothing changed." in said
    assert "approved it" in said
    assert AuditLogEntry.objects.on(comment).count() == 1


def test_many_are_decided_at_once() -> None:
    issue = make_published_issue()
    comments = [waiting(on=issue), waiting(on=issue), make_comment(on=issue)]
    client = staff_client("Editors")

    page = client.post(
        f"{QUEUE}?queue=all",
        {"action": "approve_selected", "_selected_action": [c.pk for c in comments], "index": "0"},
        follow=True,
    )

    assert "Approved: 2. Not changed: 1." in messages_of(page)


def test_who_may_not_moderate_sees_neither_buttons_nor_addresses() -> None:
    comment = waiting(email="ada@example.org")
    client = author_client(comment.issue)

    lists = client.get(QUEUE).content.decode()
    page = client.get(reverse("admin:briefings_comment_change", args=[comment.pk]))

    assert 'value="approve"' not in lists + page.content.decode()
    assert "ada@example.org" not in lists + page.content.decode()
    found = client.get(f"{QUEUE}?q=ada@example.org").content.decode()
    assert "0 found" in found
    assert decide(client, comment, "approve").status_code == 403
    assert reply(client, comment).status_code == 403


def test_moderators_see_the_address_and_what_the_comment_replies_to() -> None:
    issue = make_published_issue(title="Who pays?")
    question = make_comment(on=issue, name="Lena", body="A question")
    comment = waiting(on=issue, parent=question, email="ada@example.org", body="A reply")

    client = contributing_client("Editors")
    page = client.get(reverse("admin:briefings_comment_change", args=[comment.pk]))

    for words in ("ada@example.org", "“Who pays?”", "A question", "A reply", "Approve and reply"):
        assert words in page.content.decode()


def test_an_authors_reply_is_published_at_once() -> None:
    comment = waiting()
    client = contributing_client("Editors")

    assert "Reply published." in messages_of(reply(client, comment, body="Thank you."))

    comment.refresh_from_db()
    [published] = comment.replies.all()
    assert comment.state == CommentState.APPROVED
    assert (published.state, published.display_name) == (CommentState.APPROVED, "Ina")
    assert (published.body, published.email) == ("Thank you.", "")
    page = Client().get(comment.issue.get_absolute_url()).content.decode()
    assert "Thank you." in page
    assert "answered" in [entry.verb for entry in AuditLogEntry.objects.on(comment)]


def test_a_reply_to_a_reply_joins_the_thread() -> None:
    issue = make_published_issue()
    question = make_comment(on=issue)
    first = make_comment(on=issue, parent=question)

    reply(contributing_client("Editors"), first)

    assert question.replies.count() == 2


@pytest.mark.parametrize("group", ["Editors", "Moderators"])
def test_nobody_replies_in_the_name_of_somebody_else(group: str) -> None:
    comment = make_comment(on=make_published_issue())
    client = staff_client(group)
    page = client.get(reverse("admin:briefings_comment_change", args=[comment.pk]))
    html = page.content.decode()

    assert comment.issue.author.name not in html
    assert "Only authors reply here." in html
    assert reply(client, comment, author=str(comment.issue.author.pk)).status_code == 403
    assert not comment.replies.exists()


def test_an_author_who_does_not_moderate_replies_to_what_is_on_the_page() -> None:
    shown = make_comment(on=make_published_issue())
    below = make_comment(on=shown.issue, parent=shown)
    pages = {
        one: reverse("admin:briefings_comment_change", args=[one.pk]) for one in (shown, below)
    }
    client = author_client(shown.issue)

    for comment in (shown, below):
        assert (
            f"Reply as <bdi>{shown.issue.author.name}"
            in client.get(pages[comment]).content.decode()
        )
        assert "Reply published." in messages_of(reply(client, comment))
    assert {one.contributor for one in shown.replies.exclude(pk=below.pk)} == {shown.issue.author}
    Comment.objects.filter(pk=shown.pk).update(state=CommentState.PENDING)
    for comment in (shown, below):
        assert "Reply as" not in client.get(pages[comment]).content.decode()
        assert reply(client, comment).status_code == 403
    assert reply(client, make_comment(on=make_published_issue())).status_code == 403


def test_an_empty_reply_is_refused() -> None:
    comment = waiting()

    assert reply(contributing_client("Editors"), comment, body="  ").status_code == 422
    assert Comment.objects.count() == 1


def test_a_rejected_thread_takes_no_reply() -> None:
    comment = make_comment(on=make_published_issue(), state=CommentState.REJECTED)

    client = contributing_client("Editors")
    assert "Readers cannot see this thread" in messages_of(reply(client, comment))


def test_a_command_that_replies_or_decides_meets_the_same_rules() -> None:
    comment, now = waiting(), timezone.now()
    reporter, editor, author = (make_staff(each) for each in ("Reporters", "Editors", "Editors"))
    for account in (reporter, author):
        make_contributor(account=account)

    with pytest.raises(PermissionDenied):
        decide_about("approve", comment, by=reporter, at=now)
    with pytest.raises(PermissionDenied):
        reply_to(comment, "Thank you.", by=reporter, at=now)
    with pytest.raises(PermissionDenied):
        reply_to(comment, "Thank you.", by=editor, at=now)
    comment.reject(by=editor, at=now)
    with pytest.raises(TransitionRefused, match="Readers cannot see this thread"):
        reply_to(comment, "Thank you.", by=author, at=now)

    assert not comment.replies.exists()


def test_the_queue_takes_few_queries(
    django_assert_max_num_queries: object,
) -> None:
    issue = make_published_issue()
    for number in range(30):
        waiting(on=issue, name=f"Reader {number}", created_at=timezone.now())
    client = staff_client("Editors")

    with django_assert_max_num_queries(15):  # type: ignore[operator]  # a fixture of the plugin
        client.get(QUEUE)


def test_a_deleted_comment_leaves_an_entry_in_the_log() -> None:
    issue = make_published_issue()
    comments = [waiting(on=issue), waiting(on=issue), waiting(on=issue)]
    client = staff_client("Editors", may=("delete_comment",))

    client.post(reverse("admin:briefings_comment_delete", args=[comments[0].pk]), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [c.pk for c in comments[1:]]}
    client.post(QUEUE, {**chosen, "index": "0", "post": "yes"})

    assert not Comment.objects.exists()
    assert AuditLogEntry.objects.filter(verb="deleted", subject_kind="comment").count() == 3
