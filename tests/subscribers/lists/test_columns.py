"""Columns are known by their names; people a list calls unsubscribed or bounced are refused."""

from __future__ import annotations

import io

import pytest

from subscribers.lists.columns import ImportField
from subscribers.lists.import_plan import make_plan
from subscribers.models import Subscriber
from tests.factories import make_briefing
from tests.subscribers.lists.list_files import (
    EVIDENCE,
    EVIDENCE_OPTIONS,
    NOW,
    import_list,
    make_csv,
)

pytestmark = pytest.mark.django_db
HEADER = ["email", "name"]


def row(email: str = "ada@example.org") -> list[str]:
    return [email, "Ada Byron"]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(("Status", word) for word in ("unsubscribed", "Cleaned", "pending", "who knows", "left")),
        *(("Status", word) for word in ("bounced", "BLOCKLISTED", "un­subscribed", "disabled")),
        ("unsubscribed_at", "2024-06-01"),
        ("Opted out", "yes"),
        ("subscribed", "false"),
        ("email_disabled", "true"),
        ("confirmed", "no"),
        ("consent", "No"),
        ("state", "unsubscribed"),
    ],
)
def test_a_person_with_another_status_than_subscribed_is_refused(header: str, cell: str) -> None:
    result = import_list(
        make_csv([*HEADER, header], [*row(), cell]), into=make_briefing(), **EVIDENCE
    )
    assert (result["new"], result["refused"]) == (0, 1)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *(("Status", "Active"), ("status", ""), ("unsubscribed", "false"), ("subscribed", "TRUE")),
        *(("state", "Texas"), ("confirmed", "2024-05-01"), ("left_at", "")),
        ("unsubscribed_at", ""),
    ],
)
def test_a_person_with_the_status_subscribed_is_imported(header: str, cell: str) -> None:
    result = import_list(
        make_csv([*HEADER, header], [*row(), cell]), into=make_briefing(), **EVIDENCE
    )
    assert (result["new"], result["refused"]) == (1, 0)


def test_one_row_that_says_unsubscribed_outweighs_all_others() -> None:
    result = import_list(
        make_csv(
            [*HEADER, "status"],
            [*row(), "subscribed"],
            [*row("ADA@example.org"), "unsubscribed"],
            [*row(), "subscribed"],
        ),
        into=make_briefing(),
        **EVIDENCE,
    )
    assert (result["new"], result["repeated"], result["refused"]) == (0, 1, 2)


def test_column_names_of_several_programs_and_languages_are_known() -> None:
    file = io.BytesIO(
        make_csv(["E-Mail", "Vorname", "NACHNAME", "Opt-in date"], ["a", "b", "c", ""])
    )
    assert make_plan(file, EVIDENCE_OPTIONS, now=NOW).columns == {
        "address": 0,
        "first_name": 1,
        "last_name": 2,
        "consent_date": 3,
    }


def test_a_profile_field_that_imports_do_not_know_is_named_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"no field 'shoe_size'.*add it to ImportField"):
        ImportField("shoe_size")
