"""The stems that say who may be emailed, in the names of columns and in their cells.

No list of column names is ever complete, so a name is understood by its stems, in six languages.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from subscribers.lists.harmless_names import (
    is_description,
    is_known_beside_a_time,
    is_number,
    is_of_free_words,
)
from subscribers.lists.import_errors import RefusalReason


def fold(text: str) -> str:
    """Return the words of a text without case, accents and punctuation, for comparison."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", plain))


def words_of_name(name: str) -> str:
    """Return the words of a column's name: 'doNotEmail' and 'DO_NOT_EMAIL' are 'do not email'."""
    return fold(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name))


# Words that refuse a row where they are all that a cell says.
_EXCLUDED: dict[str, RefusalReason] = {
    word: reason
    for reason, words in {
        RefusalReason.UNSUBSCRIBED: (
            "inactive, left, not subscribed, off, removed, not opted in, paused, lapsed, expired,"
            " ended, terminated, dormant, gone, quit, resigned, departed, moved away, moved on,"
            " former, unwanted, weg, verzogen, ausgetreten, parti, partie, vertrokken"
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
_IS_ABOUT_A_TIME = re.compile(r"date|datum|fecha|\bdata\b|time|\bat$|\bon$|\bam$|since|\bseit|when")


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


_WISHES = tomllib.loads(Path(__file__).with_name("no_email_wishes.toml").read_text("utf-8"))
_WANTS_NO_EMAILS = re.compile(
    "|".join([*_WISHES["wishes"], *map(fold, _WISHES["wishes_as_written"])])
)
# Words of one meaning wherever they stand; those of a person or of emails make others clear.
_PLAIN_STEMS = re.compile(
    r"unsub|opt(?:ed|s|ing)? ?out|bounc|black ?list|\bdn[cem]\b|complain|undeliver|suppress"
    r"|abgemeld|abbestell|desabonn|desinscri|disiscri|uitgeschr|afgemeld|robinson|deceas|verstorb|\bdecede"
    r"|fallecid|deceduto|overleden|\bnpai\b|widerruf|widerspr|\bbaja\b"
)
_OF_EMAILS = re.compile(
    rf"\b{_CONTACT}\b|\bemail|\blist\w*\b|subscri|consent|einwillig"
    r"|\b(?:user|account|address|adresse)\b"
)


def wants_no_emails(words: str) -> bool:
    """Whether a cell of any column says that somebody must not be emailed.

    Notes and labels hold other words as well: of several words, only plain ones count.
    """
    if words in _EXCLUDED or _NEGATED_CONTACT.search(words) or _WANTS_NO_EMAILS.search(words):
        return True
    is_plain = bool(_PLAIN_STEMS.search(words))
    if is_plain and not _NEGATION.search(words):
        return True
    if not is_plain and " " in words and not _OF_EMAILS.search(words):
        return False
    return excluding_reason(words) is not None


def _admitting_reason(words: str) -> RefusalReason | None:
    return next((why for why, stems in _ADMITTING_STEMS.items() if stems.search(words)), None)


def is_about_a_time(words: str) -> bool:
    """Whether a name such as 'confirmed at' is that of a time."""
    return bool(_IS_ABOUT_A_TIME.search(words))


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NameStems:
    """The stems that a column's name has."""

    name: str
    words: str
    excluding: RefusalReason | None
    admitting: RefusalReason | None
    is_contact_negated: bool
    is_negated: bool

    @classmethod
    def of(cls, name: str) -> NameStems:
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
    def is_about_a_time(self) -> bool:
        return is_about_a_time(self.words)

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
        return any(
            word not in _NEUTRAL and not (self.is_about_a_time and is_known_beside_a_time(word))
            for word in others
        )

    @property
    def refuses_if_yes(self) -> RefusalReason | None:
        if self.excluding:
            return self.excluding
        if self.is_contact_negated:
            return RefusalReason.BLOCKED
        return RefusalReason.NO_CONSENT if self.is_negated and self.admitting else None
