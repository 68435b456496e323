"""Those who answered a question are told what became of it: once, and by one email."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Answer, ClosingNote, Section
from briefings.questions import closing_emails
from briefings.questions.closing_emails import send_closing_emails, stop_link
from newsroom.emails import queue_email
from newsroom.models import OutgoingEmail
from subscribers.models import Suppression, SuppressionReason
from subscribers.models.address_hash import hash_address
from tests.briefings.admin_client import staff_client
from tests.briefings.questions.asked import OPTIONS, answer, ask, close, make_question
from tests.factories import make_published_issue

pytestmark = pytest.mark.django_db


def next_issue(section: Section, *, title: str = "The beds stay") -> None:
    make_published_issue(briefing=section.issue.briefing, title=title)


def told() -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(name="question_closed").order_by("pk"))


def test_nobody_is_told_before_it_is_closed_and_the_next_issue_is_out() -> None:
    section = make_question()
    answer(section, email="ada@example.org", option=OPTIONS[0])
    assert send_closing_emails(at=timezone.now()) == 0
    next_issue(section)
    assert send_closing_emails(at=timezone.now()) == 0
    close(section)

    assert send_closing_emails(at=timezone.now()) == 1

    [email] = told()
    assert email.to == "ada@example.org"
    assert email.subject == "What became of “What should happen to the empty beds?”"
    for part in (email.text, email.html):
        assert "The beds stay" in part
        assert OPTIONS[0] in part
        assert f"/{section.issue.briefing.slug}/2/" in part
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert send_closing_emails(at=timezone.now()) == 0
    assert Answer.objects.get().told_at is not None


def test_without_a_next_issue_an_editor_tells_them_once_in_their_own_words() -> None:
    section = make_question()
    for _ in range(3):
        answer(section, option=OPTIONS[1])
    client = staff_client("Editors")
    url = f"/admin/briefings/issue/{section.issue_id}/questions/{section.pk}/"
    words = {"words": "The council keeps <all> of them."}
    assert "Tell 3 readers" not in client.get(url).content.decode()
    client.post(url, words)
    assert not ClosingNote.objects.exists()  # it is open
    close(section)
    assert "Tell 3 readers" in client.get(url).content.decode()
    assert client.post(url, {"words": " "}).status_code == 422

    client.post(url, words)
    client.post(url, {"words": "Twice."})

    assert send_closing_emails(at=timezone.now()) == 3
    assert ClosingNote.objects.get().words == words["words"]
    for email in told():
        assert "The council keeps <all> of them." in email.text
        assert "The council keeps &lt;all&gt; of them." in email.html
        assert section.issue.get_absolute_url() in email.text
    next_issue(section)
    assert send_closing_emails(at=timezone.now()) == 0


def test_the_result_is_in_the_email_from_ten_choices_on() -> None:
    section = make_question()
    for number in range(10):
        answer(section, option=OPTIONS[number % 2])
    close(section)
    next_issue(section)
    send_closing_emails(at=timezone.now())
    assert all(f"{OPTIONS[0]}: 5 (50%)" in email.text for email in told())


def test_who_answered_two_questions_gets_one_email() -> None:
    section = make_question()
    other = ask(section.issue, question="And the ambulances?", closes_at=section.closes_at)
    for each in (section, other):
        answer(each, email="ada@example.org", option=OPTIONS[0])
        close(each)
    next_issue(section)
    assert send_closing_emails(at=timezone.now()) == 1
    assert "And the ambulances?" in told()[0].text


def test_suppressed_and_stopped_readers_are_left_out(client: Client) -> None:
    section = make_question()
    gone = answer(section, email="gone@example.org", option=OPTIONS[0])
    stopped = answer(section, email="stop@example.org", option=OPTIONS[0])
    answer(section, email="ada@example.org", option=OPTIONS[0])
    Suppression.objects.create(
        address_hash=hash_address(gone.commenter.address), reason=SuppressionReason.COMPLAINED
    )
    link = stop_link(stopped.commenter).removeprefix("http://news.example.com")
    assert "Stop these emails" in client.get(link).content.decode()
    stopped.commenter.refresh_from_db()
    assert stopped.commenter.told_of_answers
    client.post(link)
    close(section)
    next_issue(section)

    assert send_closing_emails(at=timezone.now()) == 1

    assert [email.to for email in told()] == ["ada@example.org"]
    assert send_closing_emails(at=timezone.now()) == 0


def test_after_a_crash_everybody_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    section = make_question()
    for _ in range(4):
        answer(section, option=OPTIONS[0])
    close(section)
    next_issue(section)
    queued: list[OutgoingEmail] = []

    def crash_at_the_third(*args: Any, **kwargs: Any) -> None:
        queued.append(queue_email(*args, **kwargs))
        if len(queued) == 3:
            raise KeyboardInterrupt  # its email is written, its transaction is not finished

    monkeypatch.setattr(closing_emails, "queue_email", crash_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        send_closing_emails(at=timezone.now())
    assert len(told()) == Answer.objects.exclude(told_at=None).count() == 2

    send_closing_emails(at=timezone.now())

    assert sorted(email.to for email in told()) == sorted(
        Answer.objects.values_list("commenter__address", flat=True)
    )


def test_of_two_workers_at_once_one_tells_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    section = make_question()
    answer(section, option=OPTIONS[0])
    close(section)
    next_issue(section)
    waiting = closing_emails._waiting
    other: list[int] = []

    def after_the_other(*, at: datetime) -> object:
        found = waiting(at=at)
        if not other:
            other.append(0)
            other.append(send_closing_emails(at=at))  # between our reading and our writing
        return found

    monkeypatch.setattr(closing_emails, "_waiting", after_the_other)
    assert send_closing_emails(at=timezone.now()) == 0
    assert other == [0, 1]
    assert len(told()) == 1


def test_those_who_answered_a_question_that_was_removed_are_told_too() -> None:
    section = make_question()
    answer(section, email="ada@example.org", option=OPTIONS[0])
    section.delete()
    make_published_issue(briefing=section.issue.briefing, title="The beds stay")
    assert send_closing_emails(at=timezone.now()) == 1
    assert "What should happen to the empty beds?" in told()[0].text


def test_news_that_is_old_is_told_to_nobody() -> None:
    section = make_question()
    answer(section, option=OPTIONS[0])
    close(section)
    next_issue(section)
    late = timezone.now() + closing_emails.TOLD_WITHIN + timedelta(hours=1)
    assert send_closing_emails(at=late) == 0


def test_one_run_emails_some_and_the_next_run_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing_emails, "MAX_EMAILS", 2)
    section = make_question()
    for _ in range(3):
        answer(section, option=OPTIONS[0])
    close(section)
    next_issue(section)
    assert [send_closing_emails(at=timezone.now()) for _ in "123"] == [2, 1, 0]
    assert len({email.to for email in told()}) == 3


def test_the_number_of_queries_does_not_grow_with_those_who_wait(
    django_assert_max_num_queries: object,
) -> None:
    section = make_question()
    for _ in range(12):
        answer(section, option=OPTIONS[0])
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        send_closing_emails(at=timezone.now())
