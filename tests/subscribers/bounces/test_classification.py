"""Phrases decide where they are clear, codes where they are vague; class 4 is never hard."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from subscribers.bounces.classification import classify
from subscribers.bounces.report import Reason
from subscribers.models import BounceClassification

GROUPS = tomllib.loads((Path(__file__).parent / "reports/diagnostics.toml").read_text())
DIAGNOSTICS = [
    (diagnostic, classification) for classification, group in GROUPS.items() for diagnostic in group
]
_STATUS = re.compile(r"(?:\[([\d.]+)\] ?)?(.*)", re.DOTALL)


# How reports start, whatever happened.
PREFACES = """
This Message was undeliverable due to the following reason:
your message could not be delivered to one or more recipients. please send mail to postmaster.
I'm afraid I wasn't able to deliver your message to the following addresses. I've given up.
One or more of its recipients. This is a permanent error. The following address(es) failed:
Delivery to the following recipient failed permanently:
Your message did not reach some or all of the intended recipients.
The following addresses had permanent fatal errors
The following addresses had transient non-fatal errors
There was a problem delivering your message to ivy@ward.example. See the details below.
The following message to <ivy@ward.example> was undeliverable. The reason for the problem:
Failed to deliver to 'ivy@ward.example' SMTP module(domain ward.example) reports:
Please verify the addresses and try again.
The recipients could not be delivered to:
Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:
Échec de la remise pour ces destinataires ou groupes :
Error de entrega a los siguientes destinatarios o grupos:
Falha na entrega a estes destinatários ou grupos:
次の受信者またはグループに配信できませんでした:
""".splitlines()


@pytest.mark.parametrize(
    ("diagnostic", "classification"), DIAGNOSTICS, ids=[diagnostic for diagnostic, _ in DIAGNOSTICS]
)
def test_a_diagnostic_is_classified(diagnostic: str, classification: str) -> None:
    written = _STATUS.fullmatch(diagnostic)
    assert written
    found = classify(written[2], status=written[1] or "")
    assert found.classification == classification, found


@pytest.mark.parametrize("diagnostic", [one for one in PREFACES if one])
def test_a_preface_has_no_reason(diagnostic: str) -> None:
    found = classify(diagnostic)
    assert found.reason == Reason.UNCLEAR, found


def test_class_4_is_never_hard_and_neither_is_a_full_mailbox() -> None:
    for diagnostic, classification in DIAGNOSTICS:
        temporary = classify(diagnostic, status="4.1.1")
        assert temporary.classification != BounceClassification.HARD, diagnostic
        if classification == "full":
            full = classify(diagnostic, status="5.1.1")
            assert full.classification != BounceClassification.HARD, diagnostic


@pytest.mark.parametrize(
    ("diagnostic", "status", "classification"),
    [
        ("", "5.1.1", "hard"),
        ("", "5.2.2", "full"),
        ("", "5.7.1", "policy"),
        ("", "5.0.0", "soft"),
        ("", "4.4.7", "soft"),
        ("550 user unknown", "4.0.0", "soft"),
        ("450 user unknown", "5.0.0", "soft"),
        ("550 mailbox full", "5.1.1", "full"),
        ("550 access denied", "5.1.1", "hard"),
    ],
)
def test_the_status_field_decides_where_phrases_do_not(
    diagnostic: str, status: str, classification: str
) -> None:
    found = classify(diagnostic, status=status)
    assert found.classification == classification, found
