"""Pausing: no issues until a day, then they resume."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from newsroom.duration_words import in_words
from newsroom.email_addresses import masked_address
from subscribers.models import ConsentRecord, Subscriber, Subscription
from subscribers.models.subscriber import MAX_PAUSE_BY_EMAIL_LINK
from subscribers.sending import dispatches
from tests.factories import make_briefing, make_dispatch, make_reader, make_scheduled_issue
from tests.sent_emails import emails_sent
from tests.subscribers.sending import sending_setup
from tests.subscribers.subscriber_lives import owner_link

pytestmark = pytest.mark.django_db
ADA = "ada@example.org"


def in_days(number: int) -> str:
    return (timezone.now() + timedelta(days=number)).date().isoformat()


def reload(subscriber: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=subscriber.pk)


def test_the_owner_pauses_and_sees_the_day(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    link = owner_link(reader.subscriber)
    year = timezone.now().year + 1
    until = date(year, 1, 2) if timezone.now().month > 1 else date(year - 1, 12, 2)
    page = client.post(link, {"pause": "1", "until": until.isoformat()}).content.decode()
    words = f"{until:%A} {until.day} {until:%B} {until.year}"
    for shown in (page, client.get(link).content.decode()):
        assert f"They resume on {words}." in shown
        assert (shown.count("paused"), shown.count(words)) == (1, 1)  # said once, and not again
    assert not Subscription.objects.mailable().exists()
    assert reader in Subscription.objects.active()
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize("who", ["owner", "whoever has an email"])
def test_one_button_pauses_until_a_day_that_it_names(client: Client, who: str) -> None:
    subscriber = make_reader(of=make_briefing(), email=ADA).subscriber
    is_owner = who == "owner"
    link = owner_link(subscriber) if is_owner else f"/preferences/{subscriber.token}/"
    page = client.get(link).content.decode()
    offered = re.findall(r'name="until" value="([\d-]+)"><button[^>]*>([^<]+)', page)
    names = ["For 28 days", "For 90 days"] if is_owner else ["For 28 days"]
    assert [words.partition(",")[0] for _, words in offered] == names
    value, words = offered[-1]
    day = date.fromisoformat(value)
    written = f"{day:%A} {day.day} {day:%B} {day.year}"
    assert words.endswith(f"until {written}")
    assert (
        f"They resume on {written}"
        in client.post(link, {"pause": "1", "until": value}).content.decode()
    )


def test_a_pause_ends_by_itself_or_when_the_owner_resumes(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA)
    now = timezone.now()
    ended = {"paused_at": now - timedelta(days=9), "paused_until": now - timedelta(seconds=1)}
    Subscriber.objects.update(**ended)
    assert reader in Subscription.objects.mailable()
    link = owner_link(reader.subscriber)
    assert "Your emails are paused" not in client.get(link).content.decode()
    client.post(link, {"pause": "1", "until": in_days(5)})
    assert reader not in Subscription.objects.mailable()
    page = client.post(link, {"resume": "1"}).content.decode()
    assert "Your emails have resumed" in page
    assert reader in Subscription.objects.mailable()


def test_the_day_begins_in_the_time_zone_of_the_briefing() -> None:
    reader = make_reader(of=make_briefing(time_zone="Pacific/Auckland")).subscriber
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)  # the 23rd in Auckland
    assert reader.earliest_pause_end(at=noon) == date(2026, 11, 24)
    reader.pause(until=date(2026, 11, 24), at=noon)
    assert reader.paused_until == datetime(2026, 11, 23, 11, tzinfo=UTC)
    assert reader.resumes_on(at=noon) == date(2026, 11, 24)
    assert reader.resumes_on(at=noon + timedelta(hours=23)) is None


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (in_days(0), "Choose a date after today."),
        (in_days(-30), "Choose a date after today."),
        (in_days(367), "ou can pause for up to "),
        ("9999-12-31", "ou can pause for up to "),
        ("", "Enter the day on which your emails should resume."),
        ("soon", "Enter a real date"),
        ("2026-02-30", "Enter a real date"),
        ("a\0b", "Enter a real date"),
    ],
)
@pytest.mark.parametrize("who", ["owner", "holder"])
def test_an_invalid_day_is_refused(client: Client, who: str, until: str, words: str) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = owner_link(reader) if who == "owner" else f"/preferences/{reader.token}/"
    answer = client.post(path, {"pause": "1", "until": until})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'id="id_until_error"' in answer.content.decode()
    assert reload(reader).paused_until is None


def test_a_pause_lasts_up_to_a_year_and_british_dates_are_read(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    last = reader.latest_pause_end(at=timezone.now())
    assert 364 <= (last - timezone.now().date()).days <= 366
    answer = client.post(owner_link(reader), {"pause": "1", "until": f"{last:%d/%m/%Y}"})
    assert answer.status_code == 200
    assert reload(reader).resumes_on(at=timezone.now()) == last


def test_the_link_in_every_email_can_start_a_pause_but_not_extend_or_end_it(client: Client) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = f"/preferences/{reader.token}/"
    page = client.post(path, {"pause": "1", "until": in_days(10)}).content.decode()
    assert page.count("Your emails are paused") == page.count("They resume on") == 1
    assert f"We have emailed {masked_address(ADA)} a link to undo this." in page
    assert ADA not in page
    paused = reload(reader).paused_until
    for attempt in ({"resume": "1"}, {"pause": "1", "until": in_days(20)}):
        assert client.post(path, attempt).status_code == 200
    assert reload(reader).paused_until == paused
    assert "resume your emails now" in client.get(path).content.decode()


@pytest.mark.parametrize("days", [32, 90, 360])
def test_the_link_in_every_email_pauses_for_30_days_at_most(client: Client, days: int) -> None:
    reader = make_reader(of=make_briefing(), email=ADA).subscriber
    path = f"/preferences/{reader.token}/"
    answer = client.post(path, {"pause": "1", "until": in_days(days)})
    assert answer.status_code == 422
    longest = in_words(MAX_PAUSE_BY_EMAIL_LINK)
    assert f"With this link you can pause for up to {longest}." in answer.content.decode()
    assert reload(reader).paused_until is None
    assert not emails_sent()
    last = reader.latest_pause_end(at=timezone.now(), longest=MAX_PAUSE_BY_EMAIL_LINK)
    assert f'max="{last.isoformat()}"' in client.get(path).content.decode()
    assert client.post(path, {"pause": "1", "until": last.isoformat()}).status_code == 200
    assert reload(reader).resumes_on(at=timezone.now()) == last


def test_the_database_refuses_an_incomplete_pause() -> None:
    now = timezone.now()
    reader = make_reader(of=make_briefing()).subscriber
    for pair in ((None, now), (now, None), (now, now)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Subscriber.objects.update(paused_at=pair[0], paused_until=pair[1])
    assert reload(reader).paused_until is None


def test_a_paused_subscriber_gets_neither_new_nor_waiting_deliveries() -> None:
    briefing = make_briefing()
    away, home = make_reader(of=briefing).subscriber, make_reader(of=briefing).subscriber
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(dispatch, at=timezone.now())
    away.pause(until=timezone.now().date() + timedelta(days=3), at=timezone.now())
    leased = sending_setup.take(dispatch)
    assert leased is not None
    assert [reader.subscriber for reader in leased.recipients] == [home.pk]
    again = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    dispatches.start(again, at=timezone.now())
    assert list(again.deliveries.values_list("subscriber", flat=True)) == [home.pk]
