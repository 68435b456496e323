"""A form that is sent twice at once makes one email, whichever form it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from briefings.models import Comment, Remark
from briefings.preview_links import make_link
from newsroom.emails import AlreadyQueued, Once, queue_email
from newsroom.models import OutgoingEmail
from newsroom.tokens import sign_id
from subscribers.preferences.access_links import owner_link
from subscribers.sending import dispatches
from subscribers.sending.personalised_email import COMMENTS_PURPOSE
from tests.briefings.admin_client import make_staff
from tests.factories import (
    make_briefing,
    make_contributor,
    make_dispatch,
    make_issue,
    make_published_issue,
    make_reader,
    make_scheduled_issue,
)

NOW = timezone.now()
ADA = "ada@example.org"
Form = tuple[str, dict[str, str]]


def contact() -> Form:
    rosa = make_contributor(name="Rosa Meyer", contact="rosa@newsroom.example")
    fields = {"message": "The bus is back.", "email": ADA, "quoting": "no"}
    return f"{rosa.get_absolute_url()}contact/", fields


def comment() -> Form:
    issue = make_published_issue()
    where = f"/comments/on/{issue.briefing.slug}/{issue.number}/"
    return where, {"body": "Our ward is shut.", "email": ADA}


def comments_link() -> Form:
    return "/comments/sign-in/", {"email": ADA}


def preferences_link() -> Form:
    make_reader(of=make_briefing(), email=ADA)
    return "/preferences/", {"address": ADA}


def sign_up() -> Form:
    return f"/subscribe/{make_briefing().slug}/", {"address": ADA}


def password_reset() -> Form:
    user = make_staff(email=ADA)
    user.set_password("a password")
    user.save()
    return "/admin/password-reset/", {"email": ADA}


def pause() -> Form:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    until = (timezone.now() + timedelta(days=9)).date()
    return f"/preferences/{reader.token}/", {"pause": "yes", "until": until.isoformat()}


def address_change() -> Form:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = owner_link(reader).partition(".com")[2]
    return path, {"change-address": "yes", "address": "ada@example.net"}


def comments_from_email() -> Form:
    briefing = make_briefing()
    make_reader(of=briefing, email=ADA)
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    delivery = dispatch.deliveries.get()
    return f"/comments/from-email/{sign_id(COMMENTS_PURPOSE, delivery.pk)}/", {}


def guest() -> Form:
    account = make_staff("Editors", email="rosa@newsroom.example")
    issue = make_issue(author=make_contributor(account=account))
    link = make_link(issue, by=None, at=timezone.now())
    fields = {"act": "remarks", "name": "Gustav", "version": str(issue.version)}
    return link.get_absolute_url(), {**fields, "remark_0": "Nine beds, not ten."}


FORMS: list[Callable[[], Form]] = [
    *(contact, comment, comments_link, preferences_link, sign_up, password_reset),
    *(pause, address_change, comments_from_email, guest),
]
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form.__name__))


def queued() -> Counter[tuple[str, str]]:
    return Counter(OutgoingEmail.objects.values_list("name", "to"))


@pytest.mark.django_db
@each_form
def test_the_second_click_makes_no_email_although_the_first_one_is_sent_already(
    form: Callable[[], Form],
) -> None:
    """Nor if what the cache knew is lost meanwhile."""
    path, fields = form()
    assert Client().post(path, fields).status_code < 400
    assert set(queued().values()) == {1}
    OutgoingEmail.objects.all().delete()  # as a worker does once it has sent them
    cache.clear()
    assert Client().post(path, fields).status_code < 400
    assert not queued()
    assert Comment.objects.count() <= 1
    assert Remark.objects.count() <= 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@each_form
def test_two_clicks_at_the_same_moment_make_one_email(form: Callable[[], Form]) -> None:
    path, fields = form()
    start = Barrier(2)
    statuses: list[int] = []

    def click() -> None:
        start.wait(timeout=60)
        try:
            statuses.append(Client().post(path, fields).status_code)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(statuses) == 2
    assert max(statuses) < 400
    assert set(queued().values()) == {1}
    assert Comment.objects.count() <= 1
    assert Remark.objects.count() <= 1


def queue(key: str, *, at_minute: int = 0) -> None:
    with transaction.atomic():
        at = NOW + timedelta(minutes=at_minute)
        once = Once(key=key, within=timedelta(minutes=5), at=at)
        context = {"link": "http://news.example.com/", "valid_for": timedelta(days=1)}
        queue_email("preferences_link", to=ADA, context=context, once=once)


@pytest.mark.django_db
def test_the_same_email_may_be_queued_again_after_its_time() -> None:
    queue("one")
    queue("another")
    with pytest.raises(AlreadyQueued):
        queue("one", at_minute=4)
    queue("one", at_minute=5)
    with pytest.raises(AlreadyQueued):
        queue("one", at_minute=9)
    assert OutgoingEmail.objects.count() == 3


@pytest.mark.django_db
def test_an_email_that_was_not_stored_is_not_taken_for_queued() -> None:
    with transaction.atomic():
        queue("one")
        transaction.set_rollback(True)
    queue("one")
    assert OutgoingEmail.objects.count() == 1
