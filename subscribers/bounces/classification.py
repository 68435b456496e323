"""Classify a diagnostic: from its phrases and codes to a reason.

Mail systems put a code on a reply because they must, and say in words what they mean: a full
mailbox comes as 5.2.2, as 552, as a plain 550 and as "5.7.1 quota". So clear phrases decide first,
then the enhanced status code (RFC 3463), then the reply code of three digits (RFC 5321). Whatever
the words, class 4 (temporary) is never a hard bounce.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from subscribers.bounces.own_names import is_only_about_us, mark_own_names
from subscribers.bounces.recipient_addresses import ADDRESS, separate_scripts
from subscribers.bounces.report import Reason, classification_of
from subscribers.models import BounceClassification

MAX_CHARS = 3_000
NEAR_CHARS = 80
ABOUT_US = {Reason.SENDER, Reason.SPAM, Reason.RELAYING, Reason.POLICY}
ABOUT_THE_ADDRESS = {
    Reason.USER_UNKNOWN,
    Reason.HOST_UNKNOWN,
    Reason.MOVED,
    Reason.DISABLED,
    Reason.FULL,
}
# What a diagnostic seems to say of the reader, unless it names nobody but us.
NOT_ABOUT_US = {None, Reason.UNCLEAR, Reason.SUSPENDED} | (ABOUT_THE_ADDRESS - {Reason.FULL})
# Reasons by enhanced status code without its class (RFC 3463, section 3, and IANA's registry). The
# longer entry decides.
BY_STATUS_CODE = {
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
    "1.90": Reason.POLICY,  # the sender's daily limit
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
# Reasons by reply code, when the server replied to the recipient's address.
BY_REPLY_CODE = {
    "550": Reason.USER_UNKNOWN,
    "551": Reason.USER_UNKNOWN,
    "552": Reason.FULL,
    "553": Reason.USER_UNKNOWN,
    "556": Reason.HOST_UNKNOWN,
}
_STATUS_CODE = re.compile(r"(?<![\d.\w])([45])\.(\d{1,2})\.(\d{1,3})(?!\d|\.\d)")
_REPLY_CODE = re.compile(
    r"(?:^|smtp;|said:|<<<|[:;\"'(\[>]|error|code|reply|response|status|with|#)[ \t]*(?:#|=)?"
    r"([245]\d\d)(?=[ \t\-#:;.,)\]\"']|$)",
    re.IGNORECASE | re.MULTILINE,
)
_LOOSE_REPLY_CODE = re.compile(r"(?<![\d.:/\-])([45][0-57]\d)(?=[ \-][ A-Za-z#<\d])")
_AFTER_RECIPIENT = re.compile(
    r"(?i)rcpt[ _-]?to|in reply to rcpt|after rcpt|recipient|addressee|>>> rcpt"
)
_AFTER_SENDER = re.compile(
    r"(?i)after (?:mail from|initial|helo|ehlo|connect)|(?:reply to|response to) (?:mail from|helo"
    r"|ehlo)|>>> (?:mail from|ehlo|helo)|after end of data|after data|end of data|>>> data"
)
# Exchange and others write error names with dots; those are phrases, not host names.
_HOST = re.compile(
    r"(?<![\w.-])(?!(?:resolver|storedrv|smtpsend|routing|err)\.)"
    r"(?:https?://\S{1,300}|[\w-]+(?:\.[\w-]+)*\.[a-z][a-z-]+)(?![\w-])"
)
_BLOCK_LIST = re.compile(
    r"(?:spamhaus|spamcop|sorbs|barracudacentral|dnsbl|uribl|surbl|\brbl\b|senderscore|senderbase"
    r"|mailspike|cloudmark|ahbl|cbl\.abuseat)[\w.-]*"
)
_SENTENCE_END = re.compile(r"[.;!?]\s|[。；]")
_ANY_ADDRESS = re.compile(f"<?{ADDRESS}>?")
# "<ivy@ward.example> does not exist": here the address is the subject of the phrase.
_ADDRESS_AS_SUBJECT = re.compile(
    rf"<?{ADDRESS}>?(?=[\s:;,.>)\]'\"-]{{0,8}}"
    r"(?:is |was |has )?(?:unknown|invalid|no longer|does ?n.t exist|(?:does |did )?not exist"
    r"|(?:could )?not (?:be )?(?:found|known|valid|a valid|here)))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseRule:
    """Phrases for a reason. A rule that is not `strong` gives way to a specific status code.

    A `decisive` rule gives way to nothing. Each pattern of `together` must match in one sentence,
    near a match of the first; the sentence must not match `unless`.
    """

    reason: Reason
    pattern: re.Pattern[str] | None
    together: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    strong: bool
    decisive: bool

    def matches(self, text: str) -> bool:
        """Whether a phrase stands in comparable text."""
        if self.pattern is not None and self.pattern.search(text):
            return True
        if not self.together or not all(group.search(text) for group in self.together):
            return False
        return any(map(self._stand_together, _SENTENCE_END.split(text)))

    def _stand_together(self, sentence: str) -> bool:
        if self.unless is not None and self.unless.search(sentence):
            return False
        first, *others = self.together
        near = (
            sentence[max(found.start() - NEAR_CHARS, 0) : found.end() + NEAR_CHARS]
            for found in first.finditer(sentence)
        )
        return any(all(other.search(words) for other in others) for words in near)


_TABLE = tomllib.loads(
    Path(__file__).with_name("diagnostic_phrases.toml").read_text(encoding="utf-8")
)
# Words by which a server says that the failure may pass, whatever its code.
_SAYS_TEMPORARY = re.compile("|".join(_TABLE["temporary"]))


_OF_READERS = re.compile("|".join(_TABLE["of_readers"]))
_OF_US = re.compile("|".join(_TABLE["of_us"]))
_BESIDE_US = re.compile("|".join(_TABLE["beside_us"]))
_OF_RECIPIENT = re.compile("|".join(_TABLE["of_recipient"]))
_WORDS = re.compile(r"[^\W\d_]{3,}")
MIN_WORDS = 3


def _any_of(phrases: list[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(phrases)) if phrases else None


def _read_rules() -> tuple[PhraseRule, ...]:
    return tuple(
        PhraseRule(
            reason=Reason[rule["reason"]],
            pattern=_any_of(rule.get("phrases")),
            together=tuple(re.compile("|".join(group)) for group in rule.get("together", ())),
            unless=_any_of(rule.get("unless")),
            strong=rule.get("strong", True),
            decisive=rule.get("decisive", False),
        )
        for rule in _TABLE["rule"]
    )


PHRASE_RULES = _read_rules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Why an email was not delivered, whether that may pass, and the status code that says so."""

    reason: Reason
    temporary: bool
    status: str

    @property
    def classification(self) -> BounceClassification:
        """What this means for the address."""
        return classification_of(self.reason, temporary=self.temporary)


def classify(
    diagnostic: str, *, status: str = "", context: str = "", recipient: str = ""
) -> Diagnosis:
    """Return the reason for a diagnostic, the status field beside it and the text around it.

    `context` counts only where the diagnostic itself says nothing. `recipient` is whom the email
    went to: any other address at a host of ours is about us.
    """
    diagnostic = diagnostic[:MAX_CHARS]
    phrases = comparable_text(diagnostic)
    own_status = find_status_code(diagnostic)
    reply_code = find_reply_code(diagnostic)
    # A status field such as 5.0.0 only says "failed", and 5.1.1 is what some systems write whenever
    # a recipient was refused. The server's own code says more.
    own_decides = own_status and (_is_vague(status) or _is_about_policy(own_status))
    best_status = own_status if own_decides else status or own_status
    temporary = _is_temporary(status, own_status=own_status, reply_code=reply_code)
    temporary = temporary or bool(_SAYS_TEMPORARY.search(phrases))
    reason = _by_phrases(phrases, status=best_status, strong_only=False)
    if reason in NOT_ABOUT_US and is_only_about_us(diagnostic, recipient=recipient):
        reason = Reason.SENDER
    if reason is None:
        reason = _by_codes(best_status, reply_code=reply_code, diagnostic=diagnostic)
        if reason == Reason.USER_UNKNOWN and _speaks_of_something_else(phrases):
            reason = Reason.UNCLEAR
    if reason in NOT_ABOUT_US - {None} and _speaks_of_us(phrases):
        reason = Reason.SENDER
    if reason in {None, Reason.UNCLEAR, Reason.SYSTEM, Reason.NETWORK} and context:
        context = context[:MAX_CHARS]
        if not (own_status or reply_code or status):
            reply_code = find_reply_code(context)
            own_status = find_status_code(context)
            temporary = _is_temporary("", own_status=own_status, reply_code=reply_code)
        reason = (
            _by_phrases(
                comparable_text(context),
                status=best_status or own_status,
                strong_only=bool(best_status or reason),
            )
            or reason
            or _by_codes(best_status or own_status, reply_code=reply_code, diagnostic=context)
        )
    reason = _milder_by_codes(reason or Reason.UNCLEAR, codes=(status, own_status))
    return Diagnosis(reason=reason, temporary=temporary, status=best_status or own_status)


def _speaks_of_something_else(phrases: str) -> bool:
    """Whether words that no rule knows say nothing of a reader or a mailbox.

    Some systems write 5.1.1 over whatever went wrong; a code alone counts, and so do a few words.
    """
    return len(_WORDS.findall(phrases)) >= MIN_WORDS and not _OF_READERS.search(phrases)


def _speaks_of_us(phrases: str) -> bool:
    """Whether a refusal names the sender, in any language, and not the recipient.

    A reader who is wrongly left out loses more than one who is kept for another issue.
    """
    refusal = _BESIDE_US.sub(" ", phrases)
    return bool(_OF_US.search(refusal)) and not _OF_RECIPIENT.search(refusal)


def _milder_by_codes(reason: Reason, *, codes: tuple[str, str]) -> Reason:
    """Return FULL for x.2.2 and SENDER for x.1.7 and x.1.8, where phrases blame the address."""
    reasons = {_by_status_code(code) for code in codes}
    for milder in (Reason.FULL, Reason.SENDER):
        if milder in reasons and reason in ABOUT_THE_ADDRESS:
            return milder
    return reason


def _is_vague(status: str) -> bool:
    return not status or status.endswith(".0.0")


def _is_about_policy(status: str) -> bool:
    """Whether a code such as 5.7.1 speaks of security or policy, and not of a mailbox."""
    return status[2:4] == "7."


def _is_temporary(status: str, *, own_status: str, reply_code: str) -> bool:
    """Whether class 4 stands in the status field, or in the server's reply if that is vague."""
    if status.startswith("4"):
        return True
    if status and not _is_vague(status):
        return own_status.startswith("4") or (not own_status and reply_code.startswith("4"))
    return (own_status or reply_code).startswith("4")


def _names_the_address(status: str) -> bool:
    """Whether a code such as 5.1.1 blames the address, whatever else is said."""
    return status[2:] in {"1.1", "1.2", "1.3", "1.6", "1.10", "2.2"}


def _by_phrases(phrases: str, *, status: str, strong_only: bool) -> Reason | None:
    """Return the reason that comparable text gives; None if no phrase in it is known."""
    # Most texts need only the rules above the first that matches.
    found = (
        rule for rule in PHRASE_RULES if (rule.strong or not strong_only) and rule.matches(phrases)
    )
    first = next(found, None) if phrases else None
    if first is None:
        return None
    if first.decisive:
        return first.reason
    if first.reason in (ABOUT_US | {Reason.RATE}) - {Reason.RELAYING} and _names_the_address(
        status
    ):
        first = next((rule for rule in found if rule.reason in ABOUT_THE_ADDRESS), first)
    if first.reason == Reason.EXPIRED and _names_the_address(status):
        return _by_status_code(status)
    return _unless_weak(first, status=status)


def _unless_weak(rule: PhraseRule, *, status: str) -> Reason:
    """Return a rule's reason, or that of a specific status code if the rule is weak."""
    if rule.strong or status[2:3] in {"", "0"}:
        return rule.reason
    by_status = _by_status_code(status)
    if rule.reason == Reason.POLICY and by_status not in ABOUT_THE_ADDRESS:
        return rule.reason
    if by_status in {None, Reason.UNCLEAR, Reason.SYSTEM}:
        return rule.reason
    return by_status


def _by_status_code(status: str) -> Reason | None:
    parts = status.split(".")
    if len(parts) != 3 or parts[0] == "2" or parts[1] == "0":
        return None
    return BY_STATUS_CODE.get(f"{parts[1]}.{parts[2]}") or BY_STATUS_CODE.get(parts[1])


def _by_codes(status: str, *, reply_code: str, diagnostic: str) -> Reason | None:
    if reason := _by_status_code(status):
        return reason
    if reply_code in BY_REPLY_CODE and not _AFTER_SENDER.search(diagnostic):
        if reply_code in {"550", "551", "553"} and not _AFTER_RECIPIENT.search(diagnostic):
            return None
        return BY_REPLY_CODE[reply_code]
    return None


def find_status_code(text: str) -> str:
    """Return the first enhanced status code of class 4 or 5 in a text; empty if there is none."""
    found = _STATUS_CODE.search(text)
    return found[0] if found else ""


def find_reply_code(text: str) -> str:
    """Return the last reply code of class 4 or 5 in a text; empty if there is none."""
    codes = _REPLY_CODE.findall(text) or _LOOSE_REPLY_CODE.findall(text)
    failing = [code for code in codes if code[0] in "45"]
    return failing[-1] if failing else ""


def comparable_text(text: str) -> str:
    """Return text in lower case on one line, without addresses and host names.

    A host may be called spamfilter, a mailbox unknown. Block lists stay, as "dnsbl".
    """
    text = " ".join(separate_scripts(text.lower()).replace("’", "'").split())
    text = mark_own_names(_BLOCK_LIST.sub(" dnsbl ", text))
    text = _ANY_ADDRESS.sub(" ", _ADDRESS_AS_SUBJECT.sub(" address ", text))
    return " ".join(_HOST.sub(" ", text).split())
