"""The guard of every form that makes us write to an address that a visitor enters.

A view calls `check_form` before it queues the email with `emails.queue_email_in_constant_time`,
which writes to no suppressed address. A house rule finds views that do not.

There are two thresholds. Above the first, forms need a proof of work: a person waits a second, a
bot that sends ten thousand forms notices. Above the second, no more forms are accepted for an hour.
Suspicious forms (without a plausible signature, or from another site) reach the first threshold
sooner and are counted separately, so that an attack by simple bots costs real people nothing.

Nothing here depends on whether an address is known: all are counted alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from newsroom.client_address import client_ip, subnet_of
from newsroom.duration_words import in_words, in_words_lazy
from newsroom.email_addresses import address_key
from newsroom.form_signature import is_plausible
from newsroom.proof_of_work import is_solved, new_challenge
from newsroom.rate_limits import HOUR, count_within, is_over_hourly_limit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WINDOW = timedelta(minutes=10)
DAY = timedelta(days=1)
# Within the window, from one network, before a proof of work is needed. A whole audience may sign
# up during a talk, from one IP address.
FREE_PER_NETWORK = 30
FREE_PER_NETWORK_IF_SUSPICIOUS = 10
# Accepted within an hour.
HOURLY_PER_ADDRESS = 10
DAILY_PER_ADDRESS = 30
HOURLY_PER_NETWORK = 240
# Forms of every kind that make us send an email. A hospital or university may have one IP address.
HOURLY_EMAIL_FORMS_PER_IP = 60
RETRY_AFTER = f"{HOUR.total_seconds():.0f}"

ADDRESS_LIMIT_REACHED = gettext_lazy(
    "This address has been entered many times. Check its inbox: the emails that are already there"
    " cover all of them. If there are none, try again in {window}."
)
NETWORK_LIMIT_REACHED = format_lazy(
    gettext_lazy(
        "We have received too many forms from your network. There is nothing wrong with yours."
        " Try again in {window}."
    ),
    window=in_words_lazy(HOUR),
)
SITE_LIMIT_REACHED = format_lazy(
    gettext_lazy(
        "We have received too many forms. There is nothing wrong with yours. Try again in {window}."
    ),
    window=in_words_lazy(HOUR),
)


class ProofOfWorkNeeded(Exception):
    """The browser must do a proof of work first: answer with `proof_of_work_page`."""


class TooManyForms(Exception):
    """The form cannot be accepted now; the message tells the visitor why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Where a form came from and when, and whether it may come from a bot."""

    ip: str | None
    is_suspicious: bool
    at: datetime

    @property
    def network(self) -> str:
        return subnet_of(self.ip)


def check_form(
    request: HttpRequest,
    *,
    address: str,
    signature: str,
    at: datetime,
    is_from_other_site: bool = False,
    address_limit: StrOrPromise = ADDRESS_LIMIT_REACHED,
) -> None:
    """Count a valid form that makes us write to this address, or in its name.

    Raises ProofOfWorkNeeded or TooManyForms if it cannot be accepted. `signature` is the form's,
    from `form_signature`. `address_limit` is what to say, with {window}, if the address is over its
    limit.
    """
    submission = Submission(
        ip=client_ip(request),
        is_suspicious=is_from_other_site or not is_plausible(signature, at=at),
        at=at,
    )
    if needs_proof_of_work(submission, solution=request.POST.get("altcha", "")):
        raise ProofOfWorkNeeded
    if error := limit_reached(submission, address=address, address_limit=address_limit):
        raise TooManyForms(error)


def proof_of_work_page(
    request: HttpRequest,
    *,
    at: datetime,
    context: Mapping[str, object],
) -> HttpResponse:
    """Have the browser do a proof of work; its script then sends the form again as it was."""
    entered = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "altcha"
        for value in values
    ]
    page: dict[str, object] = {
        "entered_values": entered,
        "challenge": new_challenge(at=at),
        "had_solution": bool(request.POST.get("altcha")),
        "retry_after": WINDOW,
        **context,
    }
    response = TemplateResponse(request, "proof_of_work.html", page, status=422)
    response.headers["Cache-Control"] = "no-store"
    return response


def needs_proof_of_work(submission: Submission, *, solution: str) -> bool:
    """Count a form; True when it needs a proof of work and `solution` is not a valid one.

    A suspicious form that is turned away counts among the suspicious ones only, so that an attack
    by simple bots does not use up the limit for everybody.
    """
    has_proof = False
    if submission.is_suspicious:
        counted = [
            _count("suspicious-sign-ups", submission.network, submission)
            > FREE_PER_NETWORK_IF_SUSPICIOUS,
            _count("suspicious-sign-ups", "all", submission) > settings.CHALLENGE_ABOVE // 2,
        ]
        has_proof = any(counted) and is_solved(solution)
        if any(counted) and not has_proof:
            return True
    counted = [
        _count("sign-ups", submission.network, submission) > FREE_PER_NETWORK,
        _count("sign-ups", "all", submission) > settings.CHALLENGE_ABOVE,
    ]
    return any(counted) and not has_proof and not is_solved(solution)


def limit_reached(
    submission: Submission, *, address: str, address_limit: StrOrPromise = ADDRESS_LIMIT_REACHED
) -> str:
    """Count a form that is about to be accepted; return an error message if it is one too many.

    An empty string means that it can be accepted.
    """
    at = submission.at
    if is_over_email_form_limit(submission.ip, at=at):
        return str(NETWORK_LIMIT_REACHED)
    if window := mailbox_limit_reached(address, at=at):
        return str(address_limit).format(window=in_words(window))
    if count_within("taken", submission.network, window=HOUR, at=at) > HOURLY_PER_NETWORK:
        return str(NETWORK_LIMIT_REACHED)
    if count_within("taken", "all", window=HOUR, at=at) > settings.SIGN_UPS_AN_HOUR:
        return str(SITE_LIMIT_REACHED)
    return ""


def mailbox_limit_reached(address: str, *, at: datetime) -> timedelta | None:
    """Count an email that somebody else may have caused; return the window in which it is too much.

    None means that it can be sent.
    """
    key = salted_hmac("newsroom.form_guard", address_key(_mailbox(address)))
    mailbox = key.hexdigest()
    for window, limit in ((HOUR, HOURLY_PER_ADDRESS), (DAY, DAILY_PER_ADDRESS)):
        if count_within("address", mailbox, window=window, at=at) > limit:
            return window
    return None


def is_over_email_form_limit(ip: str | None, *, at: datetime) -> bool:
    """Count a form that makes us send an email; True when its IP address has sent too many."""
    return is_over_hourly_limit("forms", ip=ip, limit=HOURLY_EMAIL_FORMS_PER_IP, at=at)


def _mailbox(address: str) -> str:
    """Return the mailbox that an address probably delivers to, for counting only.

    Tags after a plus sign (RFC 5233) and, at Gmail, dots make thousands of addresses out of one
    mailbox. In every other respect they are addresses of their own.
    """
    local, _, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _count(what: str, about: str, submission: Submission) -> int:
    return count_within(what, about, window=WINDOW, at=submission.at)
