"""Words decide where they are plain, codes where words are vague; class 4 never condemns."""

from __future__ import annotations

import pytest

from subscribers.reports.judging import judge
from subscribers.reports.verdicts import verdict_of

HARD = [
    "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in mailbox table",
    "550 5.1.1 The email account that you tried to reach does not exist",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 Requested action not taken: mailbox unavailable",
    "550 #5.1.0 Address rejected.",
    "550 Invalid recipient a@b.example",
    "550 a@b.example unknown",
    "550 5.7.1 <a@b.example>... User unknown",
    "550 spamfilter.b.example: no such user",
    "500 err.nosuchuser",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "551 User has moved; please try <c@d.example>",
    "Host or domain name not found. Name service error for name=b.example type=A",
    "Sorry, I couldn't find any host named b.example. (#5.1.2)",
    "556 5.1.10 Recipient address has a null MX",
    "Unrouteable address",
    "User ivy not listed in public Name & Address Book",
    "550 Empfängeradresse existiert nicht",
    "550 Destinataire inconnu",
    "550 Usuario desconocido",
    "550 нет такого пользователя",
    "550 宛先のアドレスが見つかりません",
    "554 This account has been disabled or discontinued",
]
FULL = [
    "552 5.2.2 Mailbox full",
    "550 5.1.1 mailbox is full",
    "550 5.7.1 Quota violation",
    "452 4.2.2 The email account that you tried to reach is over quota",
    "552 Message would exceed user's quota",
    "554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException",
    "Requested mail action aborted: exceeded storage allocation",
    "550 user has too many messages on the server",
    "550 Postfach ist voll",
    "550 boîte aux lettres pleine",
]
POLICY = [
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 5.7.1 Message rejected as unsolicited bulk mail",
    "550 5.7.1 Access denied",
    "554 5.7.1 Relay access denied",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "552 5.3.4 Message size exceeds fixed limit",
    "550 5.1.8 Sender address rejected: Domain not found",
    "550 Sender verify failed",
    "550 5.7.26 This mail is unauthenticated",
    "550 rejected per our SPF policy",
    "554 5.7.1 <mail.c.example>: Helo command rejected: Host not found",
    "they are not accepting mail with attachments",
    "550 5.7.1 message sending rate limit exceeded",
]
SOFT = [
    "450 4.1.1 user unknown",
    "451 no such user here, try again",
    "connect to b.example: Connection timed out",
    "retry timeout exceeded",
    "554 5.4.14 Hop count exceeded - possible mail loop",
    "Too many hops 26 (25 max)",
    "452 4.3.1 Insufficient system resources",
    "550 5.4.316 Message expired, connection refused",
    "554 no",
    "",
]
CASES = {"hard": HARD, "full": FULL, "policy": POLICY, "soft": SOFT}


@pytest.mark.parametrize(
    ("words", "verdict"), [(words, name) for name, rows in CASES.items() for words in rows]
)
def test_a_diagnostic_is_judged(words: str, verdict: str) -> None:
    judged = judge(words)
    assert verdict_of(judged.reason, temporary=judged.temporary) == verdict, judged


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
