"""“Did you mean gmail.com?”: a slip of the finger in a common domain, asked about, never corrected.

A question too many costs a reader one press; a letter to gmial.com is lost, or read by somebody
else. So only names that are long enough, and hardly anything but a slip, are asked about.
"""

from __future__ import annotations

# Large mail providers, and the ends under which they have mailboxes.
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
# All that gives mailboxes under this name is one domain, whatever end is written after it.
_ONE_END = {"gmail": "com", "googlemail": "com"}
# Ends that no register has, and what was meant.
_SLIPPED_ENDS = {
    "com": "c0m ccom cim clm cmo cojm comm comn con conm coom cpm kom ocm vom xom",
    "net": "ner nett ney nrt nte",
    "org": "ogr orgg orh orq prg rog",
    "uk": "uj ukk",
}
_ENDS = {slip: end for end, slips in _SLIPPED_ENDS.items() for slip in slips.split()}
# Real ends, that are a com with a letter lost where a large provider's name stands before them.
_LOST_LETTER = {"co", "cm", "om"}


def suggest_domain(domain: str) -> str:
    """Give the domain that a normalised one was probably meant to be; empty when in doubt."""
    name, _, end = domain.partition(".")
    end = _mend_end(end)
    provider = _provider(name)
    if provider in _ONE_END:
        exact = name == provider
        end = _ONE_END[provider] if exact or end in _LOST_LETTER else end
    elif provider and end in _LOST_LETTER and "com" in _PROVIDERS[provider]:
        end = "com"
    if provider and provider != name and end not in _PROVIDERS[provider]:
        provider = name  # under an end of its own it is most likely what it says
    meant = f"{provider or name}.{end}"
    return meant if meant != domain else ""


def _mend_end(end: str) -> str:
    above, dot, last = end.rpartition(".")
    return f"{above}{dot}{_ENDS.get(last, last)}"


def _provider(name: str) -> str:
    """The provider of this name, or the one of which a slip may have made it; else empty."""
    if name in _PROVIDERS:
        return name
    near = {one: slips for one in _PROVIDERS if (slips := _slips(name, one)) <= len(one) // 9 + 1}
    return min(near, key=lambda one: near[one]) if near else ""


def _slips(typed: str, meant: str) -> int:
    """Count letters left out, put in, changed or swapped with their neighbour; 9 for another word.

    Damerau's distance. A word that begins with another letter is another word: mail, email and
    ymail are no slips for gmail; mgail is one.
    """
    begins_alike = typed[:1] == meant[:1] or typed[:2] == meant[1::-1]
    if not begins_alike or abs(len(typed) - len(meant)) > 2:
        return 9
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for i, char in enumerate(typed, start=1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(meant, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != other))
            if i > 1 and j > 1 and char == meant[j - 2] and typed[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
