"""The line in which an author says goodbye for a while."""

from __future__ import annotations

import re

MAX_AWAY = 300

_ABSENT = (
    r"(?:away|on (?:holiday|vacation|(?:annual |parental )?leave|a break)"
    r"|off (?:next|this|for|until|on)|out of (?:the )?office"
    r"|taking (?:a|next|some|two|three) (?:\w+ )?(?:break|weeks?|time off|off|leave)"
    r"|back (?:on|in|after|from|next))\b"
)
# 'I am', 'we will be', 'I'm going to be': what may stand between a person and an absence.
_FIRST_PERSON = (
    r"(?:i|we)(?:\s+(?:am|are|will|shall)|['’](?:m|re|ll))"
    r"(?:\s+(?:now|then|also|both|all|going|to|be|just))*\s+"
)
_NO_ISSUE = (
    r"(?:there (?:is|will be)|there['’]ll be) no (?:\w+ ){0,3}"
    r"(?:issue|edition|briefing|newsletter|column|e-?mail)\b"
)
_NEXT_ISSUE = (
    r"(?:the|this|your|my) (?:next )?(?:issue|edition|briefing|newsletter|column|e-?mail)"
    r" (?:is|will be|returns?|comes|will return|is back|will be back)\b"
)
_AWAY = re.compile(
    r"(?=.*\b(?:until|weeks?|fortnight|months?|days?|tomorrow|back|see you|\w+day|\d{1,2}|january"
    r"|february|march|april|may|june|july|august|september|october|november|december|easter"
    r"|christmas|new year|spring|summer|autumn|winter)\b)"
    r"(?:(?:next|from|for|until|after|over|as)\b.{1,40}?,? )?"
    rf"(?:{_FIRST_PERSON}{_ABSENT}|{_NO_ISSUE}|{_NEXT_ISSUE})",
    re.IGNORECASE,
)


def is_away_line(text: str) -> bool:
    """Recognise 'I am away until May' and 'There will be no briefing next week'."""
    return len(text) <= MAX_AWAY and bool(_AWAY.match(text))
