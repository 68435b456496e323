"""The history of log-ins: kept for 90 days, shown to administrators and to the accounts' owners."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from newsroom.accounts.attempt_limits import MAX_NAME, folded, let_in_again
from newsroom.accounts.models import LogInAttempt, LogInOutcome
from newsroom.client_address import client_ip, network_of, subnet_of, user_agent
from newsroom.emails import queue_email
from newsroom.rate_limits import is_first_within

# Of attempts that are refused one after the other, one in this time is recorded.
REFUSALS_RECORDED_EVERY = timedelta(minutes=1)
BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|Chromium|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bSafari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b"),
)


def record(
    outcome: LogInOutcome, *, username: str, account: Any = None, request: HttpRequest, at: datetime
) -> None:
    """Add an attempt to the history; one in a minute of those that are refused."""
    ip = client_ip(request)
    network = network_of(ip)
    if outcome == LogInOutcome.REFUSED and not is_first_within(
        REFUSALS_RECORDED_EVERY, "refused-log-in", f"{folded(username)} {network}"
    ):
        return
    LogInAttempt.objects.create(
        at=at,
        outcome=outcome,
        username=username[:MAX_NAME].replace("\0", ""),
        account=account,
        ip=ip,
        network=network,
        browser=user_agent(request).replace("\0", ""),
    )


def record_success(account: Any, request: HttpRequest, *, at: datetime, is_first: bool) -> None:
    """Record a log-in, and email its owner if it is from a place that they never used lately.

    The first log-in of an account has nothing to be compared with.
    """
    with transaction.atomic():
        is_new = not is_first and not knows_place(account, client_ip(request), at=at)
        record(
            LogInOutcome.SUCCEEDED,
            username=account.get_username(),
            account=account,
            request=request,
            at=at,
        )
        if is_new and account.email:
            queue_email(
                "new_log_in",
                to=account.email,
                context={
                    "username": account.get_username(),
                    "at": at,
                    "ip": client_ip(request) or "unknown",
                    "browser": browser_name(user_agent(request)),
                    "link": f"{settings.SITE_URL}/admin/account/",
                },
            )


def knows_place(account: Any, ip: str | None, *, at: datetime) -> bool:
    """Whether the account was used lately from the network of the same customer of a provider."""
    places = LogInAttempt.objects.succeeded().remembered(at=at).filter(account=account.pk)
    return subnet_of(ip) in {subnet_of(one) for one in places.values_list("ip", flat=True)}


def browser_name(agent: str) -> str:
    """Return what a person calls a browser, such as “Firefox on Windows”."""
    browser = next((name for name, words in BROWSERS if re.search(words, agent)), "")
    system = next((name for name, words in SYSTEMS if re.search(words, agent)), "")
    return " on ".join(filter(None, (browser or "A browser", system)))


def forget_failures(username: str, *, at: datetime) -> None:
    """Let an account log in again at once from wherever it was tried."""
    tried = LogInAttempt.objects.remembered(at=at).filter(username__iexact=username)
    networks = tried.exclude(outcome=LogInOutcome.SUCCEEDED).values_list("network", flat=True)
    let_in_again(username, networks={*networks}, at=at)
