"""Words decide where they are plain, codes where words are vague; class 4 never condemns."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from subscribers.bounces.classification import judge
from subscribers.bounces.report import Reason, Verdict, verdict_of

GROUPS = tomllib.loads((Path(__file__).parent / "reports/diagnostics.toml").read_text())
ROWS = [(words, verdict) for verdict, group in GROUPS.items() for words in group]
_STATUS = re.compile(r"(?:\[([\d.]+)\] ?)?(.*)", re.DOTALL)


# How reports begin, which is the same for whatever happened.
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


@pytest.mark.parametrize(("words", "verdict"), ROWS, ids=[words for words, _ in ROWS])
def test_a_diagnostic_is_judged(words: str, verdict: str) -> None:
    told = _STATUS.fullmatch(words)
    assert told
    judged = judge(told[2], status=told[1] or "")
    assert verdict_of(judged.reason, temporary=judged.temporary) == verdict, judged


@pytest.mark.parametrize("words", [one for one in PREFACES if one])
def test_a_preface_that_says_nothing_condemns_nobody(words: str) -> None:
    judged = judge(words)
    assert judged.reason == Reason.UNCLEAR, judged


def test_class_4_is_never_hard_and_a_full_mailbox_neither() -> None:
    for words, verdict in ROWS:
        late = judge(words, status="4.1.1")
        assert verdict_of(late.reason, temporary=late.temporary) != Verdict.HARD, words
        if verdict == "full":
            full = judge(words, status="5.1.1")
            assert verdict_of(full.reason, temporary=full.temporary) != Verdict.HARD, words


@pytest.mark.parametrize(
    ("words", "status", "verdict"),
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
def test_the_field_speaks_where_words_do_not(words: str, status: str, verdict: str) -> None:
    judged = judge(words, status=status)
    assert verdict_of(judged.reason, temporary=judged.temporary) == verdict, judged
