"""Which columns say who must not be emailed, and what their cells say.

No list of column names is ever complete, so a column is understood by the stems of its name in six
languages and by what its cells hold. A column of yes and no, of dates or of status words that is
not understood is a question to the person who imports: nobody gets in silently.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum, auto
from functools import lru_cache

from subscribers.lists.dates import looks_like_a_date
from subscribers.lists.harmless_names import (
    is_description,
    is_harmless_time,
    is_joining_time,
    is_known_beside_a_time,
    is_number,
    is_of_free_words,
)
from subscribers.lists.import_errors import ImportRefused, RefusalReason


def fold(text: str) -> str:
    """Return the words of a text without case, accents and punctuation, for comparison."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", plain))


def words_of_name(name: str) -> str:
    """Return the words of a column's name: 'doNotEmail' and 'DO_NOT_EMAIL' are 'do not email'."""
    return fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name))


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
_EXCLUDED: dict[str, RefusalReason] = {
    word: reason
    for reason, words in {
        RefusalReason.UNSUBSCRIBED: (
            "inactive, left, not subscribed, off, removed, not opted in, paused, lapsed, expired,"
            " ended, terminated, dormant"
        ),
        RefusalReason.NO_CONSENT: "denied, not granted, no consent",
        RefusalReason.UNCONFIRMED: "new, not confirmed, transactional, invited, validating",
        RefusalReason.BOUNCED: "clean, hard, invalid",
        RefusalReason.BLOCKED: "reported, erased, spammy, junk, by user, by moderator",
    }.items()
    for word in words.split(", ")
}

# --- Stems, as regular expressions over the words of a name or of a cell

# With the reason why a yes, or the word itself, refuses the row; the first that matches counts.
_EXCLUDING_STEMS: dict[RefusalReason, re.Pattern[str]] = {
    reason: re.compile(stems)
    for reason, stems in {
        RefusalReason.UNSUBSCRIBED: (
            r"unsub|opt(?:ed|s|ing)? ?out|\bleft|withdr|\brevo[ck]|cancel|\bstop(?:ped)?\b|\bdeclin"
            r"|\brefus|objection|objected|abgemeld|abmeld|abbestell|ausgetragen|austrag|kundig"
            r"|kuendig|widerruf|widerspr|desabon|desinscri|\boppos(?:ition|e)|desuscri|\bbaja\b"
            r"|\banul|annul|\bretirado|disiscri|dis ?inscri|uitgeschrev|uitschr|afgemeld|afmeld"
            r"|opgezegd|descadastr"
        ),
        RefusalReason.UNCONFIRMED: (
            r"unconfirm|unverif|unactivat|\bpending|awaiting|unbestat|ausstehend|en attente"
            r"|in attesa|pendiente"
        ),
        RefusalReason.BOUNCED: (
            r"bounc|undeliver|\bcleaned|\bclean ?time|invalid|\bis bad\b|\bbad (?:e ?mail|address)"
            r"|\bdead\b|unzustell|unbestellbar|ungultig|ungueltig|rebot|rebond|rejet|rimbalz"
            r"|\bnpai\b|ongeldig"
        ),
        RefusalReason.BLOCKED: (
            r"\bdn[cem]\b|black ?list|block(?:ed|l|iert|at\b|\b)|bloqu|blocc|geblok|sperr"
            r"|complain|\bspam|\babuse|beschwer|plainte|\bqueja|reclam|klacht|suppress|supprim"
            r"|deactiv|desactiv|disattiv|deaktiv|disabl|suspend|suspens|suspes|\bbann?ed|delet"
            r"|gelosch|geloesch|eliminad|eliminat|borrad|verwijder|\bremov|rimoss|archiv|inactiv"
            r"|inaktiv|inactif|inattiv|inatif|\bexclu|ausgeschl|esclus|uitgesl|robinson"
            r"|\b(?:on )?hold\b|deceas|verstorb|\bdecede|fallecid|overled|deced|frozen|quarantin"
            r"|unmarket|\bjunk"
            r"|erased|purged"
        ),
    }.items()
}
# What lets a person in; with the reason why a no refuses the row.
_ADMITTING_WORDS = {
    RefusalReason.UNCONFIRMED: (
        r"confirm|verif|valid|double ?opt|doi\b|bestat|bestaet|conferm|bevestig|gultig|gueltig"
        r"|geldig"
    ),
    RefusalReason.NO_CONSENT: (
        r"consen|einwillig|zustimm|toestemm|permi[st]|erlaub|accept|akzept|accet|acept|agree"
        r"|allow|authori[sz]|autori[sz]|gdpr|dsgvo|rgpd|opt(?:ed)? ?in\b|opts? ?in\b"
    ),
    RefusalReason.UNSUBSCRIBED: (
        r"activ|aktiv|actif|attiv|actief|ativo|enabl|subscri|abonn|abonad|geabonn|suscri|inscri"
        r"|iscri|ingeschrev|angemeld|aangemeld|eingetrag|mailable|emailable|contactable"
        r"|deliverable|zustellbar|newsletter|marketing|receiv|send|wants?\b"
        r"|can (?:be )?(?:e ?mail|contact)"
    ),
}
_BEFORE = r"\b(?:is|has|was|email|mail)? ?"
_ADMITTING_STEMS: dict[RefusalReason, re.Pattern[str]] = {
    reason: re.compile(f"{_BEFORE}(?:{stems})") for reason, stems in _ADMITTING_WORDS.items()
}
# How the words of those stems end. Another ending makes a word of its own: “Newsletterende”.
_ENDINGS = """
    a acion ada ado ados able ance ated atie ation ato ata azione be bed ber bers bes bing cao
    cion d e ed ee ees eerd ement en ent enten ents er ers es et gd heid i ido ied ier ierung
    iert ies igt igte igung imiento ing ingen ion isation ised ito ita ization ized izado izzato
    keit ment n nis o or os pcion ption ptions ptor s sa si sion sions so ssie ssion ssions t te
    ted tement ten ti timento timiento to ta ts tta tted tto ung ungen va vated ve vi vo y zione
"""
_ENDING = f"(?:{'|'.join(_ENDINGS.split())})?"
_ADMITTING_WORD = re.compile(f"{_BEFORE}(?:{'|'.join(_ADMITTING_WORDS.values())}){_ENDING}\\b")
# Words beside those stems that cannot turn their meaning round, in English, German, French, Spanish
# and Portuguese, Italian, and Dutch.
_NEUTRAL_WORDS = """
    a account address all an and are as at be been bool boolean box bulletin by campaign can cf
    channel checkbox client commercial communication communications contact contacts current
    currently custom customer daily date datetime day digest do does double e email emails explicit
    express field flag for from general given global gmt granted has have in info information ip is
    lead like list lists mail mailing mailings mails main marketing may me member monthly my n new
    news newsletter newsletters obtained of offers on our overall people person personal please
    primary promo promotional promotions provided received recorded single state status still
    subscriber the they this tick ticked time timestamp to update updates us user utc value via want
    wants was we weekly when will wish work would y yes yn you your

    abonnent adresse aktuell am anmeldung bekommen darf das datum dem den der des die ein eine
    empfangt erhalten erteilt fuer fur gegeben hat im ist ja kontakt kunde liegt liste mit mitglied
    mochte per rundbrief seit unser unsere verteiler vom von vor vorhanden versand wann werbung zeit
    zu zum zur zusendung

    accord au aux commerciale courriel d de depuis donne donnee du est et l la le les lettre infos
    membre obtenu obtenue oui par pour publicite reception recevoir souhaite statut sur un une veut

    al ao aos boletin cliente com comerciales comunicaciones contacto correo da dado del desde desea
    deseja el electronico em esta estado fecha las lista los na no os otorgado para por publicidad
    quiere receber recibir si

    alla contatto dal data della di elettronica gli i il lo notiziario posta prestato pubblicita
    ricevere stato vuole

    aan een heeft het klant lijst nieuwsbrief ontvangen op sinds van verleend voor wil

    0 1 2 3 4 5 6 7 8 9
"""
_NEUTRAL = frozenset(_NEUTRAL_WORDS.split())
_NOT = (
    r"(?:no|not|non|none|never|dont|don t|doesnt|cannot|cant|without|kein\w*|nicht|nie|ohne|ne|pas"
    r"|sans|jamais|sin|senza|niet|geen|zonder|nao|sem)"
)
_CONTACT = (
    r"(?:e ?mails?|mail\w*|contact\w*|kontakt\w*|contatt\w*|newsletters?|market\w*|werb\w*"
    r"|publicit\w*"
    r"|pubblicit\w*|solicit\w*|disturb\w*|anschreib\w*|send\w*|enviar\w*|inviar\w*|envoy\w*|allow\w*"
    r"|bulk\w*|bother|molest\w*|benader\w*|zusend\w*|receive\w*)"
)
_NEGATION = re.compile(rf"\b{_NOT}\b|\bnot(?=[a-z])")
_NEGATED_CONTACT = re.compile(
    rf"\b{_NOT} (?:\w+ ){{0,3}}?{_CONTACT}\b"
    rf"|\b(?:do|does|is)?(?:not?|dont|non|kein|keine|nicht|niet|geen) ?{_CONTACT}\b"
)
_RUN_TOGETHER_NEGATION = re.compile(r"\b(?:is)?not(?=subscri|confirm|verif|active|opted|valid)")
_STATUS_NAME = re.compile(r"status|\bstatut|\bstato\b|zustand")
_STATE_NAME = re.compile(r"\bstate\b|\bestado\b|\betat\b")
# Names of other channels, unless email is named too, and of agreements to something else.
_OTHER_CHANNEL = re.compile(
    r"sms|phone|telefo|\btel\b|\bcall|\bfax|whatsapp|\bpush|mobile|movil|handy|\bpost|\bbriefe?\b|\btext"
    r"|\bpapel|courrier"
)
_EMAIL_NAME = re.compile(r"e ?mail|\bmail\b|newsletter|correo|courriel")
_OTHER_AGREEMENT = re.compile(
    r"track|cookie|terms|privacy|\bagb\b|datenschutz|third|partner|trade|profil|\bscore|\brate\b"
    r"|\brating|soft"
)
_ALTERNATIVES = re.compile(r"/|\||\b(?:or|oder|ou|o|of)\b", re.IGNORECASE)
_LINK = re.compile(r"\b(?:url|uri|links?|token|hash|uuid|guid)$")
# No yes or no are these cells: one character for a gender, several words for a company, and a
# code of two characters, such as “no” for Norway.
_GENDER = re.compile(r"gender|geschlecht|genre|sexo?|sesso|geslacht")
_OF_COMPANIES = re.compile(r"company|firma|organi[sz]ation")
_CODED = re.compile(
    r"(?:\w+ )?(?:country|land|pays|pais|paese|language|lang|sprache|langue|idioma|lingua|taal"
    r"|locale)(?: code| iso)?"
)
_REASON_NAME = re.compile(r"reason|grund|raison|motif|motivo|reden|category|type|typ\b|cause")
_IS_ABOUT_A_TIME = re.compile(r"date|datum|fecha|\bdata\b|time|\bat$|\bon$|\bam$|since|\bseit|when")
# A cell that says this in a column of any name makes us ask.
_LOUD = re.compile(
    r"please remove|remove (?:me|him|her|them|from)\b|take (?:me|him|her|them|us) off"
    r"|stop(?:ped)? (?:writing|sending|e ?mail)"
    r"|unsub|opt(?:ed)? ?out|bounc|black ?list|\bdnc\b|complain|undeliver|suppress|abgemeldet"
    r"|desabonn|desinscri|disiscri|uitgeschreven|do ?not ?(?:e ?mail|contact)"
    r"|no ?(?:e ?mail|contact)\b"
)
_LOUD_CHARS = 60


def excluding_reason(words: str) -> RefusalReason | None:
    """Return why words such as 'by bounces' or 'do not email' refuse a row; None if they do not."""
    if word := _EXCLUDED.get(words):
        return word
    for reason, stems in _EXCLUDING_STEMS.items():
        if stems.search(words):
            return None if _NEGATION.search(words) else reason
    if _NEGATED_CONTACT.search(words):
        return RefusalReason.BLOCKED
    if _NEGATION.search(words) and _admitting_reason(words):
        return RefusalReason.NO_CONSENT
    return None


def _admitting_reason(words: str) -> RefusalReason | None:
    return next((why for why, stems in _ADMITTING_STEMS.items() if stems.search(words)), None)


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
    if len(words) > _LOUD_CHARS:
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


class NameKind(Enum):
    """What a column's name says about its cells."""

    RULE = auto()  # they say who may be emailed, if they are a yes or no, dates or status words
    STATUS = auto()  # they are status words, if we know them
    REGION = auto()  # they are status words, or names of states
    UNCLEAR = auto()  # they may be about emails or about something else
    DATES = auto()  # dates that say nothing about it, if they are dates
    JOINING = auto()  # when each person joined, if each has a date
    DOUBTFUL = auto()  # they say so or the opposite: words that we do not know stand beside a stem
    NOTHING = auto()  # nothing about it, whatever they hold
    NUMBERS = auto()  # nothing about it, unless they are a yes or no in words, or status words
    DESCRIPTION = auto()  # nothing about it, unless they are a yes or no, dates or status words
    FREE_WORDS = auto()  # notes or labels, unless they are a yes or no, dates or status words
    UNKNOWN = auto()


_DESCRIPTIONS_OF_PEOPLE = {NameKind.NUMBERS, NameKind.DESCRIPTION}


def classify_name(name: str) -> tuple[NameKind, StatusRule | None]:
    """Return what a column's name says, and for RULE and STATUS the rule."""
    stems = _Stems.of(name)
    if described := stems.described:
        return described, None
    if stems.is_unclear:
        return NameKind.UNCLEAR, None
    if stems.is_status and not _IS_ABOUT_A_TIME.search(stems.words):
        return NameKind.STATUS, STATUS_WORD_RULE
    if reason := stems.refuses_if_yes:
        return NameKind.RULE, refuse_if_yes(reason)
    return _classify_unless_excluding(stems)


def _classify_unless_excluding(stems: _Stems) -> tuple[NameKind, StatusRule | None]:
    if is_harmless_time(stems.words):
        return NameKind.DATES, None
    if is_joining_time(stems.words):
        return NameKind.JOINING, None
    if stems.admitting is None or stems.is_status:
        return NameKind.UNKNOWN, None
    if stems.has_words_of_doubt:
        return NameKind.DOUBTFUL, None
    return NameKind.RULE, refuse_if_no(stems.admitting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stems:
    """The stems that a column's name has."""

    name: str
    words: str
    excluding: RefusalReason | None
    admitting: RefusalReason | None
    is_contact_negated: bool
    is_negated: bool

    @classmethod
    def of(cls, name: str) -> _Stems:
        words = words_of_name(name)
        apart = _RUN_TOGETHER_NEGATION.sub("not ", words)
        excluding = (why for why, stems in _EXCLUDING_STEMS.items() if stems.search(words))
        return cls(
            name=name,
            words=words,
            excluding=next(excluding, None),
            admitting=_admitting_reason(apart),
            is_contact_negated=bool(_NEGATED_CONTACT.search(words)),
            is_negated=bool(_NEGATION.search(apart)),
        )

    @property
    def is_status(self) -> bool:
        """Whether it is called a status; a state is a region unless it is that of a subscriber."""
        is_state = _STATE_NAME.search(self.words) and (
            self.admitting or _EMAIL_NAME.search(self.words)
        )
        return bool(_STATUS_NAME.search(self.words) or is_state)

    @property
    def described(self) -> NameKind | None:
        """Which description of a person it is by its name, or None."""
        if self.is_status:
            return None
        if _LINK.search(self.words):
            return NameKind.DESCRIPTION
        if self.excluding or self.is_contact_negated:
            return None
        if is_number(self.words):
            return NameKind.NUMBERS
        if is_of_free_words(self.words):
            return NameKind.FREE_WORDS
        if self.admitting is None and is_description(self.words):
            return NameKind.DESCRIPTION
        return None

    @property
    def is_unclear(self) -> bool:
        """Whether it may be about something else, or the other way round."""
        if _OTHER_CHANNEL.search(self.words) and not _EMAIL_NAME.search(self.words):
            return True
        if _OTHER_AGREEMENT.search(self.words):
            return True
        if self.is_status:
            return bool(self.excluding or self.is_contact_negated)
        is_either = self.is_negated or (self.admitting and _ALTERNATIVES.search(self.name))
        return bool(self.excluding and is_either and not self.is_contact_negated)

    @property
    def has_words_of_doubt(self) -> bool:
        """Whether a word that we do not know may turn round the stem that lets a person in."""
        others = _ADMITTING_WORD.sub(" ", self.words).split()
        is_time = bool(_IS_ABOUT_A_TIME.search(self.words))
        return any(
            word not in _NEUTRAL and not (is_time and is_known_beside_a_time(word))
            for word in others
        )

    @property
    def refuses_if_yes(self) -> RefusalReason | None:
        if self.excluding:
            return self.excluding
        if self.is_contact_negated:
            return RefusalReason.BLOCKED
        return RefusalReason.NO_CONSENT if self.is_negated and self.admitting else None


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
    is_loud: bool = False
    is_free_text: bool = False

    @classmethod
    def answered(cls, name: str, rule: StatusRule) -> ColumnCells:
        """Return a column whose meaning a person told us."""
        return cls(name=name, kind=NameKind.RULE, rule=rule, has_known_name=True)

    def add(self, cells: Iterable[str]) -> None:
        """Read different cells of the column."""
        is_about_a_time = bool(_IS_ABOUT_A_TIME.search(words_of_name(self.name)))
        for cell in cells:
            if cell in self.words:
                continue
            kind = read_cell(cell)
            if kind is not CellKind.BLANK and self._describes(cell):
                kind = CellKind.OTHER
            if cell.strip().isdecimal() and kind in {CellKind.DATE, CellKind.OTHER}:
                # A count or a code of people to leave out; elsewhere a number of some kind.
                may_be_time = is_about_a_time or self.rule is not None or len(cell.strip()) >= 10
                is_date = kind is CellKind.DATE and may_be_time
                other = CellKind.YES if self._excludes else CellKind.OTHER
                kind = CellKind.DATE if is_date or self._is_year(cell) else other
            self.kinds.add(kind)
            if kind is CellKind.BLANK:
                continue
            self.words[cell] = None
            words = words_of_name(cell)
            is_one_word = kind is CellKind.EXCLUDED and " " not in words
            self.is_loud = (
                self.is_loud
                or is_one_word
                or (len(cell) <= _LOUD_CHARS and bool(_LOUD.search(words)))
            )
            if len(self.words) > _MOST_WORDS:
                self.is_free_text = self.kinds - {CellKind.BLANK} != {CellKind.DATE}
                return

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
        return self.kind is NameKind.NOTHING or len(self.words) > _MOST_WORDS

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
            or self.is_loud
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
        return Question(name=self.name, words=tuple(list(self.words)[:_SHOWN_WORDS]))


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
