"""Moderators and authors are emailed what waits, in the rhythm that each chose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from briefings.models import Comment, CommentDigest, CommentState, DigestRhythm, Issue, Role
from briefings.moderation import comment_digests
from briefings.moderation.comment_digests import last_turn, send_comment_digests
from newsroom.models import OutgoingEmail
from tests.briefings.admin_client import make_member, make_staff
from tests.factories import make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # half an hour before the emails
MORNING = MONDAY + timedelta(minutes=35)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def issue() -> Issue:
    return make_published_issue(title="Council & mayor", at=MONDAY - DAY)


def waiting(issue: Issue, *, at: datetime = MONDAY, **fields: Any) -> Comment:
    return make_comment(
        on=issue, state=CommentState.PENDING, created_at=at, confirmed_at=at, **fields
    )


def reads(user: User, rhythm: DigestRhythm, *, since: datetime = MONDAY) -> None:
    CommentDigest.objects.update_or_create(
        user=user, defaults={"rhythm": rhythm, "looked_at": since}
    )


def moderator(issue: Issue, rhythm: DigestRhythm = DigestRhythm.DAILY) -> User:
    user = make_member(Role.MODERATOR, of=issue.briefing, email="ann@news.example.com")
    reads(user, rhythm)
    return user


def emailed() -> list[str]:
    return sorted(OutgoingEmail.objects.values_list("to", flat=True))


def test_a_moderator_is_emailed_each_morning_what_waits(issue: Issue) -> None:
    moderator(issue)
    waiting(issue, body="Three beds & a chair.")
    waiting(make_published_issue(at=MONDAY))
    assert send_comment_digests(at=MORNING - timedelta(minutes=10)) == 0
    assert send_comment_digests(at=MORNING) == 1
    assert send_comment_digests(at=MORNING + HOUR) == 0
    email = OutgoingEmail.objects.get()
    assert email.subject == "1 comment waiting"
    assert "“Council & mayor”" in email.text
    assert "Three beds & a chair." in email.text
    assert "/admin/briefings/comment/queue/" in email.text
    assert send_comment_digests(at=MORNING + DAY) == 1


def test_nothing_is_sent_when_nothing_waits(issue: Issue) -> None:
    moderator(issue)
    make_comment(on=issue)
    assert send_comment_digests(at=MORNING) == 0


def test_an_author_hears_of_comments_on_their_own_issues(issue: Issue) -> None:
    author = make_staff("Reporters", email="rosa@news.example.com")
    issue.author.account = author
    issue.author.save()
    reads(author, DigestRhythm.DAILY)
    other = make_contributor(account=make_staff("Reporters", email="other@news.example.com"))
    assert other.account
    reads(other.account, DigestRhythm.DAILY)
    waiting(issue)
    send_comment_digests(at=MORNING)
    assert emailed() == ["rosa@news.example.com"]
    assert "/comment/queue/" not in OutgoingEmail.objects.get().text


def test_nobody_hears_of_their_own_comments(issue: Issue) -> None:
    moderator(issue)
    waiting(issue, email="Ann@news.example.com")
    assert send_comment_digests(at=MORNING) == 0


@pytest.mark.parametrize(
    ("rhythm", "days", "number"),
    [(DigestRhythm.OFF, 8, 0), (DigestRhythm.DAILY, 8, 8), (DigestRhythm.WEEKLY, 8, 2)],
)
def test_each_person_chooses_the_rhythm(
    rhythm: DigestRhythm, days: int, number: int, issue: Issue
) -> None:
    moderator(issue, rhythm)
    waiting(issue)
    for hours in range(0, 24 * days, 4):
        send_comment_digests(at=MORNING + timedelta(hours=hours))
    assert len(emailed()) == number


def test_every_hour_only_if_something_has_come_in(issue: Issue) -> None:
    moderator(issue, DigestRhythm.HOURLY)
    waiting(issue, at=MONDAY + timedelta(minutes=5))
    assert send_comment_digests(at=MONDAY + HOUR) == 1
    assert send_comment_digests(at=MONDAY + 2 * HOUR) == 0
    waiting(issue, body="Me, too.", at=MONDAY + 2 * HOUR + timedelta(minutes=5))
    assert send_comment_digests(at=MONDAY + 3 * HOUR) == 1
    assert OutgoingEmail.objects.latest("pk").subject == "2 comments waiting, 1 of them new"


def test_mornings_are_those_of_the_newsroom() -> None:
    summer = datetime(2026, 7, 1, 7, 30, tzinfo=UTC)  # 08:30 in London
    assert last_turn(DigestRhythm.DAILY, at=summer) == summer.replace(minute=0)
    sunday = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert last_turn(DigestRhythm.WEEKLY, at=sunday) == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_somebody_new_is_emailed_from_the_next_turn_on(issue: Issue) -> None:
    make_member(Role.MODERATOR, of=issue.briefing, email="new@news.example.com")
    waiting(issue)
    assert send_comment_digests(at=MORNING) == 0
    assert send_comment_digests(at=MORNING + DAY) == 1


def test_the_rhythm_is_chosen_with_the_alarms(issue: Issue) -> None:
    user = moderator(issue)
    client = Client()
    client.force_login(user)
    address = "/admin/briefings/issue/my-alarms/"
    page = client.get(address).content.decode()
    assert "Comments that wait" in page
    choices = dict.fromkeys(set_of_names(page) - {"comment_digest"}, "mine")
    client.post(address, {**choices, "comment_digest": "weekly"})
    assert CommentDigest.objects.get(user=user).rhythm == DigestRhythm.WEEKLY
    client.post(address, choices)  # a page from before the update
    assert CommentDigest.objects.get(user=user).rhythm == DigestRhythm.WEEKLY


def set_of_names(page: str) -> set[str]:
    return {part.partition('"')[0] for part in page.split('type="radio" name="')[1:]}


def choose(user: User, rhythm: str) -> None:
    client = Client()
    client.force_login(user)
    address = "/admin/briefings/issue/my-alarms/"
    names = set_of_names(client.get(address).content.decode())
    client.post(address, {**dict.fromkeys(names, "mine"), "comment_digest": rhythm})


def test_no_digest_arrives_once_its_reader_has_chosen_never(issue: Issue) -> None:
    user = moderator(issue)
    colleague = make_member(Role.MODERATOR, of=issue.briefing, email="ben@news.example.com")
    reads(colleague, DigestRhythm.DAILY)
    waiting(issue)
    send_comment_digests(at=MORNING)
    choose(user, "weekly")
    assert emailed() == ["ann@news.example.com", "ben@news.example.com"]
    choose(user, "off")
    assert emailed() == ["ben@news.example.com"]


def test_a_worker_that_read_the_former_choice_queues_nothing(
    issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = moderator(issue)
    waiting(issue)

    def choose_meanwhile(rhythm: DigestRhythm, *, at: datetime) -> datetime:
        choose(user, "off")
        return last_turn(rhythm, at=at)

    monkeypatch.setattr(comment_digests, "last_turn", choose_meanwhile)
    assert send_comment_digests(at=MORNING) == 0
    assert emailed() == []
