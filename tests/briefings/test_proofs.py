"""A proof: the email of an issue, for chosen people, before it goes out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from briefings.models import Issue, Proof
from briefings.proofs import (
    HOURLY_PER_PERSON,
    ProofRefused,
    forget_addresses,
    harmless_links,
    parse_addresses,
    send_proof,
)
from briefings.rendering.issue_email import render_issue_email
from newsroom.models import AuditLogEntry, OutgoingEmail
from newsroom.rate_limits import HOUR
from subscribers.models import Delivery, Suppression
from subscribers.models.address_hash import hash_address
from subscribers.models.suppression import SuppressionReason
from tests.briefings.admin_client import author_client, make_staff, messages_of, staff_client
from tests.briefings.working_copies_in_tests import keep_unsaved
from tests.factories import make_issue, make_scheduled_issue

pytestmark = pytest.mark.django_db


def ask_for_proof(client: Client, issue: Issue, **form: str) -> str:
    """Send the form, and return what the page then says."""
    url = reverse("admin:briefings_issue_proof", args=[issue.pk])
    return messages_of(client.post(url, form, follow=True))


def send(issue: Issue, entered: str = "ada@example.com", **options: Any) -> None:
    options.setdefault("by", make_staff("Editors"))
    send_proof(issue, entered=entered, at=options.pop("at", timezone.now()), **options)


def test_a_proof_goes_to_each_address_and_is_no_delivery() -> None:
    issue = make_issue(title="Council & mayor")
    client = staff_client("Editors", first_name="Nia", last_name="Okoro")
    said = ask_for_proof(
        client, issue, addresses="Ada <ada@example.com>; bo@example.org\ncy@x.example"
    )
    assert "ada@example.com, bo@example.org, cy@x.example" in said
    emails = OutgoingEmail.objects.order_by("pk")
    assert [email.to for email in emails] == ["ada@example.com", "bo@example.org", "cy@x.example"]
    assert {email.subject for email in emails} == {"Proof: Council & mayor"}
    assert not Delivery.objects.exists()


def test_a_proof_says_in_html_and_text_who_sent_it_and_when() -> None:
    issue = make_issue()
    send(issue, by=make_staff("Editors", first_name="Nia", last_name="O’Koro & Co"))
    email = OutgoingEmail.objects.get()
    when = timezone.now().astimezone(issue.briefing.zone)
    for body in (email.html, email.text):
        words = re.sub(r"\s+", " ", body.replace("&amp;", "&"))
        assert "O’Koro & Co sent this on" in re.sub("</?bdi>", "", words)
        assert f"{when.day} {when:%b %Y}" in words
    assert email.text.startswith("PROOF.")


def test_an_email_that_is_no_proof_does_not_say_so() -> None:
    issue = make_issue(title="The beds")
    email = render_issue_email(issue, links=harmless_links(issue))
    assert "proof" not in email.subject.lower()
    assert "sent this on" not in email.html + email.text


def test_the_personal_links_of_a_proof_only_open_a_page() -> None:
    issue = make_issue()
    send(issue)
    html = OutgoingEmail.objects.get().html
    found = set(
        re.findall(r'href="https?://[^/"]+(/(?:unsubscribe|preferences|view|proof)/[^"]*)"', html)
    )
    assert found == {"/proof/"}
    page = Client().get("/proof/")
    assert page.status_code == 200
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_proof_of_unsaved_words_has_them_and_says_that_they_are_not_saved() -> None:
    issue = make_issue(title="Saved headline")
    user = make_staff("Editors", email="nia@news.example.com")
    client = Client()
    client.force_login(user)
    token = keep_unsaved(user, issue, title="Typed a moment ago", bodies=["<p>Fresh words.</p>"])
    ask_for_proof(client, issue, draft=token)
    email = OutgoingEmail.objects.get()
    assert email.subject == "Proof: Typed a moment ago"
    assert "Fresh words." in email.text
    assert "not saved yet" in re.sub(r"\s+", " ", email.text)
    assert Proof.objects.get().is_unsaved
    issue.refresh_from_db()
    assert issue.title == "Saved headline"


def test_nobody_sends_the_unsaved_words_of_somebody_else() -> None:
    issue = make_issue(title="Saved headline")
    token = keep_unsaved(make_staff("Editors"), issue, title="A colleague’s words")
    ask_for_proof(staff_client("Editors"), issue, draft=token, addresses="ada@example.com")
    assert OutgoingEmail.objects.get().subject == "Proof: Saved headline"


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("", "Enter the address"),
        ("ada@example.com, not an address", "is not an email address"),
        ("ada@example.com\nbo@", "“bo@” is not"),
        (" ".join(f"p{number}@example.com" for number in range(11)), "10 addresses at most"),
        ("ada@example.com\r\nBcc: eve@example.com", "is not an email address"),
    ],
)
def test_wrong_addresses_send_nothing_to_anybody(entered: str, words: str) -> None:
    said = ask_for_proof(staff_client("Editors"), make_issue(), addresses=entered)
    assert words in said
    assert not OutgoingEmail.objects.exists()


def test_addresses_that_were_refused_are_still_in_the_form_once() -> None:
    client, issue = staff_client("Editors"), make_issue()
    ask = reverse("admin:briefings_issue_proof", args=[issue.pk])
    page = client.post(ask, {"addresses": "ada@example.com, <wrong>"}, follow=True)
    assert "ada@example.com, &lt;wrong&gt;</textarea>" in page.content.decode()
    again = client.get(reverse("admin:briefings_issue_preview", args=[issue.pk]))
    assert "ada@example.com" not in again.content.decode()


def test_an_address_that_is_entered_twice_gets_one_proof() -> None:
    assert parse_addresses("Ada@Example.com, ada@example.com ada@EXAMPLE.com") == [
        "Ada@example.com"
    ]


def test_a_suppressed_address_is_refused_and_nobody_gets_the_proof() -> None:
    hashed = hash_address("gone@example.com")
    Suppression.objects.create(address_hash=hashed, reason=SuppressionReason.COMPLAINED)
    entered = "ada@example.com, Gone@example.com"
    said = ask_for_proof(staff_client("Editors"), make_issue(), addresses=entered)
    assert "We must not write to Gone@example.com" in said
    assert "ada@" not in said
    assert not OutgoingEmail.objects.exists()
    assert not Proof.objects.exists()


def test_proofs_are_limited_for_each_person_and_a_refused_one_does_not_count() -> None:
    issue, by, at = make_issue(), make_staff("Editors"), timezone.now()
    for tens in range(HOURLY_PER_PERSON // 10):
        ten = ",".join(f"p{tens}{number}@example.com" for number in range(10))
        send(issue, ten, by=by, at=at)
    with pytest.raises(ProofRefused, match=f"at most {HOURLY_PER_PERSON} emails"):
        send(issue, by=by, at=at)
    send(issue, by=make_staff("Editors"), at=at)
    send(issue, by=by, at=at + 2 * HOUR)


def test_all_staff_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("briefings.proofs.HOURLY_FOR_ALL", 2)
    at = timezone.now()
    send(make_issue(), "a@example.com, b@example.com", at=at)
    with pytest.raises(ProofRefused, match="The newsroom has sent many proofs"):
        send(make_issue(), at=at)
    send(make_issue(), at=at + timedelta(hours=2))


def test_a_proof_is_logged_without_the_addresses_in_the_log() -> None:
    issue, by = make_issue(), make_staff("Editors")
    send(issue, "ada@example.com, bo@example.com", by=by)
    entry = AuditLogEntry.objects.on(issue).get(verb="sent a proof")
    assert entry.actor == by
    assert entry.detail["recipients"] == 2
    assert "example.com" not in str(entry.detail)
    assert Proof.objects.get().addresses == ["ada@example.com", "bo@example.com"]


def test_who_may_edit_may_send_proofs_and_nobody_else() -> None:
    issue = make_issue()
    form = {"addresses": "ada@example.com"}
    url = reverse("admin:briefings_issue_proof", args=[issue.pk])
    assert author_client(issue).post(url, form).status_code == 302
    assert staff_client("Editors").post(url, form).status_code == 302
    assert staff_client("Reporters").post(url, form).status_code == 403
    assert staff_client().post(url, form).status_code == 403
    assert OutgoingEmail.objects.count() == 2


def test_a_link_sends_no_proof() -> None:
    url = reverse("admin:briefings_issue_proof", args=[make_issue().pk])
    assert staff_client("Editors", email="nia@example.com").get(url).status_code == 405


def test_an_account_without_an_address_is_told_so() -> None:
    said = ask_for_proof(staff_client("Editors"), make_issue())
    assert "Your account has no email address" in said


def test_answers_to_a_proof_go_to_whoever_sent_it() -> None:
    send(make_scheduled_issue(), by=make_staff("Editors", email="nia@news.example.com"))
    assert OutgoingEmail.objects.get().headers["Reply-To"] == "nia@news.example.com"


def test_the_way_back_stays_on_this_site() -> None:
    client = staff_client("Editors")
    issue = make_issue()
    url = reverse("admin:briefings_issue_proof", args=[issue.pk])
    form = {"addresses": "ada@example.com", "next": "https://elsewhere.example/"}
    assert client.post(url, form).headers["Location"].startswith("/admin/")


def test_an_erased_person_is_removed_from_the_records_of_proofs() -> None:
    send(make_issue(), "ada@example.com, bo@example.org")
    send(make_issue(), "cy@example.org")
    assert forget_addresses(["ADA@Example.com", "nobody@example.org"]) == 1
    kept = Proof.objects.order_by("pk").values_list("addresses", flat=True)
    assert [*kept] == [["bo@example.org"], ["cy@example.org"]]
