"""How often people may sign up, and when a browser must do a proof of work first."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from briefings.models import Briefing
from newsroom import form_guard, proof_of_work
from newsroom.form_signature import SHORTEST_FILL_TIME, VALID_FOR, is_plausible, sign_form
from newsroom.proof_of_work import is_solved, new_challenge
from newsroom.rate_limits import HOUR, count_within
from subscribers.models import SignUp
from tests.factories import make_briefing, make_published_issue
from tests.sent_emails import emails_sent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach the limits with few forms."""
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK", 6)
    monkeypatch.setattr(form_guard, "FREE_PER_NETWORK_IF_SUSPICIOUS", 4)


@pytest.fixture
def ward() -> Briefing:
    return make_briefing(slug="ward-round")


@pytest.fixture
def cheap_proof_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the proof of work as cheap as possible."""
    monkeypatch.setattr(proof_of_work, "ITERATIONS", 1)
    monkeypatch.setattr(proof_of_work, "KEYS_TO_DERIVE", (1, 5))


def seconds_ago(seconds: float) -> str:
    return sign_form(at=timezone.now() - timedelta(seconds=seconds))


def post(number: int = 0, *, ip: str = "198.51.100.7", **fields: Any) -> Any:
    data = {"address": f"ada{number}@example.org", "began": seconds_ago(10), **fields}
    return Client(REMOTE_ADDR=ip).post("/subscribe/ward-round/", data)


def solve(challenge: str) -> str:
    posed = Challenge.from_dict(json.loads(challenge))
    found = solve_challenge(posed)
    assert found is not None
    return Payload(posed, found).to_base64()


def needs_proof_of_work(answer: Any) -> bool:
    return answer.status_code == 422 and "altcha-widget" in answer.content.decode()


# --- the signature


def test_a_form_has_a_signature_that_only_we_can_make() -> None:
    now = timezone.now()
    signature = sign_form(at=now)
    assert not is_plausible(signature, at=now)  # nobody types so fast
    assert is_plausible(signature, at=now + SHORTEST_FILL_TIME)
    assert not is_plausible(signature, at=now + VALID_FOR + timedelta(seconds=2))
    for forged in (
        "",
        "x",
        "1",
        signature[:-1],
        f"9{signature}",
        f"{int(now.timestamp()) - 60}:abc",
    ):
        assert not is_plausible(forged, at=now + SHORTEST_FILL_TIME)


@given(st.text())
def test_no_other_text_is_a_valid_signature(text: str) -> None:
    assert not is_plausible(text, at=timezone.now())


def test_the_signature_on_a_cached_page_changes_every_15_minutes(
    client: Client, ward: Briefing
) -> None:
    issue = make_published_issue(briefing=ward)
    page = client.get(issue.get_absolute_url()).content.decode()
    assert 'name="began"' in page
    assert 'name="began"' in client.get("/subscribe/ward-round/").content.decode()
    noon = timezone.now().replace(hour=12, minute=0, second=0)
    signatures = {
        sign_form(at=noon + timedelta(minutes=minute), cached=True) for minute in (0, 7, 14)
    }
    assert len(signatures) == 1
    assert is_plausible(signatures.pop(), at=noon + timedelta(minutes=15))


def test_a_missing_or_old_signature_does_not_stop_a_sign_up(ward: Briefing) -> None:
    for number, signature in enumerate(("", "forged", seconds_ago(0), seconds_ago(90_000))):
        assert post(number, began=signature).status_code == 200
    assert SignUp.objects.count() == 4


# --- the proof of work


def test_no_proof_of_work_is_needed_below_the_threshold(ward: Briefing) -> None:
    for number in range(form_guard.FREE_PER_NETWORK):
        assert post(number).status_code == 200
    assert needs_proof_of_work(post(99))
    assert post(99, ip="203.0.113.7").status_code == 200  # other networks are not affected


def test_suspicious_forms_need_a_proof_of_work_sooner(ward: Briefing) -> None:
    for number in range(form_guard.FREE_PER_NETWORK_IF_SUSPICIOUS):
        assert post(number, began="").status_code == 200
    assert needs_proof_of_work(post(99, began=""))
    assert needs_proof_of_work(post(99, began=seconds_ago(0)))
    assert post(99).status_code == 200  # other people notice nothing


def test_an_attack_by_simple_bots_costs_people_nothing(ward: Briefing, settings: Any) -> None:
    settings.CHALLENGE_ABOVE = 12
    answers = [post(number, began="", ip=f"198.{number}.1.7") for number in range(30)]
    assert sum(needs_proof_of_work(answer) for answer in answers) == 24
    assert post(99, ip="203.0.113.7").status_code == 200


def test_neighbouring_ip_addresses_count_as_one_network(ward: Briefing, settings: Any) -> None:
    settings.CHALLENGE_ABOVE = 1_000
    for number in range(form_guard.FREE_PER_NETWORK):
        post(number, ip=f"198.51.100.{number}")
    assert needs_proof_of_work(post(98, ip="198.51.100.250"))
    for number in range(form_guard.FREE_PER_NETWORK):
        post(number, ip=f"2001:db8:1:2::{number:x}")
    assert needs_proof_of_work(post(97, ip="2001:db8:1:2:ffff::1"))
    assert post(96, ip="2001:db8:1:3::1").status_code == 200


def test_many_networks_together_reach_the_threshold(ward: Briefing, settings: Any) -> None:
    settings.CHALLENGE_ABOVE = 12
    answers = [post(number, ip=f"198.51.{number}.7").status_code for number in range(14)]
    assert answers == [200] * 12 + [422] * 2
    assert SignUp.objects.count() == 12


def test_after_the_proof_of_work_the_form_is_accepted_as_it_was_sent(
    client: Client, ward: Briefing, settings: Any, cheap_proof_of_work: None
) -> None:
    settings.CHALLENGE_ABOVE = 0
    first = post(name="Zoë & “Co”", source="/ward-round/3/", issue="3")
    assert needs_proof_of_work(first)
    assert first.headers["Cache-Control"] == "no-store"
    assert not SignUp.objects.exists()
    again = dict(first.context["entered_values"])
    assert again["name"] == "Zoë & “Co”"
    done = client.post(
        "/subscribe/ward-round/", {**again, "altcha": solve(first.context["challenge"])}
    )
    assert done.status_code == 200
    asked = SignUp.objects.get()
    assert (asked.address, asked.name) == ("ada0@example.org", "Zoë & “Co”")
    assert asked.choices.get().source == "/ward-round/3/"
    assert len(emails_sent()) == 1


def test_a_solution_works_once(ward: Briefing, settings: Any, cheap_proof_of_work: None) -> None:
    settings.CHALLENGE_ABOVE = 0
    solution = solve(new_challenge(at=timezone.now()))
    assert post(1, altcha=solution).status_code == 200
    refused = post(2, altcha=solution)
    assert needs_proof_of_work(refused)
    assert "already been used" in refused.content.decode()
    assert needs_proof_of_work(post(2, altcha=f" {solution}\n"))
    assert SignUp.objects.count() == 1


def test_a_solution_expires(cheap_proof_of_work: None) -> None:
    assert is_solved(solve(new_challenge(at=timezone.now())))
    late = timezone.now() - proof_of_work.VALID_FOR - timedelta(seconds=2)
    assert not is_solved(solve(new_challenge(at=late)))


def test_only_our_own_challenges_count(cheap_proof_of_work: None) -> None:
    posed = json.loads(new_challenge(at=timezone.now()))
    easy = {**posed, "parameters": {**posed["parameters"], "keyPrefix": "", "cost": 1}}
    assert not is_solved(solve(json.dumps(easy)))
    unsigned = {"parameters": easy["parameters"]}
    assert not is_solved(solve(json.dumps(unsigned)))


@given(
    st.one_of(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["challenge", "solution", "parameters", "signature", "x"]),
                    inner,
                )
            ),
        ).map(lambda it: b64encode(json.dumps(it).encode()).decode()),
    )
)
def test_no_posted_solution_breaks_the_check(solution: str) -> None:
    assert not is_solved(solution)


# --- the limits


def test_one_address_is_limited(ward: Briefing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_guard, "HOURLY_PER_ADDRESS", 3)
    spellings = ["ada@example.org", "ADA@example.org", "Ada@EXAMPLE.org", "ada@Example.org"]
    answers = [
        post(address=spelling, ip=f"198.51.{number}.7") for number, spelling in enumerate(spellings)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "3600"
    assert "Check its inbox" in answers[-1].content.decode()
    assert len(emails_sent()) == 1
    assert post(7).status_code == 200


def test_tags_and_dots_count_as_one_mailbox(
    ward: Briefing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_guard, "HOURLY_PER_ADDRESS", 2)
    ways = {
        "example.org": ["ada+a", "ada", "Ada+b"],
        "gmail.com": ["a.da+a", "ada", "ad.a"],
        "example.com": ["a.da", "ada", "ad.a"],
    }
    answers = {
        host: [
            post(address=f"{local}@{host}", ip=f"198.{len(host)}.{number}.7").status_code
            for number, local in enumerate(locals_)
        ]
        for host, locals_ in ways.items()
    }
    assert answers == {
        "example.org": [200, 200, 429],
        "gmail.com": [200, 200, 429],
        "example.com": [200, 200, 200],
    }


def test_one_network_and_the_whole_site_are_limited(
    ward: Briefing, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_guard, "HOURLY_PER_NETWORK", 2)
    settings.SIGN_UPS_AN_HOUR = 4
    assert [post(number).status_code for number in range(3)] == [200, 200, 429]
    elsewhere = [post(number, ip=f"203.0.{number}.7") for number in range(10, 13)]
    assert [answer.status_code for answer in elsewhere] == [200, 200, 429]
    assert "too many forms" in elsewhere[-1].content.decode()


def test_these_tests_do_not_depend_on_the_end_of_a_window() -> None:
    """tests/conftest.py counts all forms of a test at one moment; otherwise counts would fade."""
    start = timezone.now()
    for number, minutes in enumerate((0, 9, 19, 99), start=1):
        at = start + timedelta(minutes=minutes)
        form = form_guard.Submission(ip="192.0.2.1", is_suspicious=False, at=at)
        assert form_guard._count("forms", "somebody", form) == number


def test_counts_fade_within_the_window() -> None:
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    for _ in range(10):
        count_within("x", "somebody", window=HOUR, at=start)
    assert count_within("x", "somebody", window=HOUR, at=start + timedelta(minutes=59)) == 11
    assert count_within("x", "somebody", window=HOUR, at=start + timedelta(minutes=90)) == 1 + 5
    assert count_within("x", "somebody", window=HOUR, at=start + timedelta(minutes=181)) == 1


@pytest.mark.postgres  # that is, with Redis
def test_processes_share_counts_and_accept_a_solution_once(cheap_proof_of_work: None) -> None:
    solution = solve(new_challenge(at=timezone.now()))
    now = timezone.now()

    def work(_: int) -> tuple[list[int], bool]:
        counted = [count_within("y", "somebody", window=HOUR, at=now) for _ in range(50)]
        spent = is_solved(solution)
        caches["default"].close()
        return counted, spent

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(work, range(8)))
    assert sorted(number for counted, _ in done for number in counted) == list(range(1, 401))
    assert sum(spent for _, spent in done) == 1
