"""Signing in for comments: by a link in one's own email, without an account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from briefings.comment_identity import COOKIE, sign_in_path
from briefings.comment_submission import MAX_SIGNED_IN_AN_HOUR, confirmation_path
from briefings.models import Comment, Commenter, CommentState, Issue
from newsroom.models import OutgoingEmail
from tests.factories import make_comment, make_contributor, make_published_issue

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def send(client: Client, on: Issue, **fields: str) -> HttpResponse:
    response = client.post(
        f"/comments/on/{on.briefing.slug}/{on.number}/", {"body": "Our ward is shut.", **fields}
    )
    assert isinstance(response, HttpResponse)
    return response


def sign_in(client: Client, address: str = ADA) -> Commenter:
    commenter = Commenter.objects.at_address(address).first()
    assert client.post(sign_in_path(address, commenter=commenter)).status_code == 302
    return Commenter.objects.at_address(address).get()


def test_a_link_scanner_signs_in_nobody(client: Client) -> None:
    path = sign_in_path(ADA)
    response = client.get(path)
    assert client.head(path).status_code == 200
    assert not response.cookies
    assert not Commenter.objects.exists()
    assert ADA not in response.content.decode()
    assert "a•••@example.org" in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_the_cookie_is_for_the_addresses_of_comments_only_and_scripts_cannot_read_it(
    client: Client, settings: Any
) -> None:
    settings.SESSION_COOKIE_SECURE = True
    response = client.post(sign_in_path(ADA))
    cookie = response.cookies[COOKIE]
    assert cookie["path"] == "/comments/"
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 90 * 24 * 60 * 60
    assert ADA not in cookie.value


def test_a_link_works_once(client: Client) -> None:
    path = sign_in_path(ADA)
    client.post(path)
    other = Client()
    for response in (other.get(path), other.post(path)):
        assert response.status_code == 410
        assert COOKIE not in response.cookies
    assert client.get(path)["Location"] == "/comments/mine/"


@pytest.mark.parametrize("address", ["known@example.org", "nobody@example.org"])
def test_the_page_says_the_same_whether_or_not_an_address_is_known(
    client: Client, address: str
) -> None:
    Commenter.objects.confirmed("known@example.org")
    response = client.post("/comments/sign-in/", {"email": address})
    assert response.status_code == 200
    page = response.content.decode().replace(address, "ADDRESS")
    assert "We have emailed a link" in page
    assert OutgoingEmail.objects.get().to == address
    assert not response.cookies


def test_who_is_signed_in_confirms_no_comment_and_gives_no_address(client: Client) -> None:
    issue = make_published_issue()
    commenter = sign_in(client)
    response = send(client, issue, name="Ada")
    comment = Comment.objects.get()
    assert response["Location"] == f"/comments/mine/?sent#comment-{comment.pk}"
    assert (comment.state, comment.email, comment.commenter) == (
        CommentState.PENDING,
        ADA,
        commenter,
    )
    assert not OutgoingEmail.objects.exists()
    send(client, issue, name="Ada")  # a double click
    assert Comment.objects.count() == 1


def test_without_the_cookie_a_writer_confirms_once_and_not_for_each_comment(client: Client) -> None:
    issue = make_published_issue()
    assert send(client, issue).status_code == 422  # no address
    send(client, issue, email=ADA)
    first = Comment.objects.get()
    assert first.commenter is None
    response = client.post(confirmation_path(first))
    assert COOKIE in response.cookies
    OutgoingEmail.objects.all().delete()
    send(client, issue, body="And another thing.")
    second = Comment.objects.latest("pk")
    assert second.state == CommentState.PENDING
    assert list(Commenter.objects.get().comments.all()) == [first, second]
    assert not OutgoingEmail.objects.exists()


def test_a_confirmation_link_signs_in_once_only(client: Client) -> None:
    send(client, make_published_issue(), email=ADA)
    path = confirmation_path(Comment.objects.get())
    client.post(path)
    assert COOKIE not in Client().post(path).cookies


def test_another_address_than_ones_own_has_to_be_confirmed(client: Client) -> None:
    sign_in(client)
    send(client, make_published_issue(), email="grace@example.org")
    assert Comment.objects.get().state == CommentState.UNCONFIRMED
    assert OutgoingEmail.objects.get().to == "grace@example.org"


def test_comments_of_before_become_their_writers_when_they_sign_in(client: Client) -> None:
    issue = make_published_issue()
    old = make_comment(on=issue, email="Ada@Example.org")
    foreign = make_comment(on=issue, email="eve@example.org")
    forged = make_comment(on=issue, email=ADA, state=CommentState.UNCONFIRMED, confirmed_at=None)
    commenter = sign_in(client)
    assert list(commenter.comments.all()) == [old]
    page = client.get("/comments/mine/").content.decode()
    assert f'id="comment-{old.pk}"' in page
    assert f'id="comment-{foreign.pk}"' not in page
    assert f'id="comment-{forged.pk}"' not in page


@pytest.mark.parametrize("cookie", ["", "1 0", "1:forged", "IjEgMCI:1abcde:forged"])
def test_a_forged_cookie_is_nobodys(client: Client, cookie: str) -> None:
    Commenter.objects.confirmed(ADA)
    client.cookies[COOKIE] = cookie
    assert "Sign in for comments" in client.get("/comments/mine/").content.decode()
    assert client.get("/comments/me/").json() == {"signed_in": False}


def test_signing_out_ends_this_browser_or_all(client: Client) -> None:
    sign_in(client)
    other = Client()
    sign_in(other)
    client.post("/comments/sign-out/")
    assert not client.get("/comments/me/").json()["signed_in"]
    assert other.get("/comments/me/").json()["signed_in"]
    sign_in(client)
    client.post("/comments/sign-out/", {"everywhere": "yes"})
    assert not other.get("/comments/me/").json()["signed_in"]


def test_signing_out_everywhere_ends_links_that_were_not_used_yet(client: Client) -> None:
    commenter = sign_in(client)
    link = sign_in_path(ADA, commenter=commenter)
    client.post("/comments/sign-out/", {"everywhere": "yes"})
    response = Client().post(link)
    assert response.status_code == 410
    assert COOKIE not in response.cookies
    assert COOKIE in Client().post(sign_in_path(ADA, commenter=reread(commenter))).cookies


def reread(commenter: Commenter) -> Commenter:
    return Commenter.objects.get(pk=commenter.pk)


def test_the_cookie_is_gone_with_its_reader(client: Client) -> None:
    sign_in(client).delete()
    assert not client.get("/comments/me/").json()["signed_in"]


def test_public_pages_are_the_same_for_a_reader_who_is_signed_in(client: Client) -> None:
    issue = make_published_issue()
    make_comment(on=issue)
    sign_in(client)
    for path in (issue.get_absolute_url(), f"{issue.get_absolute_url()}?sort=newest"):
        own, others = client.get(path), Client().get(path)
        signature = re.compile(rb'name="began" value="[^"]*"')
        assert signature.sub(b"", own.content) == signature.sub(b"", others.content)
        assert not own.cookies


def test_a_reader_can_only_write_so_many_comments_in_an_hour(client: Client) -> None:
    issue = make_published_issue()
    commenter = sign_in(client)
    Comment.objects.bulk_create(
        Comment(
            issue=issue,
            commenter=commenter,
            body=f"Number {number}",
            email=ADA,
            state=CommentState.PENDING,
            confirmed_at=timezone.now(),
        )
        for number in range(MAX_SIGNED_IN_AN_HOUR)
    )
    response = send(client, issue, body="One more")
    assert response.status_code == 429
    assert "Wait a little" in response.content.decode()
    assert "One more" in response.content.decode()


def test_colleagues_bear_their_own_names_and_a_badge_and_nobody_else_does(client: Client) -> None:
    issue = make_published_issue()
    User.objects.create_user(
        "rita", "rita@news.example.org", first_name="Rita", last_name="Okafor", is_staff=True
    )
    author = make_contributor(name="Noor Haddad", contact="noor@news.example.org")
    for name in ("Rita Okafor", "Rіta Okafor", "Noor Haddad"):  # the second has a Cyrillic і
        assert send(client, issue, name=name, email=ADA).status_code == 422
    sign_in(client, "rita@news.example.org")
    # The address of another does not come with the names of one's own.
    assert send(client, issue, name="Rita Okafor", email=ADA).status_code == 422
    send(client, issue, name="Rita Okafor")
    assert Comment.objects.get().by_staff
    sign_in(client, "noor@news.example.org")
    send(client, issue, name="Noor Haddad", body="I wrote this.")
    comment = Comment.objects.latest("pk")
    assert (comment.contributor, comment.by_staff) == (author, False)
    for each in Comment.objects.all():
        each.approve(by=None, at=timezone.now())
    page = client.get(issue.get_absolute_url()).content.decode()
    assert '<span class="tag">Staff</span>' in page
    assert '<span class="tag">Author</span>' in page
