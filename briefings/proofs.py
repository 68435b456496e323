"""Proofs: the email of an issue, sent to chosen addresses before publication, to check it.

A proof is not a delivery: no ledger has it, and a subscriber who gets one still gets the issue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import getaddresses
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from briefings.local_time import format_local
from briefings.models import Proof
from briefings.rendering.issue_email import EmailLinks, ProofNote, render_issue_email
from newsroom import audit_log, emails
from newsroom.duration_words import in_words
from newsroom.email_addresses import address_key, normalise_address, readable_address
from newsroom.invisible_characters import one_line
from newsroom.rate_limits import HOUR, count_within, counted_within
from newsroom.staff_names import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.contrib.auth.models import User

    from briefings.models import Issue

MAX_RECIPIENTS = 10
# Emails within an hour.
HOURLY_PER_PERSON = 60
HOURLY_FOR_ALL = 300
_BETWEEN_ADDRESSES = re.compile(r"[,;\r\n]+")


class ProofRefused(Exception):
    """The proof cannot be sent; each of `sentences` says what is wrong and what to do."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class SentProof:
    """What became of a proof: its row, and the addresses as their owners write them."""

    proof: Proof
    addresses: list[str]


def harmless_links(issue: Issue) -> EmailLinks:
    """Return the links of a proof or preview, which open a page that says that they do nothing.

    The link to sign up is the real one; it is the same in every email.
    """
    page = settings.SITE_URL + reverse("briefings:proof_link")
    return EmailLinks(
        unsubscribe=page, preferences=page, view=page, subscribe=f"{settings.SITE_URL}/subscribe/"
    )


def parse_addresses(entered: str) -> list[str]:
    """Return the addresses in what somebody entered, each once. Raises ProofRefused.

    They stand between commas, semicolons, spaces or line ends; a name in front of one is ignored.
    """
    found: dict[str, str] = {}
    wrong = []
    for part in _split(entered):
        try:
            address = normalise_address(part)
        except ValidationError:
            wrong.append(f"“{one_line(part)[:80]}” is not an email address.")
        else:
            found.setdefault(address_key(address), address)
    if wrong:
        raise ProofRefused(*wrong)
    if not found:
        raise ProofRefused("Enter the address that the proof is to go to.")
    if len(found) > MAX_RECIPIENTS:
        raise ProofRefused(
            f"A proof goes to {MAX_RECIPIENTS} addresses at most, and these are {len(found)}."
            " Remove some."
        )
    return list(found.values())


def _split(entered: str) -> list[str]:
    parts = []
    for part in _BETWEEN_ADDRESSES.split(entered):
        if "<" in part:
            parts += [address or name for name, address in getaddresses([part])]
        else:
            parts += part.split()
    return [part for part in parts if part]


def send_proof(
    issue: Issue, *, entered: str, by: User, at: datetime, is_unsaved: bool = False
) -> SentProof:
    """Email an issue, as it is passed here, to the addresses that somebody entered.

    Raises ProofRefused, and then nothing is sent to anybody.
    """
    addresses = parse_addresses(entered)
    suppressed = [address for address in addresses if emails.is_suppressed(address)]
    if suppressed:
        raise ProofRefused(
            *(
                f"We must not write to {readable_address(address)}: it asked us not to, or emails"
                " to it bounce."
                for address in suppressed
            )
        )
    _check_limits(len(addresses), by=by, at=at)
    note = ProofNote(
        who=one_line(name_of(by)),
        when=format_local(at, issue.briefing.zone),
        is_unsaved=is_unsaved,
    )
    email = render_issue_email(issue, links=harmless_links(issue), proof=note)
    headers = {"Auto-Submitted": "auto-generated"}
    if by.email:
        headers["Reply-To"] = by.email
    same = f"{issue.pk} {issue.version} {is_unsaved} {by.pk} {' '.join(addresses)}"
    with transaction.atomic():
        try:
            emails.take_key("proof", emails.Once(key=same, within=emails.DOUBLE_CLICK, at=at))
        except emails.AlreadyQueued:
            raise ProofRefused("You sent this proof a moment ago. It is on its way.") from None
        proof = Proof.objects.create(
            issue_id=issue.pk,
            by=by,
            addresses=addresses,
            version=issue.version,
            is_unsaved=is_unsaved,
            at=at,
        )
        audit_log.record("sent a proof", issue, by=by, proof=proof.pk, recipients=len(addresses))
        for address in addresses:
            emails.queue_rendered_email(
                "proof",
                to=address,
                subject=email.subject,
                text=email.text,
                html=email.html,
                headers=headers,
            )
    return SentProof(proof=proof, addresses=[readable_address(address) for address in addresses])


def forget_addresses(addresses: Iterable[str]) -> int:
    """Remove these addresses from the records of proofs; return how many records had one."""
    keys = {address_key(address) for address in addresses}
    changed = 0
    for pk, found in Proof.objects.values_list("pk", "addresses"):
        kept = [address for address in found if address_key(address) not in keys]
        if kept != found:
            changed += Proof.objects.filter(pk=pk).update(addresses=kept)
    return changed


def _check_limits(count: int, *, by: User, at: datetime) -> None:
    """Count these emails, unless they would be too many. Raises ProofRefused."""
    for subject, limit, who in (
        (str(by.pk), HOURLY_PER_PERSON, "You have sent"),
        ("all", HOURLY_FOR_ALL, "The newsroom has sent"),
    ):
        if counted_within("proof", subject, window=HOUR, at=at) + count > limit:
            raise ProofRefused(
                f"{who} many proofs lately: at most {limit} emails within {in_words(HOUR)}. Try"
                " again later."
            )
    for _ in range(count):
        count_within("proof", str(by.pk), window=HOUR, at=at)
        count_within("proof", "all", window=HOUR, at=at)
