"""Exports of other programs are imported as they are, with the peculiarities of each."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from subscribers.models import ConsentRecord, Subscriber
from tests.factories import make_briefing
from tests.subscribers.lists.list_files import import_list, make_csv

pytestmark = pytest.mark.django_db

MAILCHIMP = [
    *("Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP"),
    *("CONFIRM_TIME", "CONFIRM_IP", "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC"),
    *("REGION", "LAST_CHANGED", "LEID", "EUID", "NOTES", "TAGS"),
]
GHOST = [
    *("id", "email", "name", "note", "subscribed_to_emails", "complimentary_plan"),
    *("stripe_customer_id", "created_at", "deleted_at", "labels", "tiers"),
]
SUBSTACK = [
    *("email", "active_subscription", "expiry", "plan", "email_disabled", "created_at"),
    "first_payment_at",
]
LISTMONK = ["uuid", "email", "name", "attributes", "status", "created_at", "updated_at"]


def member(
    address: str, asked: str = "2019-03-01 08:00:00", sure: str = "2019-03-01 08:05:00"
) -> list[str]:
    return [
        *(address, "Ada", "Byron", "4", asked, "198.51.100.7", sure, "2001:db8::7"),
        *("51.5", "-0.1", "0", "1", "Europe/London", "GB", "ENG", sure, "1", "e1", "", '"fair"'),
    ]


def test_mailchimp_members_have_both_times_and_ip_addresses() -> None:
    result = import_list(
        make_csv(MAILCHIMP, member("ada@example.org"), member("bob@example.org", sure="")),
        into=make_briefing(),
    )
    assert (result["layout"], result["new"], result["refused"]) == ("Mailchimp", 1, 1)
    assert "never confirmed" in result["refused_rows"][0]["reason"]
    record = ConsentRecord.objects.select_related("subscriber").get()
    assert record.subscriber.name == "Ada Byron"
    assert record.at == datetime(2019, 3, 1, 8, 5, tzinfo=UTC)
    assert record.asked_at == datetime(2019, 3, 1, 8, tzinfo=UTC)
    assert (record.ip, record.asked_ip) == ("2001:db8::7", "198.51.100.7")
    assert record.source == "Mailchimp export"
    assert "does not include the words" in record.wording


def test_an_earlier_export_of_our_own_refuses_people_who_left() -> None:
    header = ["email", "name", "briefing", "status", "joined_at", "left_at"]
    header += ["consent_date", "consent_source", "consent_wording"]
    at, wording = "2024-05-01T10:00:00+00:00", "Please email me."
    result = import_list(
        make_csv(
            header,
            ["ada@example.org", "Ada", "ward", "active", at, "", at, "sign-up form", wording],
            ["bob@example.org", "Bob", "ward", "left", at, at, at, "sign-up form", wording],
        ),
        into=make_briefing(slug="ward"),
    )
    assert (result["layout"], result["new"], result["refused"]) == ("Newsroom", 1, 1)
    assert "unsubscribed" in result["refused_rows"][0]["reason"]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (["UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_REASON"], "unsubscribed"),
        (["CLEAN_TIME", "CLEAN_CAMPAIGN_TITLE", "CLEAN_CAMPAIGN_ID"], "bounced"),
    ],
)
def test_mailchimp_lists_of_unsubscribed_and_cleaned_people_subscribe_nobody(
    columns: list[str], reason: str
) -> None:
    data = make_csv(
        [*MAILCHIMP, *columns],
        [*member("ada@example.org"), "2020-01-01 00:00:00", "", ""],
        [*member("bob@example.org"), "", "", ""],
    )
    result = import_list(data, into=make_briefing())
    assert (result["new"], result["refused"]) == (0, 2)
    assert all(reason in one["reason"] for one in result["refused_rows"])


def test_ghost_members_are_imported_unless_unsubscribed_or_deleted() -> None:
    def row(name: str, subscribed: str = "true", deleted: str = "") -> list[str]:
        created = "2022-06-01T09:30:00.000Z"
        return [
            "6",
            f"{name}@example.org",
            name,
            "",
            subscribed,
            "false",
            "",
            created,
            deleted,
            "",
            "",
        ]

    data = make_csv(
        GHOST,
        row("ada"),
        row("bob", subscribed="false"),
        row("cyd", deleted="2023-01-01T00:00:00.000Z"),
        row("dan", subscribed=""),
    )
    result = import_list(data, into=make_briefing(), wording="Sign up for our emails.")
    assert (result["layout"], result["new"], result["refused"]) == ("Ghost", 1, 3)
    record = ConsentRecord.objects.get()
    assert record.at == datetime(2022, 6, 1, 9, 30, tzinfo=UTC)
    assert record.wording == "Sign up for our emails."


def test_substack_free_readers_are_imported_and_disabled_addresses_are_not() -> None:
    created = "2023-02-03T04:05:06.789Z"
    data = make_csv(
        SUBSTACK,
        ["free@example.org", "false", "", "other", "false", created, ""],
        [
            "pays@example.org",
            "true",
            "2027-01-01T00:00:00.000Z",
            "yearly250a",
            "false",
            created,
            "",
        ],
        ["dead@example.org", "false", "", "other", "true", created, ""],
    )
    result = import_list(data, into=make_briefing())
    assert (result["layout"], result["new"], result["refused"]) == ("Substack", 2, 1)
    assert result["refused_rows"][0]["email"] == "dead@example.org"


def test_listmonk_subscribers_are_imported_when_enabled_and_confirmed() -> None:
    def row(name: str, status: str = "enabled", subscription: str = "confirmed") -> list[str]:
        at = "2024-01-02 03:04:05.678901 +0000 UTC"
        return ["u", f"{name}@example.org", name, '{"city": "York"}', status, at, at, subscription]

    data = make_csv(
        [*LISTMONK, "subscription_status"],
        row("ada"),
        row("bob", status="disabled"),
        row("cyd", status="blocklisted"),
        row("dan", subscription="unconfirmed"),
        row("eve", subscription="unsubscribed"),
    )
    result = import_list(data, into=make_briefing())
    assert (result["layout"], result["new"], result["refused"]) == ("listmonk", 1, 4)
    assert Subscriber.objects.get().address == "ada@example.org"
    plain = make_csv(LISTMONK, row("fay")[:-1], row("gus", status="blocklisted")[:-1])
    assert import_list(plain, into=make_briefing())["new"] == 1
