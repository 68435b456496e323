"""Pausing: nothing comes until a day, in words; then everything goes on by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.preferences import pauses
from subscribers.sending import dispatches
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.subscribers.sending import sending_setup
from tests.subscribers.subscriber_lives import owner_link

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def in_days(number: int) -> str:
    return (timezone.now() + timedelta(days=number)).date().isoformat()


def reload(subscriber: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=subscriber.pk)


def test_the_owner_pauses_and_is_told_until_when_in_words(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    link = owner_link(reader.subscriber)
    year = timezone.now().year + 1
    until = date(year, 1, 2) if timezone.now().month > 1 else date(year - 1, 12, 2)
    page = client.post(link, {"pause": "1", "until": until.isoformat()}).content.decode()
    words = f"{until:%A} {until.day} {until:%B} {until.year}"
    assert f"Nothing comes until {words}. Then it goes on by itself." in page
    assert f"Paused until {words}" in client.get(link).content.decode()
    assert not Subscription.objects.mailable().exists()
    assert reader in Subscription.objects.active()
    assert not ConsentRecord.objects.exists()


def test_a_pause_ends_by_itself_and_by_the_owners_word(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    now = timezone.now()
    ended = {"paused_at": now - timedelta(days=9), "paused_until": now - timedelta(seconds=1)}
    Subscriber.objects.update(**ended)
    assert reader in Subscription.objects.mailable()
    link = owner_link(reader.subscriber)
    assert "Paused until" not in client.get(link).content.decode()
    client.post(link, {"pause": "1", "until": in_days(5)})
    assert reader not in Subscription.objects.mailable()
    page = client.post(link, {"go-on": "1"}).content.decode()
    assert "The pause is over" in page
    assert reader in Subscription.objects.mailable()


def test_the_day_begins_where_the_briefings_are_made() -> None:
    reader = make_reader(of=make_briefing(time_zone="Pacific/Auckland")).subscriber
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)  # the 23rd in Auckland
    assert pauses.first_day(reader, at=noon) == date(2026, 11, 24)
    pauses.pause(reader, until=date(2026, 11, 24), at=noon)
    assert reader.paused_until == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert pauses.paused_until(reader, at=noon) == date(2026, 11, 24)
    assert pauses.paused_until(reader, at=noon + timedelta(hours=23)) is None


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (in_days(0), "Choose a day after today."),
        (in_days(-30), "Choose a day after today."),
        (in_days(367), "A pause lasts for a year at most."),
        ("9999-12-31", "A pause lasts for a year at most."),
        ("", "Choose the day on which letters begin again."),
        ("soon", "This is no day."),
        ("2026-02-30", "This is no day."),
        ("a\0b", "This is no day."),
    ],
)
@pytest.mark.parametrize("who", ["owner", "holder"])
def test_a_day_that_will_not_do_is_told(client: Client, who: str, until: str, words: str) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = owner_link(reader) if who == "owner" else f"/preferences/{reader.token}/"
    answer = client.post(path, {"pause": "1", "until": until})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'id="id_until_error"' in answer.content.decode()
    assert reload(reader).paused_until is None


def test_a_year_is_the_longest_and_british_dates_are_read(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    last = pauses.last_day(reader, at=timezone.now())
    assert 364 <= (last - timezone.now().date()).days <= 366
    answer = client.post(owner_link(reader), {"pause": "1", "until": f"{last:%d/%m/%Y}"})
    assert answer.status_code == 200
    assert pauses.paused_until(reload(reader), at=timezone.now()) == last


def test_a_letters_holder_may_pause_but_neither_lengthen_nor_end_it(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = f"/preferences/{reader.token}/"
    page = client.post(path, {"pause": "1", "until": in_days(10)}).content.decode()
    assert "Nothing comes until" in page
    assert ADA not in page
    paused = reload(reader).paused_until
    for attempt in ({"go-on": "1"}, {"pause": "1", "until": in_days(200)}):
        assert client.post(path, attempt).status_code == 200
    assert reload(reader).paused_until == paused
    assert "to end the pause" in client.get(path).content.decode()


def test_the_database_refuses_a_pause_without_its_beginning() -> None:
    now = timezone.now()
    reader = make_reader(of=make_briefing()).subscriber
    for pair in ((None, now), (now, None), (now, now)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Subscriber.objects.update(paused_at=pair[0], paused_until=pair[1])
    assert reload(reader).paused_until is None


def test_a_paused_reader_is_neither_filled_in_nor_sent_what_was_filled_before() -> None:
    briefing = make_briefing()
    away, home = make_reader(of=briefing).subscriber, make_reader(of=briefing).subscriber
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    pauses.pause(away, until=timezone.now().date() + timedelta(days=3), at=timezone.now())
    leased = sending_setup.take(dispatch)
    assert leased is not None
    assert [reader.subscriber for reader in leased.recipients] == [home.pk]
    again = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(again, at=timezone.now())
    assert list(again.deliveries.values_list("subscriber", flat=True)) == [home.pk]
