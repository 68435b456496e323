"""Marks on responses: what is to be done with them, by whom, and that it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from briefings.models import CommentState, MarkKind, ResponseMark, Role
from newsroom.models import AuditLogEntry, OutgoingEmail
from tests.briefings.admin_client import make_member, make_staff, messages_of
from tests.briefings.response.response_in_tests import (
    bodies,
    make_draft_after,
    open_response,
    response_url,
)
from tests.factories import make_briefing, make_comment, make_published_issue

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from briefings.models import Comment
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_staff("Editors", first_name="Ann", email="ann@news.example.com")


@pytest.fixture
def editor(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def comment() -> Comment:
    return make_comment(on=make_published_issue(), name="Ada Byron")


def send(client: Client, comment: Comment, act: str, **fields: Any) -> Page:
    """Use a button of a piece, and follow to the page that it was on."""
    draft = comment.issue.briefing.issues.exclude(state="published").first()
    data = {"act": act, "draft": draft.pk if draft else "", "query": "q=write-off", **fields}
    return client.post(
        reverse("admin:briefings_response_mark", args=[comment.pk]), data, follow=True
    )


def log_of(comment: Comment) -> list[str]:
    return [entry.verb for entry in AuditLogEntry.objects.on(comment)][::-1]


def test_a_mark_is_given_and_removed_with_one_button(editor: Client, comment: Comment) -> None:
    draft = make_draft_after(comment.issue)
    page = send(editor, comment, "mark:use")
    assert page.redirect_chain == [(f"{response_url(draft)}?q=write-off#piece-{comment.pk}", 302)]
    assert 'value="remove:use" aria-pressed="true"' in page.content.decode()
    assert ResponseMark.objects.get().who == "Ann"
    send(editor, comment, "remove:use")
    assert not ResponseMark.objects.exists()
    assert log_of(comment) == ["marked to use", "removed a mark of"]


def test_a_second_click_changes_nothing(editor: Client, comment: Comment) -> None:
    for _ in range(2):
        send(editor, comment, "mark:answer")
    assert ResponseMark.objects.get().kind == MarkKind.ANSWER
    assert log_of(comment) == ["marked to answer"]


def test_a_script_gets_the_marks_alone(editor: Client, comment: Comment) -> None:
    draft = make_draft_after(comment.issue)
    answer = editor.post(
        reverse("admin:briefings_response_mark", args=[comment.pk]),
        {"act": "mark:use", "draft": draft.pk},
        headers={"Accept": "application/json"},
    ).json()
    assert answer["said"] == "Marked: Use."
    assert 'value="remove:use"' in answer["marks"]


def test_a_mark_is_kept_and_said_so_where_the_draft_was_deleted_meanwhile(
    editor: Client, comment: Comment
) -> None:
    draft = make_draft_after(comment.issue)
    gone = draft.pk
    draft.delete()
    answer = editor.post(
        reverse("admin:briefings_response_mark", args=[comment.pk]),
        {"act": "mark:use", "draft": gone},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200
    said = answer.json()["said"]
    assert said.startswith("Marked: Use.")
    assert "was deleted meanwhile" in said
    assert ResponseMark.objects.get().kind == MarkKind.USE
    page = send(editor, comment, "mark:answer", draft=gone)
    assert page.status_code == 200
    assert "was deleted meanwhile" in messages_of(page)
    assert bodies(page) == [comment.body]
    assert ResponseMark.objects.count() == 2


def test_a_mark_has_a_note_and_can_be_done(editor: Client, comment: Comment) -> None:
    draft = make_draft_after(comment.issue)
    send(editor, comment, "save:use", note="  For the first \n section ")
    mark = ResponseMark.objects.get()
    assert mark.note == "For the first section"
    send(editor, comment, "finish:use")
    mark.refresh_from_db()
    assert mark.done_at
    assert "done" in open_response(editor, draft).content.decode()
    send(editor, comment, "reopen:use")
    assert ResponseMark.objects.get().done_at is None
    assert log_of(comment)[1:] == ["finished a mark of", "reopened a mark of"]
    assert "section" not in str(AuditLogEntry.objects.values_list("detail", flat=True))


@pytest.mark.parametrize("kind", MarkKind.values)
def test_a_mark_that_is_removed_can_be_put_back_with_its_note(
    editor: Client, ann: User, comment: Comment, kind: str
) -> None:
    draft = make_draft_after(comment.issue)
    note = "Compare with the figures of May"
    send(editor, comment, f"save:{kind}", note=note, was="", assigned_to=ann.pk)
    send(editor, comment, f"finish:{kind}")
    before = ResponseMark.objects.values().get()
    page = send(editor, comment, f"remove:{kind}").content.decode()
    assert note in page
    assert "Put it back" in page
    # Nothing but the note is left of it.
    assert bodies(open_response(editor, draft, mark="none")) == [comment.body]
    assert not bodies(open_response(editor, draft, mark=kind))
    assert f'value="remove:{kind}"' not in page
    send(editor, comment, f"reopen:{kind}")
    assert log_of(comment)[-1] == "removed a mark of"
    assert "Put it back" not in send(editor, comment, f"mark:{kind}").content.decode()
    assert ResponseMark.objects.values().get() == before
    assert bodies(open_response(editor, draft, mark=kind)) == [comment.body]


def test_a_follow_up_that_was_removed_is_nobodys_task_and_its_note_is_not_replaced_unseen(
    editor: Client, ann: User, comment: Comment
) -> None:
    make_draft_after(comment.issue)
    send(editor, comment, "save:follow_up", assigned_to=ann.pk, note="Ask for the date", was="")
    page = send(editor, comment, "remove:follow_up").content.decode()
    assert "Follow up what a reader said" not in editor.get(reverse("admin:index")).content.decode()
    assert page.count('value="Ask for the date"') == 2  # in the form, to be kept or changed
    page_from_before = {"assigned_to": ann.pk, "note": "Ring them", "was": ""}
    answer = send(editor, comment, "save:follow_up", **page_from_before)
    assert "“Ask for the date”" in messages_of(answer)
    assert ResponseMark.objects.get().note == "Ask for the date"


def test_a_note_that_a_colleague_has_written_meanwhile_is_not_lost(
    editor: Client, comment: Comment
) -> None:
    send(editor, comment, "save:use", note="Theirs", was="")
    send(editor, comment, "save:use", note="", was="")
    assert ResponseMark.objects.get().note == "Theirs"
    page = send(editor, comment, "save:use", note="Mine", was="")
    assert ResponseMark.objects.get().note == "Theirs"
    assert "“Theirs”" in messages_of(page)
    assert "“Mine”" in messages_of(page)
    send(editor, comment, "save:use", note="Both", was="Theirs")
    assert ResponseMark.objects.get().note == "Both"


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("mark:like", {}),
        ("burn:use", {}),
        ("", {}),
        ("save:use", {"note": "x" * 301}),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    editor: Client, comment: Comment, act: str, fields: dict[str, str]
) -> None:
    make_draft_after(comment.issue)
    assert messages_of(send(editor, comment, act, **fields))
    assert not ResponseMark.objects.exists()


def test_only_what_is_part_of_the_response_can_be_marked(editor: Client, comment: Comment) -> None:
    comment.state = CommentState.REJECTED
    comment.save()
    url = reverse("admin:briefings_response_mark", args=[comment.pk])
    assert editor.post(url, {"act": "mark:use"}).status_code == 404


def test_following_up_is_a_task_of_whoever_is_asked(editor: Client, comment: Comment) -> None:
    briefing = comment.issue.briefing
    bo = make_member(Role.REPORTER, of=briefing, email="bo@news.example.com")
    make_draft_after(comment.issue)
    send(editor, comment, "save:follow_up", assigned_to=bo.pk, note="Ask for the figures & date")
    email = OutgoingEmail.objects.get()
    assert (email.name, email.to) == ("follow_up", "bo@news.example.com")
    assert "Ann asks you to follow up" in " ".join(email.text.split())
    assert "Ask for the figures & date" in email.text
    assert comment.body not in email.text + email.html
    client = Client()
    client.force_login(bo)
    desk = client.get(reverse("admin:index")).content.decode()
    assert "Follow up what a reader said" in desk
    assert "Ask for the figures &amp; date" in desk
    # The link of both leads to the piece, although the issue is not theirs.
    link = f"{response_url(comment.issue)}?about={comment.issue.number}&piece={comment.pk}"
    assert link in email.text
    assert bodies(client.get(link)) == [comment.body]
    send(client, comment, "finish:follow_up")
    assert "Follow up what a reader said" not in client.get(reverse("admin:index")).content.decode()


def test_the_same_person_is_emailed_once_and_nobody_for_their_own_task(
    editor: Client, ann: User, comment: Comment
) -> None:
    bo = make_member(Role.EDITOR, of=comment.issue.briefing, email="bo@news.example.com")
    make_draft_after(comment.issue)
    for note in ("One", "Two"):
        send(editor, comment, "save:follow_up", assigned_to=bo.pk, note=note)
    assert OutgoingEmail.objects.count() == 1
    send(editor, comment, "save:follow_up", assigned_to=ann.pk)
    assert OutgoingEmail.objects.count() == 1
    assert "Follow up what a reader said" in editor.get(reverse("admin:index")).content.decode()
    send(editor, comment, "save:follow_up", assigned_to=0)
    assert ResponseMark.objects.get().assigned_to is None


def test_only_those_who_write_for_the_briefing_can_be_asked(
    editor: Client, comment: Comment
) -> None:
    make_draft_after(comment.issue)
    other = make_member(Role.EDITOR, of=make_briefing())
    moderator = make_member(Role.MODERATOR, of=comment.issue.briefing)
    for person in (other, moderator):
        page = send(editor, comment, "save:follow_up", assigned_to=person.pk)
        assert "does not write for the briefing" in messages_of(page)
        assert f'<option value="{person.pk}"' not in page.content.decode()
    assert not ResponseMark.objects.exists()


def test_marks_are_filters(editor: Client, ann: User, comment: Comment) -> None:
    other = make_comment(on=comment.issue, body="Other")
    draft = make_draft_after(comment.issue)
    send(editor, comment, "save:follow_up", assigned_to=ann.pk)
    send(editor, other, "mark:answer")
    assert bodies(open_response(editor, draft, mark="follow_up")) == [comment.body]
    assert bodies(open_response(editor, draft, mark="mine")) == [comment.body]
    assert bodies(open_response(editor, draft, mark="answer")) == ["Other"]
    assert bodies(open_response(editor, draft, mark="none")) == []
