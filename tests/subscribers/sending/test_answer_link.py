"""The links to a question in an issue email, with which its owner answers."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Answer, Comment, Commenter, Issue, Section
from newsroom import form_guard
from newsroom.models import OutgoingEmail
from subscribers.models import Delivery
from subscribers.sending import answer_link, dispatches
from subscribers.sending.ledger import recipient_of
from subscribers.sending.personalised_email import Placeholder, fill_placeholders
from tests.briefings.questions.asked import OPTIONS, answer, ask, close
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> Section:
    briefing = make_briefing()
    make_reader(of=briefing, email="ada@example.org")
    issue = make_scheduled_issue(briefing=briefing)
    asked = ask(issue)
    Issue.objects.filter(pk=issue.pk).update(approved_hash=issue.content_hash())
    issue.refresh_from_db()
    dispatches.start(make_dispatch(issue=issue), at=timezone.now())
    asked.refresh_from_db()
    return asked


def delivery_of(section: Section) -> Delivery:
    return Delivery.objects.get(dispatch__issue=section.issue)


def links(section: Section, *, part: str = "html") -> list[str]:
    delivery = delivery_of(section)
    recipient = recipient_of(delivery)
    assert recipient
    filled = fill_placeholders(getattr(delivery.dispatch, part), recipient)
    return re.findall(
        r"http://news\.example\.com(/comments/from-email/\w+/questions/\S+?)[\"\s<]", filled
    )


def test_the_email_has_a_link_for_each_option_and_one_for_words(section: Section) -> None:
    html, text = links(section), links(section, part="text")
    assert [link.partition("?")[2] for link in html] == ["option=1", "option=2", "option=3", ""]
    assert [link.partition("?")[2] for link in text] == [""]
    words = delivery_of(section).dispatch.text
    assert all(option in words for option in OPTIONS)
    assert "You can answer until" in words


def test_an_email_without_a_question_has_no_more_to_fill_in() -> None:
    dispatch = make_dispatch(issue=make_scheduled_issue())
    assert dispatch.html.count(Placeholder.COMMENTS) == 1


def test_a_link_scanner_answers_nothing(client: Client, section: Section) -> None:
    for link in links(section):
        for response in (client.get(link), client.head(link)):
            assert response.status_code == 200
            assert not response.cookies
    assert not Answer.objects.exists()
    assert not Commenter.objects.exists()
    chosen = client.get(links(section)[1]).content.decode()
    assert re.search(r'<input[^>]*name="option" value="2"[^>]*checked', chosen)
    assert "a•••@example.org" in chosen
    assert 'name="email"' not in chosen


def test_the_form_answers_without_a_further_email_and_the_owner_is_told(
    client: Client, section: Section
) -> None:
    link = links(section)[1]
    words = {"body": "One is enough.", "name": "Ada", "quoting": "named", "may_contact": "on"}
    response = client.post(link.partition("?")[0], {"option": "2", **words})
    given = Answer.objects.get()
    assert given.option == OPTIONS[1]
    assert given.commenter.address == "ada@example.org"
    assert given.comment is not None
    assert not response.cookies  # nobody is signed in by it
    assert "We have emailed you about it" in client.get(response["Location"]).content.decode()
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("answer_taken", "ada@example.org")
    for part in (email.text, email.html):
        sentences = " ".join(part.split())
        assert OPTIONS[1] in sentences
        assert "We may quote them with the name that was given." in sentences
        assert "We may contact you about it." in sentences
        assert "One is enough." not in sentences
    # A double click makes no second email.
    client.post(link.partition("?")[0], {"option": "2", **words})
    assert OutgoingEmail.objects.count() == 1
    # In a browser that is signed in as the owner, nobody needs to be told.
    sign_in = re.search(r"/comments/sign-in/\S+", email.text)
    assert sign_in
    client.post(sign_in[0])
    response = client.post(link.partition("?")[0], {"option": "1"})
    assert response["Location"].endswith("?answered=yes#answer")
    given.refresh_from_db()
    assert given.option == OPTIONS[0]
    assert OutgoingEmail.objects.count() == 1


def test_with_a_forwarded_email_nobody_sees_or_changes_what_its_owner_answered(
    client: Client, section: Section
) -> None:
    link = links(section)[3]
    own = client.post(link, {"option": "2", "body": "My own secret.", "name": "Ada"})
    stranger = Client()
    page = stranger.get(link).content.decode()
    for words in ("secret", "Ada", "checked", "ada@example.org"):
        assert words not in page
    assert "This link belongs to" in page
    assert "answer with your own address" in page

    response = stranger.post(link, {"option": "1", "body": "Close them all.", "name": "Eve"})

    assert response["Location"] == own["Location"]  # nor do they learn that there was an answer
    given = Answer.objects.get()
    assert given.option == OPTIONS[1]
    assert given.comment is not None
    assert (given.comment.body, given.comment.name) == ("My own secret.", "Ada")
    asked = OutgoingEmail.objects.get(name="confirm_answer")
    assert asked.to == "ada@example.org"
    assert "Close them all." not in asked.text + asked.html
    # The owner can still say that it was them.
    change = re.search(r"/comments/answers/\S+", asked.text)
    assert change
    assert "Close them all." in client.get(change[0]).content.decode()
    client.post(change[0])
    given.refresh_from_db()
    assert given.option == OPTIONS[0]
    assert Answer.objects.count() == 1


def test_whoever_has_a_forwarded_email_cannot_flood_its_owner(
    client: Client, section: Section
) -> None:
    with patch.object(form_guard, "HOURLY_PER_ADDRESS", 0):
        response = client.post(links(section)[3], {"option": "1", "body": "Kept all the same."})
    assert response.status_code == 429
    assert "Kept all the same." in response.content.decode()
    assert not OutgoingEmail.objects.exists()
    assert not Answer.objects.exists()


def test_an_answer_that_comes_at_the_same_moment_is_not_changed_by_the_link(
    client: Client, section: Section
) -> None:
    def owner_answers(*_: object, **__: object) -> None:
        answer(section, email="ada@example.org", option=OPTIONS[1])

    with patch.object(answer_link, "check_form", owner_answers):
        client.post(links(section)[3], {"option": "1"})
    assert Answer.objects.get().option == OPTIONS[1]
    assert OutgoingEmail.objects.get().name == "confirm_answer"


def test_no_limit_tells_what_the_owner_answered(client: Client, section: Section) -> None:
    answer(section, email="ada@example.org", option=OPTIONS[1])
    with patch.object(form_guard, "HOURLY_PER_ADDRESS", 0):
        for option in ("1", "2", "3"):
            response = client.post(links(section)[3], {"option": option})
            assert response.status_code == 429


def test_signing_out_everywhere_ends_the_links_of_earlier_emails(
    client: Client, section: Section
) -> None:
    commenter = Commenter.objects.confirmed("ada@example.org")
    commenter.sign_out_everywhere(at=timezone.now())
    for response in (
        client.get(links(section)[0]),
        client.post(links(section)[3], {"option": "1"}),
    ):
        assert f"/questions/{section.pk}/" in response["Location"]
    assert not Answer.objects.exists()


def test_after_it_closed_the_link_leads_to_the_page_and_words_are_kept(
    client: Client, section: Section
) -> None:
    close(section)
    assert client.get(links(section)[0])["Location"].startswith(section.issue.get_absolute_url())
    late = client.post(links(section)[3], {"body": "Too late, but kept."})
    assert late.status_code == 403
    assert "Too late, but kept." in late.content.decode()
    assert not Comment.objects.exists()


def test_the_link_is_good_for_the_questions_of_its_issue_only(
    client: Client, section: Section
) -> None:
    briefing = section.issue.briefing
    other = ask(make_scheduled_issue(briefing=briefing))
    link = links(section)[3].replace(f"/{section.pk}/", f"/{other.pk}/")
    assert client.get(link).status_code == 404
    assert (
        client.get(links(section)[3].replace("/from-email/0", "/from-email/f")).status_code == 404
    )
