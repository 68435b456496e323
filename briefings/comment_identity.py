"""Who is signed in for comments: a signed cookie, on the addresses of comments only.

Readers have no accounts. Whoever opens a link in an email to their address and uses the button
there is the owner of the address. Public pages are the same for everybody, so they never see the
cookie: it matters where a comment is sent, and on the reader's own pages.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from briefings.models import Comment, CommentState
from briefings.models.commenter import Commenter
from newsroom.email_addresses import address_key
from newsroom.emails import AlreadyQueued, Once, queue_email_in_constant_time
from newsroom.tokens import sign_value, verify_value

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

COOKIE = "comments"
COOKIE_PATH = "/comments/"
SIGNED_IN_FOR = timedelta(days=90)
SIGN_IN_LINK_VALID_FOR = timedelta(hours=24)
SIGN_IN_EMAIL_INTERVAL = timedelta(minutes=5)
_COOKIE_PURPOSE = "comments cookie"
_LINK_PURPOSE = "comments sign-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """What a link that signs in says: whose it is, and what they wanted to recommend."""

    commenter: Commenter | None  # None for somebody who has not signed in yet
    address: str
    recommends: int | None
    is_used: bool


def signed_in(request: HttpRequest) -> Commenter | None:
    """Return who is signed in for comments in this browser; None for nobody."""
    cookie = request.COOKIES.get(COOKIE, "")
    max_age = int(SIGNED_IN_FOR.total_seconds())
    pk, _, session = (verify_value(_COOKIE_PURPOSE, cookie, max_age=max_age) or "").partition(" ")
    return Commenter.objects.filter(pk=pk, session=session).first() if session else None


def sign_in(response: HttpResponse, commenter: Commenter) -> None:
    """Have the browser that gets this response signed in."""
    response.set_cookie(
        COOKIE,
        sign_value(_COOKIE_PURPOSE, f"{commenter.pk} {commenter.session}"),
        max_age=SIGNED_IN_FOR,
        path=COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def sign_out(response: HttpResponse) -> None:
    """Have the browser that gets this response signed out."""
    response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Lax")


def email_sign_in_link(address: str, *, recommends: Comment | None = None) -> None:
    """Email a link that signs in, to any address: nobody learns whether we know it.

    An address gets one such email within SIGN_IN_EMAIL_INTERVAL for each comment that its owner
    wants to recommend, and one for none.
    """
    commenter = Commenter.objects.at_address(address).first()
    wanted = f"{address_key(address)} {recommends.pk if recommends else 0}"
    with suppress(AlreadyQueued), transaction.atomic():
        queue_email_in_constant_time(
            "comments_link",
            to=address,
            context={
                "link": settings.SITE_URL
                + sign_in_path(address, commenter=commenter, recommends=recommends),
                "valid_for": SIGN_IN_LINK_VALID_FOR,
                "signed_in_for": SIGNED_IN_FOR,
            },
            language=_language(commenter, recommends),
            once=Once(key=wanted, within=SIGN_IN_EMAIL_INTERVAL, at=timezone.now()),
        )


def _language(commenter: Commenter | None, recommends: Comment | None) -> str:
    """Return the language of an email about signing in: the comment's, or the reader's own."""
    if recommends:
        return recommends.issue.briefing.language
    return (commenter or Commenter(pk=0)).language  # as many queries for an unknown address


def sign_in_path(
    address: str, *, commenter: Commenter | None = None, recommends: Comment | None = None
) -> str:
    """Return the path of the page that signs in the owner of an address, once."""
    value = f"{_last_sign_in(commenter)} {recommends.pk if recommends else 0} {address}"
    return reverse("briefings:comments_sign_in_link", args=[sign_value(_LINK_PURPOSE, value)])


def read_sign_in_link(token: str) -> SignInLink | None:
    """Return what a link says; None if it is forged or too old."""
    max_age = int(SIGN_IN_LINK_VALID_FOR.total_seconds())
    value = verify_value(_LINK_PURPOSE, token, max_age=max_age)
    if value is None:
        return None
    last_sign_in, recommends, address = value.split(" ", 2)
    commenter = Commenter.objects.at_address(address).first()
    return SignInLink(
        commenter=commenter,
        address=address,
        recommends=int(recommends) or None,
        is_used=last_sign_in != _last_sign_in(commenter),
    )


def confirm_commenter(address: str, *, at: datetime) -> Commenter:
    """Return the commenter with an address that its owner has just confirmed.

    The comments that they confirmed before, or sent by email, become theirs.
    """
    commenter = Commenter.objects.confirmed(address)
    commenter.note_sign_in(at=at)
    _take_over_earlier_comments(commenter)
    return commenter


def use_sign_in_link(link: SignInLink, *, at: datetime) -> Commenter | None:
    """Sign in with a link; None if it was used meanwhile."""
    with transaction.atomic():
        commenter = link.commenter or Commenter.objects.confirmed(link.address)
        if link.is_used or not commenter.note_sign_in(at=at):
            return None
        _take_over_earlier_comments(commenter)
    return commenter


def _take_over_earlier_comments(commenter: Commenter) -> None:
    earlier = Comment.objects.from_address(commenter.address).filter(commenter=None)
    earlier.exclude(state=CommentState.UNCONFIRMED).update(commenter=commenter)


def _last_sign_in(commenter: Commenter | None) -> str:
    """Return what changes with each sign-in, and when somebody signs out everywhere."""
    at = commenter.signed_in_at if commenter else None
    session = f"/{commenter.session}" if commenter and commenter.session else ""
    return f"{at.timestamp():.6f}{session}" if at else f"0{session}"
