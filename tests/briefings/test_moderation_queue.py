"""The moderators' queue: its order, what it shows, and deciding on it without JavaScript."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from briefings.comment_decisions import decide, version_of
from briefings.models import (
    Comment,
    CommentBan,
    Commenter,
    CommentReport,
    CommentState,
    EarlierWords,
    HoldKind,
    HoldReason,
    Issue,
    RejectionReason,
    Role,
)
from briefings.moderation.comment_queue import mixed, next_comments
from newsroom.models import AuditLogEntry
from tests.briefings.admin_client import make_member, messages_of
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db
QUEUE = "/admin/briefings/comment/queue/"
NOW = timezone.now()


@pytest.fixture
def issue() -> Issue:
    return make_published_issue(title="Who pays?")


def waiting(on: Issue, body: str = "I wait.", *holds: HoldKind, minutes: int = 0) -> Comment:
    since = NOW - timedelta(minutes=minutes)
    comment = make_comment(
        on=on, body=body, state=CommentState.PENDING, confirmed_at=since, created_at=since
    )
    HoldReason.objects.bulk_create(HoldReason(comment=comment, kind=kind) for kind in holds)
    return comment


def moderator(*briefings: object) -> Client:
    client = Client()
    client.force_login(make_member(Role.MODERATOR, of=briefings[0] if briefings else None))  # type: ignore[arg-type]
    return client


def shown(client: Client, query: str = "") -> list[int]:
    """Return the comments whose cards the page has, in their order."""
    page = client.get(QUEUE + query)
    assert page.status_code == 200
    return [int(pk) for pk in re.findall(r'data-card="(\d+)"', page.content.decode())]


def post(client: Client, comment: Comment, decision: str, **fields: str) -> tuple[int, str]:
    address = reverse("admin:briefings_moderation_decide", args=[comment.pk])
    read = fields.pop("read", version_of(comment))
    form = {"decision": decision, f"read-{comment.pk}": read, **fields}
    answer = client.post(address, form, follow=True)
    return answer.status_code, messages_of(answer)


# --- order


@given(others=st.integers(0, 40), held=st.integers(0, 40))
@settings(max_examples=40)
def test_the_held_ones_are_spread_evenly(others: int, held: int) -> None:
    plain, bad = list(range(others)), list(range(1000, 1000 + held))
    order = mixed(plain, bad)
    assert [pk for pk in order if pk < 1000] == plain
    assert [pk for pk in order if pk >= 1000] == bad
    share = held / max(others + held, 1)
    for length in range(1, len(order) + 1):
        assert abs(sum(pk >= 1000 for pk in order[:length]) - share * length) <= 1


def test_the_beginnings_of_long_lines_are_mixed_as_the_whole_is() -> None:
    others, held = list(range(800)), list(range(1000, 1200))
    whole = mixed(others, held)[:50]
    assert mixed(others[:70], held[:70], lengths=(800, 200))[:50] == whole


def test_a_line_that_was_empty_when_it_was_counted_is_no_trouble() -> None:
    assert mixed([1], [1000], lengths=(0, 0)) == [1, 1000]


def test_ordinary_comments_come_between_the_held_ones(issue: Issue) -> None:
    held = [
        waiting(issue, "Buy!", HoldKind.LINK, HoldKind.FIRST, minutes=90 - one) for one in range(2)
    ]
    first = [waiting(issue, "Hello.", HoldKind.FIRST, minutes=50 - one) for one in range(4)]
    order = shown(moderator())
    assert order == [
        comment.pk for comment in (*first[:1], held[0], *first[1:3], held[1], first[3])
    ]


def test_two_moderators_are_given_different_comments(issue: Issue) -> None:
    comments = [waiting(issue, f"Number {number}.", minutes=40 - number) for number in range(16)]
    keys = [comment.pk for comment in comments]
    ann, ben = moderator(), moderator()
    assert shown(ann) == keys[:10]
    assert shown(ben) == keys[10:] + keys[:4]
    assert shown(ann) == keys[:10]


def test_what_another_has_is_still_there_if_there_is_nothing_else(issue: Issue) -> None:
    comment = waiting(issue)
    assert shown(moderator()) == [comment.pk]
    assert shown(moderator()) == [comment.pk]


def test_a_moderator_sees_their_own_briefings_only(issue: Issue) -> None:
    here, elsewhere = waiting(issue), waiting(make_published_issue())
    client = moderator(issue.briefing)
    assert shown(client) == [here.pk]
    assert shown(client, f"?show={elsewhere.pk}") == [here.pk]
    assert shown(moderator(), f"?briefing={elsewhere.issue.briefing.slug}") == [elsewhere.pk]


# --- what a card shows


def test_a_card_shows_why_what_went_before_and_who_but_no_address(issue: Issue) -> None:
    ada = Commenter.objects.confirmed("ada.secret@example.org")
    thread = make_comment(on=issue, name="Grace", body="What do the beds cost?")
    earlier = make_comment(
        on=issue,
        commenter=ada,
        body="An earlier comment.",
        state=CommentState.REJECTED,
        rejection_reason=RejectionReason.OFF_TOPIC,
    )
    comment = waiting(issue, "A third of them stand empty.")
    comment.parent, comment.commenter, comment.email = thread, ada, ada.address
    comment.save()
    HoldReason.objects.create(comment=comment, kind=HoldKind.WORDS, detail="crook*")
    CommentReport.objects.create(comment=comment, reason="false", detail="It is a fifth.")
    EarlierWords.objects.create(comment=comment, body="Half of them.", until=NOW)
    CommentBan.objects.create(address_hash="0" * 64, briefing=issue.briefing)
    page = moderator().get(QUEUE).content.decode()
    for words in (
        *("“<a href=", "Who pays?", "A third of them stand empty.", "Flagged words", "crook*"),
        *("What do the beds cost?", "Grace", "1 rejected", "Nothing to do with the issue"),
        *(earlier.body, "It is a fifth.", "Half of them.", "<kbd>A</kbd>"),
    ):
        assert words in page
    assert "ada.secret" not in page
    assert "Banned" not in page


def test_the_page_costs_the_same_for_one_comment_or_many(
    issue: Issue, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        comment = waiting(issue, f"Number {number}.", HoldKind.LINK)
        comment.commenter = Commenter.objects.confirmed(f"reader{number}@example.org")
        comment.save()
    client = moderator()
    with django_assert_max_num_queries(32):  # type: ignore[operator]  # a fixture of the plugin
        client.get(QUEUE)


# --- without JavaScript


def test_a_decision_leads_to_the_next_comment_and_can_be_undone(issue: Issue) -> None:
    first, second = waiting(issue, minutes=9), waiting(issue, "Me, too.")
    client = moderator()
    address = reverse("admin:briefings_moderation_decide", args=[first.pk])
    form = {"decision": "approve", f"read-{first.pk}": version_of(first)}
    page = client.post(address, form, follow=True)
    first.refresh_from_db()
    assert first.state == CommentState.APPROVED
    html = page.content.decode()
    assert re.findall(r'data-card="(\d+)"', html) == [str(second.pk)]
    [undo] = re.findall(r'action="([^"]+/undo/[^"]*)"', html)
    page = client.post(undo, {"from": "queue"}, follow=True)
    first.refresh_from_db()
    assert first.state == CommentState.PENDING
    assert f'data-card="{first.pk}"' in page.content.decode()


@pytest.mark.parametrize("reason", [one for one in RejectionReason if one != "banned"])
def test_a_rejection_has_a_reason(reason: RejectionReason, issue: Issue) -> None:
    comment = waiting(issue)
    decision = "spam" if reason == RejectionReason.SPAM else f"reject:{reason}"
    post(moderator(), comment, decision)
    comment.refresh_from_db()
    assert (comment.state, comment.rejection_reason) == (CommentState.REJECTED, reason)


@pytest.mark.parametrize("decision", ["reject:nonsense", "ban:never", "", "delete", "approve:x"])
def test_an_unknown_decision_changes_nothing_or_has_no_such_choice(
    decision: str, issue: Issue
) -> None:
    comment = waiting(issue)
    status, said = post(moderator(), comment, decision)
    comment.refresh_from_db()
    assert status == 200
    if decision != "approve:x":
        assert comment.state == CommentState.PENDING
        assert "We do not know that decision" in said


def test_a_form_without_a_version_decides_nothing(issue: Issue) -> None:
    comment = waiting(issue)
    post(moderator(), comment, "approve", read="")
    address = reverse("admin:briefings_moderation_decide", args=[comment.pk])
    moderator().post(address, {"decision": "approve"})
    comment.refresh_from_db()
    assert comment.state == CommentState.PENDING


@pytest.mark.parametrize("given", ["²", "٣", "x", "-1", "9" * 30, ""])
def test_what_is_no_key_in_the_address_is_no_trouble(given: str, issue: Issue) -> None:
    comment = waiting(issue)
    client = moderator()
    for name in ("skip", "show", "undo"):
        assert shown(client, f"?{name}={quote(given)}") == [comment.pk]


def test_next_and_previous_are_links(issue: Issue) -> None:
    first, second = waiting(issue, minutes=9), waiting(issue, "Me, too.")
    client = moderator()
    page = client.get(QUEUE).content.decode()
    [following] = re.findall(r'data-next href="(\?[^"]+)">', page)
    assert shown(client, following) == [second.pk]
    page = client.get(QUEUE + following).content.decode()
    [back] = re.findall(r'data-previous href="(\?[^"]+)">', page)
    assert shown(client, back.replace("&amp;", "&"))[0] == first.pk


def test_an_empty_queue_says_so(issue: Issue) -> None:
    assert "Nothing waits" in moderator().get(QUEUE).content.decode()


# --- for the script


def test_a_refusal_brings_the_comment_as_it_is_now(issue: Issue) -> None:
    comment = waiting(issue)
    read = version_of(comment)
    comment.body, comment.edited_at = "New words.", timezone.now()
    comment.save()
    answer = moderator().post(
        reverse("admin:briefings_moderation_decide", args=[comment.pk]),
        {"decision": "approve", f"read-{comment.pk}": read},
        headers={"accept": "application/json"},
    )
    assert answer.status_code == 409
    assert "Its writer changed the words" in answer.json()["said"]
    assert "New words." in answer.json()["card"]


def test_further_cards_leave_out_those_that_are_here(issue: Issue) -> None:
    comments = [waiting(issue, f"Number {number}.", minutes=30 - number) for number in range(8)]
    client = moderator()
    skip = ",".join(str(comment.pk) for comment in comments[:6])
    answer = client.get(f"{QUEUE}cards/?skip={skip}").json()
    found = re.findall(r'data-card="(\d+)"', answer["cards"])
    assert found == [str(comment.pk) for comment in comments[6:]]
    assert answer["waiting"] == 8


def test_undo_brings_the_card_back(issue: Issue) -> None:
    comment = waiting(issue)
    boss = make_member(Role.MODERATOR, of=None)
    entry = decide("approve", comment, by=boss, at=timezone.now())
    answer = moderator().post(
        reverse("admin:briefings_decision_undo", args=[entry.pk]),
        headers={"accept": "application/json"},
    )
    assert f'data-card="{comment.pk}"' in answer.json()["card"]


def test_each_decision_is_in_the_audit_log(issue: Issue) -> None:
    comment = waiting(issue)
    post(moderator(), comment, "reject:false")
    entry = AuditLogEntry.objects.on(comment).get()
    assert (entry.verb, entry.detail["reason"]) == ("rejected", "False or misleading")
    assert comment.body not in str(entry.detail)


def test_next_comments_leaves_out_what_is_skipped(issue: Issue) -> None:
    comments = [waiting(issue, f"Number {number}.", minutes=30 - number) for number in range(3)]
    boss = make_member(Role.MODERATOR, of=None)
    found = next_comments(Comment.objects.waiting(), count=2, user=boss, skip=[comments[0].pk])
    assert found == comments[1:]


def test_a_moderator_of_nothing_has_no_queue() -> None:
    client = Client()
    client.force_login(make_member(Role.PUBLISHER, of=make_briefing()))
    assert client.get(QUEUE).status_code == 403
