"""Staff see bounces and complaints, and how many readers of an issue complained."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from newsroom.models import AuditLogEntry
from subscribers.bounces.staff_suppression import (
    AlreadySuppressed,
    WhyMissing,
    check_not_suppressed,
    lift,
    suppress_by_staff,
)
from subscribers.models import BounceEvent, Delivery, DeliveryState, Suppression
from subscribers.sending.complaint_rate import ComplaintRate
from tests.factories import make_briefing, make_dispatch, make_reader
from tests.subscribers.bounces.reports.bounce_factories import (
    bounce_address,
    make_sent_delivery,
    process,
    send_all,
    write_bounce,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("complained", "arrived", "level"),
    [
        (0, 0, ""),
        (0, 5000, ""),
        (4, 5000, ""),
        (5, 5000, "warn"),
        (14, 5000, "warn"),
        (15, 5000, "alarm"),
    ],
)
def test_complaints_warn_from_a_thousandth_and_alarm_from_three(
    complained: int, arrived: int, level: str
) -> None:
    rate = ComplaintRate(complained=complained, arrived=arrived)
    assert rate.level == level
    assert bool(rate.description) == bool(complained)


def test_a_dispatch_shows_its_complaints(admin_client: Client) -> None:
    briefing = make_briefing()
    for _ in range(3):
        make_reader(of=briefing)
    deliveries = send_all(make_dispatch(briefing=briefing))
    page = reverse("admin:subscribers_dispatch_change", args=[deliveries[0].dispatch_id])
    assert "reported this issue as spam" not in admin_client.get(page).content.decode()
    Delivery.objects.filter(pk=deliveries[0].pk).update(state=DeliveryState.COMPLAINED)
    shown = admin_client.get(page).content.decode()
    assert "1 of 3 subscribers reported this issue as spam (33.33%)" in shown
    assert "Too many complaints." in shown


def test_events_are_listed_and_shown_but_cannot_be_changed(admin_client: Client) -> None:
    delivery = make_sent_delivery()
    process(write_bounce(to=bounce_address(delivery)))
    event = BounceEvent.objects.get()
    changelist = reverse("admin:subscribers_bounceevent_changelist")
    for query in (
        "",
        "?q=ivy%40ward.example",
        f"?classification__exact=hard&dispatch={delivery.dispatch_id}",
    ):
        assert "ivy@ward.example" in admin_client.get(changelist + query).content.decode(), query
    assert "ivy@ward.example" not in admin_client.get(changelist + "?q=tom").content.decode()
    page = reverse("admin:subscribers_bounceevent_change", args=[event.pk])
    assert "550 5.1.1 no such mailbox" in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"classification": "soft"}).status_code == 403
    reader = reverse("admin:subscribers_subscriber_change", args=[event.subscriber_id])
    assert "Address suppressed" in admin_client.get(reader).content.decode()


def test_whoever_lifts_a_complaint_says_why_wherever_they_do_it() -> None:
    complaint = Suppression.objects.create(address_hash="a" * 64, reason="complained")
    for nothing in ("", "  \n"):
        with pytest.raises(WhyMissing):
            lift(complaint, by=None, why=nothing)
    assert Suppression.objects.exists()
    lift(complaint, by=None, why=" They  asked\nus. ")
    assert not Suppression.objects.exists()
    assert AuditLogEntry.objects.get(verb="lifted").detail["why"] == "They asked us."


def test_other_suppressions_are_lifted_without_a_reason() -> None:
    lift(Suppression.objects.create(address_hash="a" * 64, reason="bounced"), by=None)
    assert not Suppression.objects.exists()


def test_an_address_is_suppressed_once() -> None:
    suppress_by_staff("ivy@ward.example", Suppression(detail="asked by phone"), by=None)
    assert Suppression.objects.get().reason == "staff"
    with pytest.raises(AlreadySuppressed, match="already suppressed: Added by staff"):
        check_not_suppressed("IVY@ward.example")
    assert AuditLogEntry.objects.filter(verb="suppressed").count() == 1
