"""Whether the external links of unpublished issues work: checked in the background, remembered."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from briefings.link_addresses import MAX_ADDRESS
from briefings.models import Issue, IssueState, LinkCheck, LinkState, Section
from newsroom.public_http import Failure, RequestFailed, fetch_status
from newsroom.site_address import site_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# One run of the task: short, so that no confirmation waits behind it.
RUN_SECONDS = 12.0
SECONDS_AN_ADDRESS = 6.0
# A page that works is asked again after a day; one that does not, sooner: somebody may repair it.
ALIVE_FOR = timedelta(days=1)
DEAD_FOR = timedelta(hours=1)
UNCERTAIN_FOR = timedelta(hours=6)
AGAIN_AFTER = timedelta(minutes=10)
# Failures in a row before a page without an answer counts as dead.
FAILURES_TO_DIE = 2
# Drafts that nobody has touched for longer are not checked any more.
RECENT = timedelta(days=14)
MAX_ISSUES = 100
_HREF = re.compile(r'<a\s[^>]*?\bhref="(https?://[^"]+)"', re.IGNORECASE)
# Answers to a program that do not say what a reader gets.
_REFUSES_PROGRAMS = {401, 402, 403, 405, 406, 407, 408, 418, 425, 429, 451, 999}
_CANNOT_TELL = {Failure.NOT_ALLOWED, Failure.NO_NETWORK}


def address_hash(address: str) -> str:
    """Return the key of an address in the table."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()


def known_dead(addresses: Iterable[str]) -> dict[str, LinkCheck]:
    """Return the latest check of each of these addresses that does not work."""
    hashes = {address_hash(address) for address in addresses}
    if not hashes:
        return {}
    dead = LinkCheck.objects.filter(address_hash__in=hashes, state=LinkState.DEAD)
    return {check.address: check for check in dead}


def check_due_links(*, at: datetime) -> int:
    """Check links of unpublished issues whose check is missing or old; return how many."""
    until = time.monotonic() + RUN_SECONDS
    checked = 0
    for address, known in _due(at):
        left = until - time.monotonic()
        if left < 1:
            break
        check = _check(address, known, seconds=min(SECONDS_AN_ADDRESS, left))
        checked += 1
        if check.answer == Failure.NO_NETWORK.value:
            break  # it would be the same with the next one
    return checked


def _due(at: datetime) -> Iterator[tuple[str, LinkCheck | None]]:
    """Yield each address to check, with what is known of it; those never checked come first."""
    addresses = list(dict.fromkeys(_linked_addresses(at)))
    hashes = {address_hash(address): address for address in addresses}
    known: dict[str, LinkCheck] = {}
    keys = list(hashes)
    for start in range(0, len(keys), 500):
        rows = LinkCheck.objects.filter(address_hash__in=keys[start : start + 500])
        known.update((check.address_hash, check) for check in rows)
    yield from ((hashes[key], None) for key in keys if key not in known)
    old = [check for check in known.values() if check.is_due(at=at)]
    for check in sorted(old, key=lambda check: check.next_check_at):
        yield check.address, check


def _linked_addresses(at: datetime) -> Iterator[str]:
    """Yield the external addresses in issues that may still go out, those that go out first first.

    They are read with a pattern, not parsed: this looks through every draft each time.
    """
    waiting = Issue.objects.exclude(state=IssueState.PUBLISHED).filter(
        Q(state=IssueState.SCHEDULED) | Q(updated_at__gte=at - RECENT)
    )
    recent = waiting.order_by("publish_at", "pk").values_list("pk", flat=True)[:MAX_ISSUES]
    bodies = Section.objects.filter(issue__in=list(recent)).order_by("issue__publish_at", "pk")
    own = site_host()
    for body in bodies.values_list("body", flat=True).iterator():
        for found in _HREF.findall(body):
            address = unescape(found).strip()
            host = address.partition("//")[2].partition("/")[0]
            if len(address) <= MAX_ADDRESS and host.partition(":")[0].lower() != own:
                yield address


def _check(address: str, known: LinkCheck | None, *, seconds: float) -> LinkCheck:
    """Ask an address and store what it answered."""
    state, answer = _ask(address, seconds=seconds)
    now = timezone.now()
    failures = 0
    again = ALIVE_FOR
    if state == LinkState.DEAD:
        again = DEAD_FOR
    elif state == LinkState.UNCERTAIN:
        again = UNCERTAIN_FOR
        if answer not in {failure.value for failure in _CANNOT_TELL}:
            failures = (known.failures if known else 0) + 1
            again = AGAIN_AFTER
            if failures >= FAILURES_TO_DIE:
                state, again = LinkState.DEAD, DEAD_FOR
    check, _ = LinkCheck.objects.update_or_create(
        address_hash=address_hash(address),
        defaults={
            "address": address,
            "state": state,
            "answer": answer,
            "failures": min(failures, FAILURES_TO_DIE),
            "checked_at": now,
            "next_check_at": now + again,
        },
    )
    return check


def _ask(address: str, *, seconds: float) -> tuple[LinkState, str]:
    """Return what an address says of itself, and in words what is wrong with it.

    UNCERTAIN may be a passing fault, theirs or ours.
    """
    try:
        status = fetch_status(address.partition("#")[0], seconds=seconds)
    except RequestFailed as problem:
        failure = problem.failure
        if failure in _CANNOT_TELL:
            return LinkState.UNCERTAIN, failure.value
        if failure == Failure.NO_ANSWER:
            return LinkState.UNCERTAIN, "does not answer"
        return LinkState.DEAD, _FAILURES[failure]
    if status < 400 or status in _REFUSES_PROGRAMS:
        return LinkState.ALIVE, ""
    answer = f"answers “{_status_words(status)}”"
    # A server that is overloaded or being updated may be well again soon.
    return (LinkState.UNCERTAIN if status >= 500 else LinkState.DEAD), answer


_FAILURES = {
    Failure.PRIVATE: "is on a private network, which readers cannot reach",
    Failure.NO_SUCH_HOST: "is on a site that does not exist",
    Failure.BAD_CERTIFICATE: "has a certificate that browsers refuse",
    Failure.TOO_MANY_REDIRECTS: "redirects in a circle",
}


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
