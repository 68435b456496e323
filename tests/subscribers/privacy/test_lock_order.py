"""A reader is erased while they, or an editor, write: nobody waits for ever, and no word stays."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from briefings import comment_submission, working_copies
from briefings.comment_identity import confirm_commenter
from briefings.issue_edits import record_edit
from briefings.models import Comment, Commenter, Section, WorkingCopy
from briefings.questions import answers
from briefings.quotations import insertion
from briefings.quotations.erased_words import without_erased
from briefings.quotations.rows import keep_quotations
from subscribers.privacy.erasure import erase
from subscribers.privacy.personal_data import person_at
from tests.briefings.questions.asked import OPTIONS, answer, make_question
from tests.briefings.quotations.quoted_in_tests import (
    EXCERPT,
    make_response,
    quotation_of,
)
from tests.factories import make_comment, make_issue, make_published_issue
from tests.subscribers.subscriber_lives import every_value

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ADDRESS = "imogen@reader.example.com"
WAIT = 60.0  # seconds; what is waited for comes within a few milliseconds


class Meanwhile:
    """Has a function go on only once another transaction waits for its locks, or is finished."""

    def __init__(self) -> None:
        self.has_begun = Event()
        self.is_over = Event()

    def wait(self) -> None:
        self.has_begun.set()
        until = time.monotonic() + WAIT
        while not self.is_over.is_set() and time.monotonic() < until:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone() != (0,):
                    return
            self.is_over.wait(0.01)

    def after(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, which then waits before it returns."""

        def and_wait(*args: Any, **options: Any) -> Any:
            found = function(*args, **options)
            if not self.has_begun.is_set():
                self.wait()
            return found

        return and_wait

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, which then waits before it does anything."""

        def wait_first(*args: Any, **options: Any) -> Any:
            if not self.has_begun.is_set():
                self.wait()
            return function(*args, **options)

        return wait_first

    def erases(self) -> None:
        """Erase the reader once the other has begun."""
        try:
            assert self.has_begun.wait(WAIT)
            erase(person_at(ADDRESS), keep_words=False)
        finally:
            self.is_over.set()
            connection.close()


def run_while_erased(meanwhile: Meanwhile, act: Callable[[], object]) -> None:
    """Carry out an act while the reader is erased; a deadlock is an error of one of them."""

    def run() -> None:
        try:
            act()
        finally:
            meanwhile.has_begun.set()
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = [pool.submit(run), pool.submit(meanwhile.erases)]
        for result in results:
            result.result(timeout=2 * WAIT)


def left_of(words: str) -> list[str]:
    """Return where in the database words are."""
    return [f"{table}: {value}"[:200] for table, value in rows() if words in value]


def rows() -> list[tuple[str, str]]:
    return [(str(place), str(value)) for place, value in every_value().items()]


def test_an_answer_and_an_erasure_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    section = make_question()
    commenter = Commenter.objects.confirmed(ADDRESS)
    answer(section, email=ADDRESS, option=OPTIONS[0], body="I waited for a day.")
    meanwhile = Meanwhile()
    monkeypatch.setattr(Section, "takes_answers", meanwhile.after(Section.takes_answers))

    def change_it() -> None:
        new = answers.NewAnswer(option=OPTIONS[1], body="I waited for two days.")
        answers.take_answer(
            new, section=section, commenter=commenter, at=timezone.now(), source="/"
        )

    run_while_erased(meanwhile, change_it)
    assert not Comment.objects.exists()
    assert not left_of("I waited for")


def test_an_answer_to_an_issue_that_quotes_who_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    section = make_question()
    earlier = make_published_issue(briefing=section.issue.briefing)
    commenter = Commenter.objects.confirmed(ADDRESS)
    said = make_response(on=earlier, email=ADDRESS, commenter=commenter)
    section.issue.sections.exclude(pk=section.pk).update(body=quotation_of(said))
    keep_quotations(section.issue)
    meanwhile = Meanwhile()
    monkeypatch.setattr(Section, "takes_answers", meanwhile.after(Section.takes_answers))

    def give_it() -> None:
        new = answers.NewAnswer(option=OPTIONS[1], body="I waited for two days.")
        answers.take_answer(
            new, section=section, commenter=commenter, at=timezone.now(), source="/"
        )

    run_while_erased(meanwhile, give_it)
    assert not left_of(EXCERPT)


def test_a_comment_is_confirmed_while_its_writer_is_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comment = make_comment(
        on=make_published_issue(), email=ADDRESS, state="unconfirmed", confirmed_at=None
    )
    Commenter.objects.confirmed(ADDRESS)
    meanwhile = Meanwhile()
    monkeypatch.setattr(
        comment_submission, "confirm_commenter", meanwhile.before(confirm_commenter)
    )
    run_while_erased(
        meanwhile, lambda: comment_submission.confirm_comment(comment, at=timezone.now())
    )
    assert not left_of(ADDRESS)


def test_an_editor_who_quotes_a_reader_at_that_moment_keeps_none_of_the_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comment = make_response(on=make_published_issue(), email=ADDRESS)
    draft = make_issue(briefing=comment.issue.briefing)
    editor = User.objects.create_superuser("ed", "ed@news.example.com", "x")
    meanwhile = Meanwhile()
    monkeypatch.setattr(insertion, "record_edit", meanwhile.before(record_edit))
    run_while_erased(
        meanwhile,
        lambda: insertion.quote_in(draft, comment, EXCERPT, by=editor, at=timezone.now()),
    )
    assert draft.sections.filter(body__contains="data-response").count() == 1  # without words
    assert not left_of(EXCERPT)


def test_a_page_with_the_words_is_autosaved_at_that_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comment = make_response(on=make_published_issue(), email=ADDRESS)
    draft = make_issue(briefing=comment.issue.briefing)
    editor = User.objects.create_superuser("ed", "ed@news.example.com", "x")
    content = {"sections": [{"body": quotation_of(comment)}]}
    meanwhile = Meanwhile()
    monkeypatch.setattr(working_copies, "without_erased", meanwhile.after(without_erased))
    run_while_erased(
        meanwhile,
        lambda: working_copies.keep_words(
            user=editor, token="tokenofpage", sequence=1, issue=draft, content=content
        ),
    )
    assert WorkingCopy.objects.count() == 1
    assert not left_of(EXCERPT)


def test_who_was_erased_a_moment_ago_is_told_that_nothing_was_kept() -> None:
    section = make_question()
    commenter = Commenter.objects.confirmed(ADDRESS)
    erase(person_at(ADDRESS), keep_words=False)
    new = answers.NewAnswer(option=OPTIONS[0])
    with pytest.raises(comment_submission.WriterErased, match="kept about you a moment ago"):
        answers.take_answer(
            new, section=section, commenter=commenter, at=timezone.now(), source="/"
        )
    with transaction.atomic(), pytest.raises(comment_submission.WriterErased):
        comment_submission.submit_signed_in_comment(
            comment_submission.NewComment(body="Still here?", email=ADDRESS),
            commenter=commenter,
            issue=section.issue,
            at=timezone.now(),
        )
    assert not Comment.objects.exists()
