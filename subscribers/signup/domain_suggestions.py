"""“Did you mean gmail.com?”: the likely domain behind a typing mistake. We ask; we do not correct.

An email to gmial.com is lost, or read by somebody else. But each needless question costs a person a
click, so a domain is doubted only if it is hardly anything but a typing mistake.
"""

from __future__ import annotations

from briefings.word_distance import word_distance

# Large mail providers, and the suffixes under which they have mailboxes.
_PROVIDERS = {
    "gmail": {"com"},
    "googlemail": {"com"},
    "yahoo": {"com", "co.uk", "ca", "de", "es", "fr", "ie", "it", "com.au", "co.in", "com.br"},
    "hotmail": {"com", "co.uk", "ca", "de", "es", "fr", "it", "com.br"},
    "outlook": {"com", "de", "es", "fr", "ie", "it", "com.au", "com.br"},
    "icloud": {"com"},
    "btinternet": {"com"},
    "virginmedia": {"com"},
    "blueyonder": {"co.uk"},
    "ntlworld": {"com"},
    "rocketmail": {"com"},
    "protonmail": {"com", "ch"},
    "fastmail": {"com", "fm", "co.uk"},
}
# Providers with a single domain: any other suffix after the name is a mistake.
_ONLY_SUFFIX = {"gmail": "com", "googlemail": "com"}
# Suffixes that do not exist, by the one that was probably intended.
_MISTYPED_SUFFIXES = {
    "com": "c0m ccom cim clm cmo cojm comm comn con conm coom cpm kom ocm vom xom",
    "net": "ner nett ney nrt nte",
    "org": "ogr orgg orh orq prg rog",
    "uk": "uj ukk",
}
_CORRECT_SUFFIX = {
    mistyped: suffix for suffix, all_ in _MISTYPED_SUFFIXES.items() for mistyped in all_.split()
}
# Suffixes that exist, but after a large provider's name are an incomplete `com`.
_INCOMPLETE_COM = {"co", "cm", "om"}


def suggest_domain(domain: str) -> str:
    """Return the domain that a normalised one was probably meant to be; empty when in doubt."""
    name, _, suffix = domain.partition(".")
    suffix = _correct_suffix(suffix)
    provider = _similar_provider(name)
    if provider in _ONLY_SUFFIX:
        is_exact = name == provider
        suffix = _ONLY_SUFFIX[provider] if is_exact or suffix in _INCOMPLETE_COM else suffix
    elif provider and suffix in _INCOMPLETE_COM and "com" in _PROVIDERS[provider]:
        suffix = "com"
    if provider and provider != name and suffix not in _PROVIDERS[provider]:
        provider = name  # under another suffix it is most likely a domain of its own
    suggested = f"{provider or name}.{suffix}"
    return suggested if suggested != domain else ""


def _correct_suffix(suffix: str) -> str:
    parent, dot, last = suffix.rpartition(".")
    return f"{parent}{dot}{_CORRECT_SUFFIX.get(last, last)}"


def _similar_provider(name: str) -> str:
    """Return the provider with this name, or with the most similar one; empty if there is none."""
    if name in _PROVIDERS:
        return name
    similar = {
        provider: mistakes
        for provider in _PROVIDERS
        if (mistakes := _count_mistakes(name, provider)) <= len(provider) // 9 + 1
    }
    return min(similar, key=lambda provider: similar[provider]) if similar else ""


def _count_mistakes(typed: str, intended: str) -> int:
    """Count characters left out, added, changed or swapped; 9 for another word.

    This is the Damerau–Levenshtein distance. A different first character makes another word: mail,
    email and ymail are not mistakes for gmail; mgail is one.
    """
    starts_alike = typed[:1] == intended[:1] or typed[:2] == intended[1::-1]
    if not starts_alike or abs(len(typed) - len(intended)) > 2:
        return 9
    return word_distance(typed, intended)
