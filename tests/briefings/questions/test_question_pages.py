"""The page of a question: who answers, how often they count, and what others see of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from briefings.models import (
    Answer,
    BanLength,
    Comment,
    CommentChannel,
    Commenter,
    CommentState,
    EarlierWords,
    QuoteChoice,
    QuoteConsent,
    Section,
)
from briefings.moderation.bans import ban_writer
from briefings.questions.poll import SHOWN_FROM
from briefings.zone_names import moment_for_readers
from newsroom.models import OutgoingEmail
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from tests.briefings.admin_client import staff_client
from tests.briefings.questions.asked import OPTIONS, answer, ask, close, make_question
from tests.factories import (
    make_briefing,
    make_comment,
    make_correction,
    make_issue,
    make_published_issue,
)

pytestmark = pytest.mark.django_db
ADDRESS = "ada@example.org"


def page_of(section: Section) -> str:
    return f"{section.issue.get_absolute_url()}questions/{section.pk}/"


def text_of(response: object) -> str:
    assert isinstance(response, HttpResponse)
    words = re.sub(r"<(script|style).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", words).split()))


def send(client: Client, section: Section, **fields: str) -> HttpResponse:
    data = {"email": ADDRESS, **fields}
    response = client.post(f"/comments/questions/{section.pk}/", data)
    assert isinstance(response, HttpResponse)
    return response


def confirm(client: Client, *said: str) -> HttpResponse:
    email = OutgoingEmail.objects.filter(name="confirm_answer").latest("pk")
    link = re.search(r"/comments/answers/\S+", email.text)
    assert link
    shown = text_of(client.get(link[0]))
    assert "Confirm the answer" in shown
    for words in said:
        assert words in shown
    response = client.post(link[0])
    assert isinstance(response, HttpResponse)
    return response


def test_the_page_of_the_issue_leads_to_the_question_with_an_option_chosen(client: Client) -> None:
    section = make_question()
    page = client.get(section.issue.get_absolute_url())
    words = text_of(page)
    assert "What should happen to the empty beds?" in words
    assert "Got something to say?" in words
    assert "You can answer until" in words
    assert "(London time)" in words
    assert f'action="{page_of(section)}"' in page.content.decode()
    chosen = client.get(page_of(section), {"option": "2"}).content.decode()
    assert re.search(r'<input[^>]*name="option" value="2"[^>]*checked', chosen)
    assert not Answer.objects.exists()


@pytest.mark.parametrize("query", ["?option=9", "?option=x", "?answered=no", "?answered=yes&x=1"])
def test_any_other_query_shows_the_same_page(client: Client, query: str) -> None:
    assert client.get(page_of(make_question()) + query).status_code == 200


def test_an_answer_counts_once_its_address_is_confirmed(client: Client) -> None:
    section = make_question()
    words = {"body": "Ours were never staffed.", "name": "Ada", "quoting": "named"}
    response = send(client, section, option="1", may_contact="on", **words)
    assert "Open it and confirm your answer" in text_of(client.get(response["Location"]))
    assert not Answer.objects.exists()
    email = OutgoingEmail.objects.get()
    for part in (email.subject, email.text, email.html):
        assert "never staffed" not in part
        assert OPTIONS[0] not in part

    agreed = "Name: Ada · May we quote you in a later issue? Yes, with the name I give here"
    response = confirm(client, OPTIONS[0], "never staffed", agreed, "We may contact you about it.")

    assert "Thank you for your answer" in text_of(client.get(response["Location"]))
    given = Answer.objects.get()
    assert (given.option, given.may_contact) == (OPTIONS[0], True)
    assert given.commenter.address == ADDRESS
    comment = given.comment
    assert comment is not None
    assert (comment.body, comment.state) == ("Ours were never staffed.", CommentState.PRIVATE)
    assert comment.channel == CommentChannel.ANSWER
    assert comment.quoting == QuoteChoice.NAMED
    assert comment.name_to_quote == "Ada"
    assert comment.section == section
    assert QuoteConsent.objects.get(comment=comment).choice == QuoteChoice.NAMED
    assert Comment.objects.count() == 1
    # Only the newsroom reads it.
    assert "never staffed" not in text_of(client.get(section.issue.get_absolute_url()))
    # The link counts once; the browser is signed in, so a change needs no email.
    response = send(client, section, email="", option="2")
    assert "answered=yes" in response["Location"]
    given.refresh_from_db()
    assert given.option == OPTIONS[1]
    assert given.comment == comment  # what a later answer leaves out stays
    assert Answer.objects.count() == 1
    assert OutgoingEmail.objects.count() == 1


def test_a_link_counts_once_and_not_after_a_later_answer(client: Client) -> None:
    section = make_question()
    send(client, section, option="1")
    send(client, section, option="2")
    first, second = OutgoingEmail.objects.filter(name="confirm_answer").order_by("pk")
    link, later = (
        re.search(r"/comments/answers/\S+", email.text)[0]  # type: ignore[index]
        for email in (first, second)
    )

    assert client.post(later).status_code == 302

    for used in (later, link):
        stranger = Client()
        for response in (stranger.get(used), stranger.post(used)):
            assert response.status_code == 404
            assert "This link does not work any more" in text_of(response)
            assert not response.cookies
    assert Answer.objects.get().option == OPTIONS[1]


def test_an_answer_that_is_sent_again_with_another_consent_gets_a_link_of_its_own(
    client: Client,
) -> None:
    section = make_question()
    for quoting in ("", "", "named"):  # the second is a double click
        send(client, section, body="Keep them.", name="Ada", quoting=quoting)
    assert OutgoingEmail.objects.count() == 2
    confirm(client, "Yes, with the name I give here")
    assert QuoteConsent.objects.filter(choice=QuoteChoice.NAMED).exists()


def test_signing_out_in_all_browsers_ends_the_links_that_confirm(client: Client) -> None:
    section = make_question()
    send(client, section, option="1")
    confirm(client)
    mine = Commenter.objects.get()
    mine.answers.all().delete()
    mine.sign_out_everywhere(at=timezone.now())
    link = re.search(r"/comments/answers/\S+", OutgoingEmail.objects.get().text)
    assert link
    for response in (client.get(link[0]), Client().post(link[0])):
        assert response.status_code == 404
        assert not response.cookies
    assert not Answer.objects.exists()


def test_words_that_cannot_wait_yet_are_refused_however_often_they_are_sent(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("briefings.questions.answer_links.MAX_UNCONFIRMED", 1)
    section = make_question()
    send(client, section, body="The first.")
    for _ in range(2):
        response = send(client, section, body="The second.")
        assert response.status_code == 429
        assert "are not confirmed yet" in text_of(response)
        assert "The second." in text_of(response)
    assert OutgoingEmail.objects.count() == 1


def test_the_form_says_who_will_read_the_words(client: Client) -> None:
    page = text_of(client.get(page_of(make_question())))
    assert "The newsroom reads it, and may publish it as a comment." in page


def test_a_choice_without_words_is_kept_nowhere_before_it_is_confirmed(client: Client) -> None:
    section = make_question()
    send(client, section, option="3")
    send(client, section, option="3")
    assert not Comment.objects.exists()
    assert not Commenter.objects.exists()
    assert OutgoingEmail.objects.count() == 1

    confirm(client)

    given = Answer.objects.get()
    assert (given.option, given.comment) == (OPTIONS[2], None)


def test_later_words_take_the_place_of_earlier_ones_unless_they_are_published() -> None:
    section = make_question(options=[])
    first = answer(section, email=ADDRESS, body="Keep them.").comment
    assert first is not None
    again = answer(section, email=ADDRESS, body="Keep all of them.")
    first.refresh_from_db()
    assert again.comment == first
    assert first.body == "Keep all of them."
    assert EarlierWords.objects.get(comment=first).body == "Keep them."

    Comment.objects.filter(pk=first.pk).update(state=CommentState.APPROVED)
    other = answer(section, email=ADDRESS, body="Close one.").comment

    assert other is not None
    first.refresh_from_db()
    assert first.body == "Keep all of them."
    assert (other.body, other.state) == ("Close one.", CommentState.PRIVATE)
    assert Answer.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose one of the options, or write your answer."),
        ({"option": "7"}, "Choose one of the options"),
        ({"body": "x" * 5_001}, "Your answer is 5,001 characters long"),
        ({"option": "1", "email": ""}, "Enter your email address"),
        ({"option": "1", "quoting": "named", "body": "So."}, "Enter your name above"),
    ],
)
def test_an_answer_that_says_nothing_is_named_and_kept(
    client: Client, fields: dict[str, str], sentence: str
) -> None:
    section = make_question()
    response = send(client, section, **fields)
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert not OutgoingEmail.objects.exists()


def test_without_options_the_words_are_the_answer(client: Client) -> None:
    section = make_question(options=[])
    assert 'name="option"' not in client.get(page_of(section)).content.decode()
    assert "Write your answer." in text_of(send(client, section))
    send(client, section, body="All of them.")
    confirm(client)
    assert Answer.objects.get().comment is not None


def test_after_it_closed_nobody_answers_and_no_word_is_lost(client: Client) -> None:
    section = make_question()
    send(client, section, body="Sent in time, confirmed too late.", option="1")
    email = OutgoingEmail.objects.get()
    close(section)

    response = send(client, section, body="Sent too late.")

    assert response.status_code == 403
    assert "This question is closed" in text_of(response)
    assert "Sent too late." in text_of(response)
    assert "comment on the issue" in text_of(response)
    page = text_of(client.get(page_of(section)))
    assert "This question is closed" in page
    assert "Send the answer" not in page
    link = re.search(r"/comments/answers/\S+", email.text)
    assert link
    for late in (client.get(link[0]), client.post(link[0])):
        assert "so your answer does not count any more" in text_of(late)
    assert not Answer.objects.exists()


def test_who_is_banned_is_told_and_not_counted(client: Client) -> None:
    section = make_question()
    send(client, section, option="1")
    rude = make_comment(on=section.issue, email=ADDRESS)
    ban_writer(rude, BanLength.FOREVER, by=None, at=timezone.now())
    email = OutgoingEmail.objects.get()
    link = re.search(r"/comments/answers/\S+", email.text)
    assert link
    response = client.post(link[0])
    assert response.status_code == 403
    assert "We take no more comments from you." in text_of(response)
    assert not Answer.objects.exists()


def make_answers(section: Section, *options: int) -> None:
    for option, people in enumerate(options):
        for _ in range(people):
            answer(section, option=OPTIONS[option])


def test_results_are_shown_from_ten_on_to_who_answered_and_to_all_once_it_is_closed(
    client: Client,
) -> None:
    section = make_question()
    make_answers(section, 6, 3, 0)
    thanks = f"{page_of(section)}?answered=yes"
    assert SHOWN_FROM == 10
    assert "once 10 readers have chosen" in text_of(client.get(thanks))
    answer(section, option=OPTIONS[1])

    shown = text_of(client.get(thanks))
    assert "10 readers chose" in shown
    assert f"{OPTIONS[0]} 60% 6" in shown
    assert f"{OPTIONS[1]} 40% 4" in shown
    assert f"{OPTIONS[2]} 0% 0" in shown
    assert "readers chose" not in text_of(client.get(page_of(section)))
    assert "readers chose" not in text_of(client.get(section.issue.get_absolute_url()))

    close(section)
    for page in (page_of(section), section.issue.get_absolute_url()):
        assert "10 readers chose" in text_of(client.get(page)), page


def test_a_table_has_a_heading_for_each_row_and_bars_that_say_nothing_else(client: Client) -> None:
    section = make_question()
    make_answers(section, 7, 5)
    html = client.get(f"{page_of(section)}?answered=yes").content.decode()
    assert html.count('<th scope="row"') == 3
    assert '<svg class="poll-bar"' in html
    assert 'aria-hidden="true"' in html
    assert "style=" not in html


def test_the_page_is_the_same_for_everybody_and_ends_by_itself(client: Client) -> None:
    section = make_question()
    one = client.get(page_of(section))
    client.cookies["comments"] = "somebody"
    other = client.get(page_of(section))
    assert one.content == other.content
    assert not one.cookies
    assert one.headers["Cache-Control"].startswith("public")


def test_a_correction_that_removes_the_question_keeps_the_answers(client: Client) -> None:
    section = make_question()
    given = answer(section, email=ADDRESS, option=OPTIONS[0], body="Keep them.")
    issue = section.issue

    section.delete()
    make_correction(issue)

    given.refresh_from_db()
    assert (given.section, given.question) == (None, "What should happen to the empty beds?")
    assert given.issue == issue
    assert given.comment is not None
    assert given.comment.body == "Keep them."
    assert client.get(page_of(section)).status_code == 404


def sign_in_as(client: Client, section: Section) -> None:
    send(client, section, option="1", body="Keep them.")
    confirm(client)


def test_a_reader_sees_and_withdraws_their_answer(client: Client) -> None:
    section = make_question()
    sign_in_as(client, section)
    given = Answer.objects.get()
    page = text_of(client.get("/comments/mine/"))
    assert "Your answers" in page
    assert "What should happen to the empty beds?" in page
    assert "Your answer, for the newsroom only" in page
    other = answer(section, option=OPTIONS[1])
    assert client.post(f"/comments/mine/answers/{other.pk}/", {"do": "withdraw"}).status_code == 404

    client.post(f"/comments/mine/answers/{given.pk}/", {"do": "withdraw"})

    assert not Answer.objects.filter(pk=given.pk).exists()
    comment = Comment.objects.get()
    assert comment.state == CommentState.WITHDRAWN
    assert comment.quoting == QuoteChoice.NO
    assert "Keep them." not in text_of(client.get(section.issue.get_absolute_url()))


def links_to_confirm() -> list[str]:
    emails = OutgoingEmail.objects.filter(name="confirm_answer").order_by("pk")
    return [re.findall(r"/comments/answers/\S+", email.text)[0] for email in emails]


def test_no_link_brings_back_an_answer_that_was_withdrawn(client: Client) -> None:
    section = make_question()
    send(client, section, option="1")
    send(client, section, option="2")
    confirm(client)
    given = Answer.objects.get()
    client.post(f"/comments/mine/answers/{given.pk}/", {"do": "withdraw"})
    for link in links_to_confirm():  # one was used, one was not
        assert client.get(link).status_code == 404
        assert client.post(link).status_code == 404
    assert not Answer.objects.exists()
    # Who changes their mind answers again.
    send(Client(), section, option="3")
    assert Client().post(links_to_confirm()[-1]).status_code == 302
    assert Answer.objects.get().option == OPTIONS[2]


def test_no_link_brings_back_a_reader_who_was_erased(client: Client) -> None:
    section = make_question()
    send(client, section, option="1")
    [link] = links_to_confirm()
    erase(person_at(ADDRESS), keep_words=False)
    assert client.post(link).status_code == 404
    assert not Commenter.objects.exists()


def test_private_words_can_be_withdrawn_but_not_put_into_the_queue(client: Client) -> None:
    section = make_question()
    sign_in_as(client, section)
    comment = Comment.objects.get()
    client.post(f"/comments/mine/{comment.pk}/", {"do": "edit", "body": "Close them."})
    comment.refresh_from_db()
    assert (comment.state, comment.body) == (CommentState.PRIVATE, "Keep them.")
    client.post(f"/comments/mine/{comment.pk}/", {"do": "withdraw"})
    comment.refresh_from_db()
    assert comment.state == CommentState.WITHDRAWN


def test_staff_see_how_many_answered_and_what_they_chose() -> None:
    section = make_question()
    make_answers(section, 2, 1)
    answer(section, option=OPTIONS[1], body="Ask me.", may_contact=True)
    client = staff_client("Editors")
    issue = section.issue
    page = text_of(client.get(f"/admin/briefings/issue/{issue.pk}/change/"))
    assert "Answers" in page
    shown = client.get(f"/admin/briefings/issue/{issue.pk}/questions/{section.pk}/")
    link = re.search(r'href="(/admin/[^"]+channel=answer[^"]*)"', shown.content.decode())
    assert link
    assert "Ask me." in text_of(client.get(unescape(link[1])))
    page = text_of(shown)
    assert (
        "People who answered 4 In their own words 1 answers: read them May be contacted 1" in page
    )
    assert f"{OPTIONS[0]} 50% 2" in page
    Comment.objects.update(state=CommentState.WITHDRAWN)
    shown = client.get(f"/admin/briefings/issue/{issue.pk}/questions/{section.pk}/")
    assert "In their own words 0 May be contacted" in text_of(shown)


def test_an_answer_is_in_the_response_with_its_choice_and_how_to_reach_its_writer() -> None:
    section = make_question()
    answer(section, email=ADDRESS, option=OPTIONS[1], body="Ask me.", may_contact=True)
    answer(section, option=OPTIONS[0], body="Not me.")
    draft = make_issue(briefing=section.issue.briefing)
    url = f"/admin/briefings/issue/{draft.pk}/response/"

    reporter = text_of(staff_client("Reporters").get(url))
    editor = text_of(staff_client("Editors").get(url))

    for page in (reporter, editor):
        assert f"Answer to “ {section.heading} ”: {OPTIONS[1]} · may be contacted" in page
        assert f"Answer to “ {section.heading} ”: {OPTIONS[0]} " in page
        assert page.count("may be contacted") == 1
    assert ADDRESS in editor
    assert ADDRESS not in reporter


def test_a_question_of_another_issue_or_of_a_draft_is_not_found(client: Client) -> None:
    section = make_question()
    other = make_published_issue()
    wrong = page_of(section).replace(section.issue.get_absolute_url(), other.get_absolute_url())
    assert client.get(wrong).status_code == 404
    draft = ask(other)
    draft.kind = "note"
    draft.save()
    assert client.get(page_of(draft)).status_code == 404
    assert client.post(f"/comments/questions/{draft.pk}/", {"option": "1"}).status_code == 404


def test_many_answers_of_one_reader_are_refused_for_a_while(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = make_question()
    sign_in_as(client, section)
    monkeypatch.setattr("briefings.questions.answers.MAX_ANSWERS_AN_HOUR", 2)
    answers = [client.post(f"/comments/questions/{section.pk}/", {"option": "2"}) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert "You have answered many times" in text_of(answers[-1])


def test_the_time_at_which_it_closes_is_told_with_which_of_two_hours() -> None:
    briefing = make_briefing()
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "BST (London time)" in moment_for_readers(first, briefing)
    assert "GMT (London time)" in moment_for_readers(first + timedelta(hours=1), briefing)
    assert "GMT" not in moment_for_readers(first + timedelta(days=1), briefing)


def test_each_error_links_to_a_part_of_the_page(client: Client) -> None:
    section = make_question()
    refused = send(client, section, option="9", body="x" * 20_000, email="", quoting="never")
    page = refused.content.decode()
    assert refused.status_code == 422
    summary = page.partition('role="alert"')[2].partition("</ul>")[0]
    targets = re.findall(r'href="#([^"]*)"', summary)
    assert len(targets) == 4
    assert all(f' id="{target}"' in page for target in targets)
    assert 'id=""' not in page + client.get(page_of(section)).content.decode()
