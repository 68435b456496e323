"""From words and codes to a reason: words beat codes, and class 4 never condemns.

Mail systems put a code on a reply because they must, and say in words what they mean: a full
mailbox comes as 5.2.2, as 552, as a plain 550 and as "5.7.1 quota". So the words decide where they
are plain, the enhanced code (RFC 3463) where they are vague, the three digits (RFC 5321) last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.bounces.delivery_status import find_status
from subscribers.bounces.report import Reason
from subscribers.bounces.report_addresses import ADDRESS, part_scripts
from subscribers.bounces.word_tables import TABLE, Row

MAX_WORDS = 3_000
ABOUT_US = {Reason.SENDER, Reason.SPAM, Reason.RELAYING, Reason.POLICY}
ABOUT_THE_ADDRESS = {
    Reason.USER_UNKNOWN,
    Reason.HOST_UNKNOWN,
    Reason.MOVED,
    Reason.DISABLED,
    Reason.FULL,
}
# What an enhanced code says when words say nothing (RFC 3463, section 3, and IANA's registry).
# The longest prefix decides.
BY_STATUS = {
    "1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.4": Reason.UNCLEAR,  # ambiguous
    "1.5": Reason.UNCLEAR,  # valid
    "1.6": Reason.MOVED,
    "1.7": Reason.SENDER,
    "1.8": Reason.SENDER,
    "1.9": Reason.SYSTEM,
    "1.10": Reason.HOST_UNKNOWN,
    "1.20": Reason.SENDER,
    "1.90": Reason.POLICY,  # more than a sender may send in a day
    "2": Reason.UNCLEAR,
    "2.1": Reason.DISABLED,
    "2.2": Reason.FULL,
    "2.3": Reason.TOO_BIG,
    "3": Reason.SYSTEM,
    "3.4": Reason.TOO_BIG,
    "4": Reason.NETWORK,
    "4.4": Reason.HOST_UNKNOWN,
    "4.310": Reason.HOST_UNKNOWN,
    "4.6": Reason.LOOP,
    "4.7": Reason.EXPIRED,
    "5": Reason.SYSTEM,
    "6": Reason.POLICY,
    "7": Reason.POLICY,
}
# Replies without an enhanced code, when the server answered the recipient's name.
BY_CODE = {
    "550": Reason.USER_UNKNOWN,
    "551": Reason.USER_UNKNOWN,
    "552": Reason.FULL,
    "553": Reason.USER_UNKNOWN,
    "556": Reason.HOST_UNKNOWN,
}
_CODE = re.compile(
    r"(?:^|smtp;|said:|<<<|[:;\"'(\[>]|error|code|reply|response|status|with|#)[ \t]*(?:#|=)?"
    r"([245]\d\d)(?=[ \t\-#:;.,)\]\"']|$)",
    re.IGNORECASE | re.MULTILINE,
)
_LOOSE_CODE = re.compile(r"(?<![\d.:/\-])([45][0-57]\d)(?=[ \-][ A-Za-z#<\d])")
_AFTER_RECIPIENT = re.compile(
    r"(?i)rcpt[ _-]?to|in reply to rcpt|after rcpt|recipient|addressee|>>> rcpt"
)
_AFTER_SENDER = re.compile(
    r"(?i)after (?:mail from|initial|helo|ehlo|connect)|(?:reply to|response to) (?:mail from|helo"
    r"|ehlo)|>>> (?:mail from|ehlo|helo)|after end of data|after data|end of data|>>> data"
)
# Exchange and others write their own errors as names with dots; those are words.
_HOST = re.compile(
    r"(?<![\w.-])(?!(?:resolver|storedrv|smtpsend|routing|err)\.)"
    r"(?:https?://\S{1,300}|[\w-]+(?:\.[\w-]+)*\.[a-z][a-z-]+)(?![\w-])"
)
_LISTS = re.compile(
    r"(?:spamhaus|spamcop|sorbs|barracudacentral|dnsbl|uribl|surbl|\brbl\b|senderscore|senderbase"
    r"|mailspike|cloudmark|ahbl|cbl\.abuseat)[\w.-]*"
)
_ANY_ADDRESS = re.compile(f"<?{ADDRESS}>?")
# "<ivy@ward.example> does not exist": here the address itself is a word of the sentence.
_ADDRESS_AS_WORD = re.compile(
    rf"<?{ADDRESS}>?(?=[\s:;,.>)\]'\"-]{{0,8}}"
    r"(?:is |was |has )?(?:unknown|invalid|no longer|does ?n.t exist|(?:does |did )?not exist"
    r"|(?:could )?not (?:be )?(?:found|known|valid|a valid|here)))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A reason, and whether it may be over soon."""

    reason: Reason
    temporary: bool
    status: str


def judge(words: str, *, status: str = "", context: str = "") -> Judgement:
    """Judge a diagnostic by its words, the status field beside it, and the words around it.

    `context` is asked only where the diagnostic itself says nothing.
    """
    words = words[:MAX_WORDS]
    told = find_status(words)
    code = find_code(words)
    # A field such as 5.0.0 says no more than "failed": the server's own code says more.
    best = told if told and _is_vague(status) else status or told
    temporary = _is_temporary(status, told=told, code=code)
    reason = _by_words(words, status=best, strong_only=False)
    if reason is None:
        reason = _by_code(best, code=code, words=words)
    if reason in {None, Reason.UNCLEAR, Reason.SYSTEM, Reason.NETWORK} and context:
        around = context[:MAX_WORDS]
        if not (told or code or status):
            code = find_code(around)
            told = find_status(around)
            temporary = _is_temporary("", told=told, code=code)
        found = _by_words(around, status=best or told, strong_only=bool(best or reason))
        reason = found or reason or _by_code(best or told, code=code, words=around)
    reason = _never_too_hard(reason or Reason.UNCLEAR, codes=(status, told))
    return Judgement(reason=reason, temporary=temporary, status=best or told)


def _never_too_hard(reason: Reason, *, codes: tuple[str, str]) -> Reason:
    """Let x.2.2 mean a full mailbox and x.1.7, x.1.8 the sender, whatever the words say."""
    by_codes = {_by_status(code) for code in codes}
    for milder in (Reason.FULL, Reason.SENDER):
        if milder in by_codes and reason in ABOUT_THE_ADDRESS:
            return milder
    return reason


def _is_vague(status: str) -> bool:
    return not status or status.endswith(".0.0")


def _is_temporary(status: str, *, told: str, code: str) -> bool:
    """Class 4 anywhere that counts: the field, or what the server said where the field is vague."""
    if status.startswith("4"):
        return True
    if status and not _is_vague(status):
        return told.startswith("4") or (not told and code.startswith("4"))
    return (told or code).startswith("4")


def _names_the_address(status: str) -> bool:
    """5.1.1 and its like say that it is the address, whatever else is said."""
    return status[2:] in {"1.1", "1.2", "1.3", "1.6", "1.10", "2.2"}


def _by_words(words: str, *, status: str, strong_only: bool) -> Reason | None:
    text = plain_words(words)
    if not text:
        return None
    found = [row for row in TABLE if (row.strong or not strong_only) and row.words.search(text)]
    if not found:
        return None
    first = found[0]
    if first.reason in ABOUT_US and _names_the_address(status):
        first = next((row for row in found if row.reason in ABOUT_THE_ADDRESS), first)
    if first.reason == Reason.EXPIRED and _names_the_address(status):
        return _by_status(status)
    return _unless_vague(first, status=status)


def _unless_vague(first: Row, *, status: str) -> Reason:
    """Let a plain enhanced code speak where the only words are vague ones."""
    if first.strong or status[2:3] in {"", "0"}:
        return first.reason
    by_status = _by_status(status)
    if first.reason == Reason.POLICY and by_status not in ABOUT_THE_ADDRESS:
        return first.reason
    if by_status in {None, Reason.UNCLEAR, Reason.SYSTEM}:
        return first.reason
    return by_status


def _by_status(status: str) -> Reason | None:
    parts = status.split(".")
    if len(parts) != 3 or parts[0] == "2" or parts[1] == "0":
        return None
    return BY_STATUS.get(f"{parts[1]}.{parts[2]}") or BY_STATUS.get(parts[1])


def _by_code(status: str, *, code: str, words: str) -> Reason | None:
    if reason := _by_status(status):
        return reason
    if code in BY_CODE and not _AFTER_SENDER.search(words):
        if code in {"550", "551", "553"} and not _AFTER_RECIPIENT.search(words):
            return None
        return BY_CODE[code]
    return None


def find_code(words: str) -> str:
    """Give the three digits of the reply in words, the last one if there are several."""
    codes = _CODE.findall(words) or _LOOSE_CODE.findall(words)
    failing = [code for code in codes if code[0] in "45"]
    return failing[-1] if failing else ""


def plain_words(words: str) -> str:
    """Give the words in small letters on one line, without addresses and host names.

    A host may be called spamfilter, a mailbox unknown. Names of block lists stay, as "dnsbl".
    """
    text = " ".join(part_scripts(words.lower()).replace("’", "'").split())
    text = _LISTS.sub(" dnsbl ", text)
    text = _ANY_ADDRESS.sub(" ", _ADDRESS_AS_WORD.sub(" address ", text))
    return " ".join(_HOST.sub(" ", text).split())
