"""External links of unpublished issues are checked in the background; dead ones are remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from briefings import link_checks
from briefings.link_checks import check_due_links, known_dead
from briefings.models import Issue, LinkCheck, LinkState, SectionKind
from briefings.tasks import check_links
from newsroom.public_http import Failure, RequestFailed
from tests.factories import make_issue, make_published_issue

pytestmark = pytest.mark.django_db
GONE, FINE = "https://example.org/gone?a=1&b=2", "https://example.org/fine"


def linked(*addresses: str, published: bool = False) -> Issue:
    links = "".join(
        f'<p><a href="{address.replace("&", "&amp;")}">Plan</a></p>' for address in addresses
    )
    make = make_published_issue if published else make_issue
    return make(sections=[(SectionKind.NOTE, "", links)])


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let addresses answer as told; return the list of those that were asked."""

    def answer(answers: dict[str, int | Failure]) -> list[str]:
        asked: list[str] = []

        def fetch(address: str, *, seconds: float) -> int:
            assert 0 < seconds <= link_checks.SECONDS_AN_ADDRESS
            asked.append(address)
            found = answers.get(address, 200)
            if isinstance(found, Failure):
                raise RequestFailed(found)
            return found

        monkeypatch.setattr(link_checks, "fetch_status", fetch)
        return asked

    return answer


def state_of(address: str) -> str:
    return LinkCheck.objects.get(address=address).state


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (200, LinkState.ALIVE),
        (204, LinkState.ALIVE),
        (304, LinkState.ALIVE),
        (404, LinkState.DEAD),
        (410, LinkState.DEAD),
        (403, LinkState.ALIVE),  # refuses programs, not readers
        (405, LinkState.ALIVE),
        (429, LinkState.ALIVE),
        (503, LinkState.UNCERTAIN),
        (Failure.NO_ANSWER, LinkState.UNCERTAIN),
        (Failure.NO_NETWORK, LinkState.UNCERTAIN),
        (Failure.NOT_ALLOWED, LinkState.UNCERTAIN),
        (Failure.NO_SUCH_HOST, LinkState.DEAD),
        (Failure.PRIVATE, LinkState.DEAD),
        (Failure.BAD_CERTIFICATE, LinkState.DEAD),
        (Failure.TOO_MANY_REDIRECTS, LinkState.DEAD),
    ],
)
def test_what_an_address_answers_decides(
    answer: int | Failure, state: LinkState, internet: Callable[..., list[str]]
) -> None:
    internet({GONE: answer})
    linked(GONE)

    assert check_due_links(at=timezone.now()) == 1

    assert state_of(GONE) == state
    assert set(known_dead([GONE, FINE])) == ({GONE} if state == LinkState.DEAD else set())


def test_only_unpublished_issues_and_other_sites_are_asked(
    internet: Callable[..., list[str]],
) -> None:
    asked = internet({})
    linked(GONE, GONE, "http://news.example.com/ward/", "mailto:a@example.org", "/ward/")
    linked("https://example.org/published", published=True)
    old = linked("https://example.org/forgotten")
    Issue.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=60))

    check_due_links(at=timezone.now())

    assert asked == [GONE]


@pytest.mark.parametrize(
    ("answer", "after", "is_asked"),
    [
        (200, timedelta(hours=20), False),
        (200, timedelta(hours=25), True),
        (404, timedelta(minutes=50), False),
        (404, timedelta(minutes=70), True),
        (503, timedelta(minutes=5), False),
        (503, timedelta(minutes=15), True),
    ],
)
def test_an_answer_is_believed_for_a_while(
    answer: int, after: timedelta, is_asked: bool, internet: Callable[..., list[str]]
) -> None:
    asked = internet({GONE: answer})
    linked(GONE)
    check_due_links(at=timezone.now())

    check_due_links(at=timezone.now() + after)

    assert asked == [GONE] * (1 + is_asked)


def test_a_page_that_does_not_answer_twice_is_dead_and_one_that_comes_back_is_not(
    internet: Callable[..., list[str]],
) -> None:
    linked(GONE)
    answers: dict[str, int | Failure] = {GONE: Failure.NO_ANSWER}
    internet(answers)
    for minutes, state in ((0, LinkState.UNCERTAIN), (15, LinkState.DEAD)):
        check_due_links(at=timezone.now() + timedelta(minutes=minutes))
        assert state_of(GONE) == state

    answers[GONE] = 200
    check_due_links(at=timezone.now() + timedelta(hours=2))

    assert state_of(GONE) == LinkState.ALIVE


def test_a_run_ends_where_there_is_no_network(internet: Callable[..., list[str]]) -> None:
    asked = internet(dict.fromkeys((GONE, FINE), Failure.NO_NETWORK))
    linked(GONE, FINE)

    check_due_links(at=timezone.now())

    assert len(asked) == 1
    assert known_dead([GONE, FINE]) == {}


def test_a_run_has_an_end(
    internet: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = internet({})
    linked(*(f"https://example.org/{number}" for number in range(9)))
    monkeypatch.setattr(link_checks, "RUN_SECONDS", 0.5)

    assert check_due_links(at=timezone.now()) == 0
    assert asked == []


def test_the_task_does_nothing_where_checks_are_switched_off(
    internet: Callable[..., list[str]], settings: object
) -> None:
    asked = internet({})
    linked(GONE)
    settings.CHECK_LINKS = False  # type: ignore[attr-defined]  # pytest-django's
    check_links()
    assert asked == []
    settings.CHECK_LINKS = True  # type: ignore[attr-defined]
    check_links()
    assert asked == [GONE]
