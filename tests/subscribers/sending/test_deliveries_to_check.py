"""Staff find the emails that were not sent, download them, and try refused ones again."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from newsroom.models import AuditLogEntry
from newsroom.transitions import TransitionRefused
from subscribers.models import (
    Delivery,
    DeliveryState,
    Dispatch,
    DispatchState,
    Subscription,
    Suppression,
)
from subscribers.sending import delivery_list, ledger
from subscribers.sending.delivery_list import (
    DeliveryChoice,
    DeliveryFilters,
    count_reasons,
    find_deliveries,
    page_after,
    reason_of,
)
from tests.briefings.admin_client import messages_of, staff_client
from tests.factories import make_reader
from tests.subscribers.sending.sending_setup import make_sending, take

if TYPE_CHECKING:
    from tests.briefings.admin_client import Page

pytestmark = pytest.mark.django_db
BLOCKED = "550 5.7.1 message from r{}@example.com refused: see our policy"


def make_refused(*replies: str) -> Dispatch:
    """Make a dispatch that is sent, with an email refused for each reply and one more accepted."""
    dispatch = make_sending(readers=len(replies) + 1)
    dispatch.deliveries.update(state=DeliveryState.SENT, settled_at=timezone.now(), tries=1)
    for number, reply in enumerate(replies):
        refuse(dispatch, number, reply)
    assert ledger.finish_if_settled(dispatch)
    return dispatch


def refuse(dispatch: Dispatch, number: int, reply: str) -> None:
    delivery = dispatch.deliveries.filter(subscriber__address__startswith=f"r{number}@")
    delivery.update(state=DeliveryState.REFUSED, server_reply=reply.format(number))


def states_of(dispatch: Dispatch) -> list[str]:
    found = dispatch.deliveries.order_by("subscriber_id").values_list("state", flat=True)
    return [DeliveryState(state).label for state in found]


def address_of(name: str, dispatch: Dispatch) -> str:
    return reverse(f"admin:subscribers_dispatch_{name}", args=[dispatch.pk])


def retry(dispatch: Dispatch, **chosen: object) -> Page:
    page: Page = staff_client("Editors").post(address_of("retry", dispatch), chosen, follow=True)
    return page


def test_one_refused_email_is_tried_again() -> None:
    dispatch = make_refused(BLOCKED, BLOCKED)
    delivery = dispatch.deliveries.order_by("subscriber_id")[0]

    page = retry(dispatch, delivery=[delivery.pk])

    assert "1 email again" in messages_of(page)
    assert states_of(dispatch) == ["pending", "refused", "sent"]
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENDING
    assert dispatch.finished_at is None
    leased = take(dispatch)
    assert leased is not None
    assert [one.delivery for one in leased.recipients] == [delivery.pk]
    assert leased.recipients[0].tries == 0
    entry = AuditLogEntry.objects.on(dispatch).get(verb="tried refused emails again")
    assert entry.detail == {"emails": 1}


def test_all_of_one_reason_are_tried_again() -> None:
    dispatch = make_refused(BLOCKED, "550 5.1.1 no such user", BLOCKED, "550 5.7.15 other policy")

    page = retry(dispatch, state="refused", reason="550 5.7.1", all="1")

    assert "2 emails again" in messages_of(page)
    assert states_of(dispatch) == ["pending", "refused", "pending", "refused", "sent"]
    entry = AuditLogEntry.objects.on(dispatch).get(verb="tried refused emails again")
    assert entry.detail == {"emails": 2, "reason": "550 5.7.1"}


def test_two_clicks_at_once_try_each_email_once() -> None:
    dispatch = make_refused(BLOCKED)
    delivery = dispatch.deliveries.order_by("subscriber_id")[0]
    retry(dispatch, delivery=[delivery.pk])
    page = retry(dispatch, delivery=[delivery.pk])

    assert "nothing to try again" in messages_of(page)
    assert AuditLogEntry.objects.on(dispatch).filter(verb__startswith="tried").count() == 1


@pytest.mark.parametrize("state", sorted({*DeliveryState} - {DeliveryState.REFUSED}))
def test_nothing_but_a_refused_email_is_tried_again(state: DeliveryState) -> None:
    dispatch = make_refused(BLOCKED)
    lease = dispatch.leases.create(
        holder="a test",
        size=1,
        first=1,
        last=1,
        expires_at=timezone.now(),
        closed_at=timezone.now(),
    )
    chosen = dispatch.deliveries.filter(state=DeliveryState.REFUSED)
    key = chosen.get().pk
    chosen.update(state=state, lease=lease)

    assert "nothing to try again" in messages_of(retry(dispatch, delivery=[key]))
    assert Delivery.objects.get(pk=key).state == state
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.SENT


def test_who_left_or_is_suppressed_is_not_tried_again() -> None:
    dispatch = make_refused(BLOCKED, BLOCKED, BLOCKED)
    left, suppressed, _, _ = Subscription.objects.order_by("subscriber_id")
    Subscription.objects.filter(pk=left.pk).update(state="left", unsubscribed_at=timezone.now())
    Suppression.objects.create(
        address_hash=suppressed.subscriber.address_hash, reason="hard", at=timezone.now()
    )

    retry(dispatch, state="refused", reason="550 5.7.1", all="1")

    assert states_of(dispatch) == ["refused", "refused", "pending", "sent"]


def test_an_email_of_another_dispatch_is_not_tried_again() -> None:
    dispatch = make_refused(BLOCKED)
    other = make_sending(readers=0, briefing=dispatch.issue.briefing)
    other.deliveries.update(state=DeliveryState.REFUSED, server_reply="550 5.7.1 no")
    retry(dispatch, delivery=list(other.deliveries.values_list("pk", flat=True)))
    assert "pending" not in states_of(other)


@pytest.mark.parametrize("state", ["cancelled", "held"])
def test_a_dispatch_that_sends_nothing_more_tries_nothing_again(state: str) -> None:
    dispatch = make_refused(BLOCKED)
    Dispatch.objects.filter(pk=dispatch.pk).update(state=state)
    delivery = dispatch.deliveries.get(state=DeliveryState.REFUSED)

    assert "sends nothing more" in messages_of(retry(dispatch, delivery=[delivery.pk]))
    assert states_of(dispatch) == ["refused", "sent"]
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.UNKNOWN)
    with pytest.raises(TransitionRefused):
        ledger.resend(delivery, by=None)


def test_an_email_that_is_tried_again_has_time() -> None:
    dispatch = make_refused(BLOCKED)
    Dispatch.objects.filter(pk=dispatch.pk).update(deadline=timezone.now())
    retry(dispatch, state="refused", reason="550 5.7.1", all="1")
    dispatch.refresh_from_db()
    assert (dispatch.deadline - timezone.now()).total_seconds() > 47 * 3600


def test_who_may_not_send_tries_nothing_again() -> None:
    dispatch = make_refused(BLOCKED)
    client = staff_client("Reporters", may=("view_dispatch",))
    key = dispatch.deliveries.get(state=DeliveryState.REFUSED).pk
    assert client.post(address_of("retry", dispatch), {"delivery": key}).status_code == 403
    assert "Try the ticked" not in client.get(address_of("deliveries", dispatch)).content.decode()


# --- the list


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 <ann@example.com>: no such user", "550 5.1.1"),
        ("550-5.7.515 access denied", "550-5.7.515"),
        ("550 5.7.515", "550 5.7.515"),
        ("550 no such user", "550"),
        ("554", "554"),
        ("Rejected by the provider", "Rejected by t"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_the_reason_is_the_code_of_the_reply(reply: str | None, reason: str) -> None:
    assert reason_of(reply) == reason


def test_reasons_are_counted_and_find_their_emails() -> None:
    replies = [
        "550 5.1.1 <a@example.com> unknown",
        "550 5.1.1 <b@example.com> unknown",
        "550 5.1.10 not here",
        "550 nobody here",
        "550",
        "Rejected by the provider: 50% of 'us'",
    ]
    dispatch = make_refused(*replies)
    dispatch.deliveries.filter(server_reply="550").update(server_reply=None)

    reasons = count_reasons(dispatch, DeliveryChoice.REFUSED)

    assert [(reason.key, reason.emails) for reason in reasons] == [
        ("550 5.1.1", 2),
        ("550", 1),
        ("550 5.1.10", 1),
        ("Rejected by t", 1),
        ("none", 1),
    ]
    for reason in reasons:
        filters = DeliveryFilters(choice=DeliveryChoice.REFUSED, reason=reason.key)
        assert find_deliveries(dispatch, filters).count() == reason.emails, reason


def test_the_list_is_filtered_by_state_and_domain() -> None:
    dispatch = make_refused(BLOCKED, BLOCKED)
    make_reader(of=dispatch.issue.briefing, email="ivy@Other.example")
    ledger.fill(dispatch)
    unknown = dispatch.deliveries.filter(subscriber__address__startswith="r1@")
    unknown.update(state=DeliveryState.UNKNOWN)

    def found(choice: str, domain: str = "") -> list[str]:
        filters = DeliveryFilters(choice=DeliveryChoice(choice), domain=domain)
        deliveries = find_deliveries(dispatch, filters).select_related("subscriber")
        return [delivery.subscriber.address.lower() for delivery in deliveries]

    assert found("open") == ["r0@example.com", "r1@example.com", "ivy@other.example"]
    assert found("refused") == ["r0@example.com"]
    assert found("unknown") == ["r1@example.com"]
    assert found("unsettled") == ["ivy@other.example"]
    assert found("open", "other.example") == ["ivy@other.example"]
    assert found("open", "example") == []


def test_a_long_list_has_pages_that_leave_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_list, "PER_PAGE", 3)
    dispatch = make_refused(*[BLOCKED] * 7)
    filters, after, seen = DeliveryFilters(), 0, []
    for _ in range(3):
        rows, next_after = page_after(dispatch, filters, after=after)
        seen += [row.pk for row in rows]
        after = next_after or 0
    assert after == 0
    refused = dispatch.deliveries.filter(state=DeliveryState.REFUSED)
    assert seen == list(refused.order_by("subscriber_id").values_list("pk", flat=True))

    page = staff_client("Editors").get(address_of("deliveries", dispatch)).content.decode()
    assert "Next page" in page


def test_a_reason_by_hand_does_not_search_replies_for_an_address() -> None:
    dispatch = make_refused("550 <r0@example.com> is unknown")
    url = address_of("deliveries", dispatch)
    for guess in ("550 <r0@e", "550 <zz@e"):
        page = staff_client("Editors").get(url, {"state": "refused", "reason": guess})
        assert len(page.context["rows"]) == 1


def test_the_page_lists_what_was_not_sent() -> None:
    dispatch = make_refused(BLOCKED, "550 5.1.1 <script>alert(1)</script>")
    page = staff_client("Editors").get(address_of("deliveries", dispatch)).content.decode()

    assert "r0@example.com" in page
    assert "r2@example.com" not in page
    assert "550 5.7.1" in page
    assert "<script>alert" not in page
    for wrong in ("?state=x&after=y", "?reason=%00", "?domain=%00%25", "?after=99999999999999999"):
        url = address_of("deliveries", dispatch) + wrong
        assert staff_client("Editors").get(url).status_code == 200


def test_who_may_not_see_addresses_sees_domains_and_downloads_nothing() -> None:
    dispatch = make_refused(BLOCKED, "r{}@example.com is unknown here")
    client = staff_client(may=("view_dispatch",))
    page = client.get(address_of("deliveries", dispatch)).content.decode()

    assert "…@example.com" in page
    assert "r0@" not in page
    assert "r1%40" not in page
    assert "r1@" not in page
    assert "Download" not in page
    assert client.get(address_of("deliveries_csv", dispatch)).status_code == 403


def test_the_list_is_downloaded_as_csv_and_the_download_is_logged() -> None:
    dispatch = make_refused("550 5.1.1 no", "=1+1 as a reply")
    response = staff_client("Editors").get(
        address_of("deliveries_csv", dispatch), {"state": "refused"}
    )

    assert response.streaming
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # it streams
    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == ["address", "state", "server_reply", "tries", "settled_at"]
    assert [row[:4] for row in rows[1:]] == [
        ["r0@example.com", "refused", "550 5.1.1 no", "1"],
        ["r1@example.com", "refused", "'=1+1 as a reply", "1"],
    ]
    entry = AuditLogEntry.objects.on(dispatch).get(verb="downloaded deliveries")
    assert entry.detail["state"] == "refused"


# --- the email as sent


def test_the_email_is_readable_as_it_was_sent() -> None:
    dispatch = make_refused()
    Dispatch.objects.filter(pk=dispatch.pk).update(
        text="Caf\u00e9 \r\n\ttabs  \n", html="<p>\u00e9</p>\r\n"
    )
    dispatch.issue.sections.update(body="<p>Corrected</p>")
    client = staff_client(may=("view_issue",))

    page = client.get(address_of("email", dispatch)).content.decode()
    assert dispatch.subject in page
    assert 'sandbox=""' in page
    frame = client.get(address_of("email_html", dispatch))
    assert frame.content.decode() == "<p>\u00e9</p>\r\n"
    assert "script-src 'none'" in frame["Content-Security-Policy"]
    for part, content in (("txt", "Caf\u00e9 \r\n\ttabs  \n"), ("html", "<p>\u00e9</p>\r\n")):
        url = reverse("admin:subscribers_dispatch_email_source", args=[dispatch.pk, part])
        source = client.get(url)
        assert source.content == content.encode()
        assert "attachment" in source["Content-Disposition"]
    url = reverse("admin:subscribers_dispatch_email_source", args=[dispatch.pk, "exe"])
    assert client.get(url).status_code == 404
    assert staff_client().get(address_of("email", dispatch)).status_code == 403
