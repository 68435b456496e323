"""The language of a text, by its script and by its most frequent words.

Enough to notice a paragraph in another language; no more is claimed, and short texts are not read.
The words are those that occur in most sentences of a language and not in the others listed here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from briefings.models import Language

LANGUAGES = dict(Language.choices)
MIN_WORDS = 25
# Shares of the frequent words in a text: at least this, and this many times those of its own.
MIN_SHARE = 0.16
TIMES_OWN = 2.5
# A text is in another script if this share of its characters is.
OTHER_SCRIPT = 0.6
_WORD = re.compile(r"[^\W\d_]+")
_FREQUENT = {
    Language.ENGLISH: "the of and to in is that it was for with on as are at be this have from or"
    " by not but they which you we had their has were been who will would there what when he she",
    Language.WELSH: "y yr yn i o a ar ac mae am oedd wedi ei eu gan sydd hyn bod fod nid ond hefyd"
    " pan ni chi maen nhw cael gyda roedd fel mewn",
    Language.IRISH: "an na agus ar ag is le do sa tá go bhí ní leis atá seo sin dá nach as faoi"
    " siad chun gur mar ach",
    Language.FRENCH: "le la les de des du et un une est en que qui dans pour pas sur au aux avec"
    " ce cette ces sont ont il elle ils nous vous par plus été mais ou leur se",
    Language.GERMAN: "der die das und in den von zu mit sich des auf für ist im dem nicht ein eine"
    " als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie",
    Language.SPANISH: "de la que el en y los las del se un una por con no para es al lo como más su"
    " sus pero ha este esta son fue entre cuando muy sin sobre también",
    Language.ITALIAN: "di che il la e un una in per è non con del della le i gli dei si da al come"
    " più sono ha ma anche nel alla lo questo questa delle stato dal",
    Language.PORTUGUESE: "de a o que e do da em um uma para é com não os as no na se por mais dos"
    " das como mas foi ao ele ela são à seu sua também já pelo pela está",
    Language.DUTCH: "de het een en van in is dat op te zijn met voor niet aan er die om ook als bij"
    " door maar naar dan nog uit ze hij wordt worden werd heeft deze over",
    Language.POLISH: "i w na z do się nie że to jest o jak po za od dla ale przez tym co są ze był"
    " oraz być może tego już było które który która",
    Language.SWEDISH: "och i att det som en på är av för med den till inte om ett har de var men"
    " sig från vi kan så man också när efter eller",
}
_FREQUENT_WORDS = {language: frozenset(words.split()) for language, words in _FREQUENT.items()}
_SCRIPTS = {
    "CYRILLIC": "Cyrillic script",
    "GREEK": "Greek script",
    "ARABIC": "Arabic script",
    "HEBREW": "Hebrew script",
    "DEVANAGARI": "Devanagari script",
    "BENGALI": "Bengali script",
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese script",
    "KATAKANA": "Japanese script",
    "HANGUL": "Korean script",
    "THAI": "Thai script",
    "GURMUKHI": "Gurmukhi script",
    "TAMIL": "Tamil script",
}


def foreign_language(text: str, language: str) -> str:
    """Return the name of the language or script of a text, if it is clearly not in `language`."""
    own = _FREQUENT_WORDS.get(Language(language)) if language in LANGUAGES else None
    if own is None:
        return ""
    if text.isascii():
        other_script = ""
    else:
        other_script = "".join(character for character in text if ord(character) > 0x24F)
    if len(other_script) > MIN_WORDS and (script := _script(text, other_script)):
        return script
    words = [word.casefold() for word in _WORD.findall(text)]
    if len(words) < MIN_WORDS:
        return ""
    counts = Counter(words)
    total = len(words)
    in_own = sum(counts[word] for word in own) / total
    if in_own >= MIN_SHARE:
        return ""
    shares = {
        other: sum(counts[word] for word in frequent) / total
        for other, frequent in _FREQUENT_WORDS.items()
        if other != language
    }
    best = max(shares, key=lambda other: shares[other])
    if shares[best] >= MIN_SHARE and shares[best] >= TIMES_OWN * in_own:
        return str(best.label)
    return ""


def _script(text: str, other_script: str) -> str:
    """Return the name of the script that most of a text is in, if it is not Latin."""
    in_all = sum(map(str.isalpha, text))
    names = Counter(
        unicodedata.name(character, "").partition(" ")[0]
        for character in other_script
        if character.isalpha()
    )
    for name, number in names.most_common(1):
        if name in _SCRIPTS and number >= OTHER_SCRIPT * in_all:
            return _SCRIPTS[name]
    return ""
