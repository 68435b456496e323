"""Which columns say who must not be emailed, and what their cells say.

A column is understood by the stems of its name (`status_stems`) and by what its cells hold. A
column of yes and no, of dates or of status words that is not understood is a question to the person
who imports: nobody gets in silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from functools import lru_cache

from subscribers.lists.dates import looks_like_a_date
from subscribers.lists.harmless_names import is_harmless_time, is_joining_time
from subscribers.lists.import_errors import ImportRefused, RefusalReason
from subscribers.lists.status_stems import (
    NameKind,
    NameStems,
    excluding_reason,
    fold,
    is_about_a_time,
    wants_no_emails,
    words_of_name,
)

# --- Cells


class CellKind(Enum):
    """What a cell of a status column says."""

    BLANK = auto()
    NO = auto()
    YES = auto()
    DATE = auto()
    SUBSCRIBED = auto()
    EXCLUDED = auto()
    OTHER = auto()


_YES = {
    *("1", "t", "true", "y", "yes", "on", "x", "checked", "ticked", "1 0"),
    *("j", "ja", "wahr", "oui", "o", "vrai", "s", "si", "verdadero", "vero", "waar", "sim"),
    # Polish, Czech, Finnish, Turkish, Hungarian, Romanian, Russian, Ukrainian, Greek, Japanese,
    # Chinese, Korean
    *("tak", "ano", "kylla", "evet", "igen", "da", "да", "так", "ναι", fold("はい"), "是"),
    fold("예"),
}
_NO = {
    *("0", "f", "false", "n", "never", "no", "off", "0 0", "unchecked"),
    *("nein", "niemals", "falsch", "non", "jamais", "faux", "nunca", "falso", "nee", "onwaar"),
    *("nooit", "nao"),
    *("nie", "ne", "nej", "nei", "ei", "hayir", "hayır", "nem", "nu", "нет", "ні", fold("όχι")),
    *(fold("いいえ"), "否", fold("아니요")),
}
_BLANK = {
    *("", "none", "null", "nil", "nan", "na", "n a", "empty", "0000 00 00", "00 00 0000"),
    *("0000 00 00 00 00 00", "0000 00 00t00 00 00z"),
}
_TICKS, _CROSSES = set("✓✔☑✅"), set("✗✘☒❌☐")
# What stands for nothing. Other marks, such as + or ●, may be a yes or a no.
_EMPTY_MARKS = set("-–—_./\\|~\"'`()[]{}?") | set(" \t\u00a0\u200b\ufeff")
_MONTH_AND_YEAR = re.compile(r"[a-z]{3,10} (?:19|20)\d\d")
_SUBSCRIBED = {
    *("active", "confirmed", "consented", "double opt in", "enabled", "granted", "member", "ok"),
    *("opted in", "optin", "opt in", "subscribed", "valid", "verified", "deliverable", "allow"),
    *("allowed", "accepted", "agreed", "express", "explicit", "marketing contact", "activated"),
    *("aktiv", "angemeldet", "abonniert", "bestatigt", "bestaetigt", "eingetragen", "erlaubt"),
    *("zugestimmt", "eingewilligt", "gultig", "gueltig", "actif", "abonne", "inscrit", "confirme"),
    *("accepte", "valide", "activo", "suscrito", "confirmado", "aceptado", "inscrito", "valido"),
    *("attivo", "iscritto", "confermato", "accettato", "actief", "ingeschreven", "geabonneerd"),
    *("bevestigd", "aangemeld", "geldig", "ativo", "activa", "attiva", "suscrita", "iscritta"),
    *("live", "current"),
}
# Those words that a column about unsubscribing has for people who did not.
_NOT_UNSUBSCRIBED = {"subscribed", "opted in", "opt in", "optin", "allow", "allowed", "erlaubt"}
# No yes or no are these cells: one character for a gender, several words for a company, and a
# code of two characters, such as “no” for Norway.
_GENDER = re.compile(r"gender|geschlecht|genre|sexo?|sesso|geslacht")
_OF_COMPANIES = re.compile(r"company|firma|organi[sz]ation")
_CODED = re.compile(
    r"(?:\w+ )?(?:country|land|pays|pais|paese|language|lang|sprache|langue|idioma|lingua|taal"
    r"|locale)(?: code| iso)?"
)
_REASON_NAME = re.compile(r"reason|grund|raison|motif|motivo|reden|category|type|typ\b|cause")
_MOST_CHARS = 60  # of a status
_MOST_CHARS_OF_A_NOTE = 300


@lru_cache(maxsize=1 << 12)
def read_cell(cell: str) -> CellKind:
    """Return what a cell says: yes, no, a date, a status, or something else."""
    words = fold(cell)
    if not words:
        return _read_marks(set(cell))
    for kind, known in (
        (CellKind.BLANK, _BLANK),
        (CellKind.YES, _YES),
        (CellKind.NO, _NO),
        (CellKind.SUBSCRIBED, _SUBSCRIBED),
    ):
        if words in known:
            return kind
    if looks_like_a_date(cell) or _is_month_and_year(words):
        return CellKind.DATE
    if len(words) > _MOST_CHARS:
        return CellKind.OTHER
    if excluding_reason(words):
        return CellKind.EXCLUDED
    first = words.partition(" ")[0]
    if words.count(" ") < 4 and first != words and len(first) > 1:  # “Yes, please”
        return CellKind.YES if first in _YES else CellKind.NO if first in _NO else CellKind.OTHER
    return CellKind.OTHER


def _read_marks(marks: set[str]) -> CellKind:
    if marks & _TICKS:
        return CellKind.YES
    if marks & _CROSSES:
        return CellKind.NO
    return CellKind.BLANK if marks <= _EMPTY_MARKS else CellKind.OTHER


def _is_month_and_year(words: str) -> bool:
    return bool(_MONTH_AND_YEAR.fullmatch(words)) and looks_like_a_date(f"1 {words}")


# --- Rules


class StatusRuleKind(StrEnum):
    """How a column says whether its row may be imported; the values are words of `--meaning`."""

    STATUS_WORD = "status"
    REFUSE_IF_YES = "do-not-email"
    REFUSE_IF_NO = "may-email"
    ONLY_WORD = "only"


IGNORE = "ignore"
MEANINGS = (IGNORE, *StatusRuleKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRule:
    """What a column says about its rows; `reason` is why they are refused, unless a word says it.

    `word` is the one that ONLY_WORD lets in. An empty cell of a status column refuses its row if
    `refuses_blank`.
    """

    kind: StatusRuleKind
    reason: RefusalReason = RefusalReason.UNSUBSCRIBED
    word: str = ""
    refuses_blank: bool = False

    @property
    def description(self) -> str:
        """What happens to which rows, for the report."""
        if self.kind is StatusRuleKind.ONLY_WORD:
            return f"Refused unless “{self.word}”"
        return _DESCRIPTIONS[self.kind]

    def check(self, cell: str) -> RefusalReason | None:
        """Return why a row with this cell is refused; None when it may be imported."""
        if self.kind is StatusRuleKind.REFUSE_IF_NO and _PLAIN_TIME.match(cell):
            return None
        return self._check(cell)

    def _check(self, cell: str) -> RefusalReason | None:
        kind, words = read_cell(cell), fold(cell)
        if self.kind is StatusRuleKind.ONLY_WORD:
            return None if words == fold(self.word) else RefusalReason.UNKNOWN_STATUS
        if self.kind is StatusRuleKind.REFUSE_IF_YES:
            admits = kind in {CellKind.BLANK, CellKind.NO} or words in _NOT_UNSUBSCRIBED
            return None if admits else self.reason
        if kind is CellKind.EXCLUDED:
            return excluding_reason(words)
        if self.kind is StatusRuleKind.REFUSE_IF_NO:
            return self.reason if kind in {CellKind.BLANK, CellKind.NO} else None
        if kind is CellKind.BLANK:
            if words:  # such as “none”
                return RefusalReason.UNKNOWN_STATUS
            return RefusalReason.NO_STATUS if self.refuses_blank else None
        if kind is CellKind.NO:
            return RefusalReason.UNSUBSCRIBED
        is_code = len(words) == 1 and words not in {"1", "y", "j"}  # O may be “opted out”
        admits = kind in {CellKind.YES, CellKind.SUBSCRIBED} and not is_code
        return None if admits else RefusalReason.UNKNOWN_STATUS


_DESCRIPTIONS = {
    StatusRuleKind.STATUS_WORD: "Refused unless subscribed",
    StatusRuleKind.REFUSE_IF_YES: "Refused if yes",
    StatusRuleKind.REFUSE_IF_NO: "Refused if no or empty",
}
_PLAIN_TIME = re.compile(r"(?:19|20)\d\d-\d\d-\d\d", re.ASCII)
STATUS_WORD_RULE = StatusRule(kind=StatusRuleKind.STATUS_WORD)


def refuse_if_yes(reason: RefusalReason) -> StatusRule:
    """Return the rule of a column in which anything but a no refuses the row."""
    return StatusRule(kind=StatusRuleKind.REFUSE_IF_YES, reason=reason)


def refuse_if_no(reason: RefusalReason) -> StatusRule:
    """Return the rule of a column in which a no or nothing refuses the row."""
    return StatusRule(kind=StatusRuleKind.REFUSE_IF_NO, reason=reason)


def read_meaning(meaning: str) -> StatusRule | None:
    """Return the rule that a person chose for a column; None to ignore it. Raises ImportRefused."""
    kind, _, word = meaning.partition(":")
    if meaning == IGNORE:
        return None
    if kind in set(StatusRuleKind) and bool(word.strip()) == (kind == StatusRuleKind.ONLY_WORD):
        return StatusRule(kind=StatusRuleKind(kind), word=word.strip())
    raise ImportRefused(
        f"We do not know the meaning {meaning[:60]!r} of a column. Choose one of:"
        f" {', '.join(one for one in MEANINGS if one != StatusRuleKind.ONLY_WORD)}, only:WORD."
    )


# --- Columns


_DESCRIPTIONS_OF_PEOPLE = {NameKind.NUMBERS, NameKind.DESCRIPTION}


def classify_name(name: str) -> tuple[NameKind, StatusRule | None]:
    """Return what a column's name says, and for RULE and STATUS the rule."""
    stems = NameStems.of(name)
    if described := stems.described:
        return described, None
    if stems.is_unclear:
        return NameKind.UNCLEAR, None
    if stems.is_status and not stems.is_about_a_time:
        return NameKind.STATUS, STATUS_WORD_RULE
    if reason := stems.refuses_if_yes:
        return NameKind.RULE, refuse_if_yes(reason)
    return _classify_unless_excluding(stems)


def _classify_unless_excluding(stems: NameStems) -> tuple[NameKind, StatusRule | None]:
    if is_harmless_time(stems.words):
        return NameKind.DATES, None
    if is_joining_time(stems.words):
        return NameKind.JOINING, None
    if stems.admitting is None or stems.is_status:
        return NameKind.UNKNOWN, None
    if stems.has_words_of_doubt:
        return NameKind.DOUBTFUL, None
    return NameKind.RULE, refuse_if_no(stems.admitting)


def _is_short(cell: str) -> bool:
    """Whether a cell is a mark, or a word or two, and no number of some size."""
    words = fold(cell)
    if words.replace(" ", "").isdecimal():
        return words in {"0", "1", "2"} or read_cell(cell) is not CellKind.OTHER
    return len(words) <= _SHORT_CHARS and words.count(" ") < 3 and not re.search(r"@|://", cell)


@dataclass(slots=True)
class ColumnCells:
    """What the cells of a column hold, as far as it has been read."""

    name: str
    kind: NameKind
    rule: StatusRule | None
    has_known_name: bool = False  # it is in a list of names, not only like one
    is_fixed: bool = False  # the rule of a known export
    is_consent_date: bool = False  # it says when people agreed, and a date was stated for the rest
    kinds: set[CellKind] = field(default_factory=set)
    words: dict[str, None] = field(default_factory=dict)  # the different cells, in their order
    loud: str = ""  # the first cell that says that somebody must not be emailed
    is_free_text: bool = False

    @classmethod
    def answered(cls, name: str, rule: StatusRule) -> ColumnCells:
        """Return a column whose meaning a person told us."""
        return cls(name=name, kind=NameKind.RULE, rule=rule, has_known_name=True)

    def add(self, cells: Iterable[str]) -> None:
        """Read different cells of the column."""
        may_hold_times = is_about_a_time(words_of_name(self.name))
        for cell in cells:
            if cell in self.words:
                continue
            if self.is_free_text:  # one note among many may still say it
                if not self._may_be_loud:
                    return
                self._listen_to(cell)
                continue
            kind = read_cell(cell)
            if kind is not CellKind.BLANK and self._describes(cell):
                kind = CellKind.OTHER
            if cell.strip().isdecimal() and kind in {CellKind.DATE, CellKind.OTHER}:
                # A count or a code of people to leave out; elsewhere a number of some kind.
                may_be_time = may_hold_times or self.rule is not None or len(cell.strip()) >= 10
                is_date = kind is CellKind.DATE and may_be_time
                other = CellKind.YES if self._excludes else CellKind.OTHER
                kind = CellKind.DATE if is_date or self._is_year(cell) else other
            self.kinds.add(kind)
            if kind is CellKind.BLANK:
                continue
            self.words[cell] = None
            self._listen_to(cell)
            if len(self.words) > _MOST_WORDS:
                self.is_free_text = self.kinds - {CellKind.BLANK} != {CellKind.DATE}
                if not self._may_be_loud:
                    return

    def _listen_to(self, cell: str) -> None:
        is_new = not self.loud and len(cell) <= _MOST_CHARS_OF_A_NOTE
        if is_new and wants_no_emails(words_of_name(cell)):
            self.loud = cell

    @property
    def _may_be_loud(self) -> bool:
        """Whether one note among many may still say that somebody must not be emailed."""
        return self.kind is NameKind.FREE_WORDS and not self.loud

    def _describes(self, cell: str) -> bool:
        """Whether a cell of a description is a number or code, although it may be a yes or no."""
        words, name = fold(cell), words_of_name(self.name)
        if self.kind is NameKind.NUMBERS:
            return words.replace(" ", "").isdecimal()
        if self.kind is not NameKind.DESCRIPTION:
            return False
        is_gender = len(words) == 1 and words.isalpha() and _GENDER.search(name)
        is_company = re.search(r"[a-z] [a-z]", words) and _OF_COMPANIES.search(name)
        is_code = len(words) == 2 and _CODED.fullmatch(name)
        return bool(is_gender or is_company or is_code)

    def _is_year(self, cell: str) -> bool:
        may_be = self.kind not in _DESCRIPTIONS_OF_PEOPLE and not self._excludes
        return may_be and bool(_YEAR.fullmatch(cell.strip()))

    @property
    def is_known(self) -> bool:
        """Whether the rule holds whatever the cells are."""
        if self.is_fixed:
            return True
        says_nothing = self.kind is NameKind.NOTHING or self.kind in _DESCRIPTIONS_OF_PEOPLE
        return self.has_known_name and not says_nothing and not self._admits

    @property
    def is_settled(self) -> bool:
        """Whether more cells cannot change what becomes of the column."""
        if self.is_known and self.rule != STATUS_WORD_RULE:
            return True
        if self.is_known:
            return self.has_blanks_beside_words
        if self.kind in _DESCRIPTIONS_OF_PEOPLE and CellKind.OTHER in self.kinds:
            return True
        return self.kind is NameKind.NOTHING or (
            len(self.words) > _MOST_WORDS and not self._may_be_loud
        )

    @property
    def has_blanks_beside_words(self) -> bool:
        return CellKind.BLANK in self.kinds and bool(self.words)

    def decide(self) -> StatusRule | Question | None:
        """Return the rule of the column, what to ask about it, or None if it says nothing."""
        if self.is_consent_date:
            return self._decide_about_blank_dates()
        has_rule = self.kind in {NameKind.RULE, NameKind.STATUS, NameKind.REGION}
        if self.is_known or (self.is_free_text and self.has_known_name):
            return self.rule
        if self.kind is NameKind.NOTHING or not self.words:
            return self.rule if self.kind is NameKind.RULE else None
        if self.kind in _DESCRIPTIONS_OF_PEOPLE:
            return self._question() if self._has_only_status else None
        if has_rule and (self._has_only_status or self._is_a_reason):
            return self.rule
        if self.kind is NameKind.DATES and self.kinds <= {CellKind.BLANK, CellKind.DATE}:
            return None
        if self.kind is NameKind.JOINING and self.kinds == {CellKind.DATE}:
            return None
        is_few = len(self.words) <= _FEW_WORDS
        is_mixed = bool(self.kinds - {CellKind.OTHER, CellKind.YES})
        may_be_rule = has_rule or self.kind is NameKind.DOUBTFUL
        is_likely = may_be_rule and self.kind is not NameKind.REGION and (is_few or is_mixed)
        asks = (
            self._has_only_status
            or bool(self.loud)
            or self._excludes
            or is_likely
            or self._has_few_short_words
        )
        return self._question() if asks else None

    def _decide_about_blank_dates(self) -> StatusRule | Question | None:
        """Return what an empty date says beside others; the date for everyone does not say it."""
        if not self.words or not self.kinds & {CellKind.BLANK, CellKind.NO}:
            return None
        return self.rule or self._question()

    @property
    def _has_only_status(self) -> bool:
        return CellKind.OTHER not in self.kinds and not self.is_free_text

    @property
    def _has_few_short_words(self) -> bool:
        """Whether the cells may be status words, although we do not know them."""
        if self.kind is NameKind.FREE_WORDS or len(self.words) > _FEW_WORDS:
            return False
        if len(self.words) + (CellKind.BLANK in self.kinds) < 2:  # all rows have the same
            return False
        if self.kind is NameKind.REGION and not any(cell[:1].islower() for cell in self.words):
            return False
        return all(_is_short(cell) for cell in self.words)

    @property
    def _excludes(self) -> bool:
        return self.rule is not None and self.rule.kind is StatusRuleKind.REFUSE_IF_YES

    @property
    def _admits(self) -> bool:
        return self.rule is not None and self.rule.kind is StatusRuleKind.REFUSE_IF_NO

    @property
    def _is_a_reason(self) -> bool:
        """Whether any words in the column are a yes, as in “Bounce reason”."""
        return self._excludes and bool(_REASON_NAME.search(words_of_name(self.name)))

    def _question(self) -> Question:
        words = list(self.words)[:_SHOWN_WORDS]
        if self.loud and self.loud not in words:
            words = [self.loud, *words[:-1]]
        return Question(name=self.name, words=tuple(words))


_MOST_WORDS = 60  # different cells: with more it is not a status
_FEW_WORDS = 12
_SHORT_CHARS = 30
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A column whose meaning a person must tell us, with some of its cells."""

    name: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        words = ", ".join(word[:40] for word in self.words[:4])
        return f"“{self.name or '(no name)'}” ({words}{', …' if len(self.words) > 4 else ''})"


def with_blank_answer(rule: StatusRule, *, refuses_blank: bool) -> StatusRule:
    """Return a rule that refuses empty cells or lets them in."""
    return replace(rule, refuses_blank=refuses_blank)
