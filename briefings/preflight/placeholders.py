"""Placeholders that somebody meant to replace: TK, XXX, [link], lorem ipsum and their like.

What is certain blocks the issue, and nobody can override that, so a doubtful one only warns.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Placeholder(NamedTuple):
    """A placeholder as it stands in the text, and whether it may be something else."""

    text: str
    is_doubtful: bool = False


class _Kind(NamedTuple):
    """A kind of placeholder. Its text contains one of `hints`, which are quick to look for.

    Hints are compared with the text in lower case if they are in lower case themselves.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    is_doubtful: bool = False


_NOUN = (
    r"(?:link|hyperlink|url|address|name|surname|date|day|time|place|venue|location|title"
    r"|job title|number|figure|amount|sum|price|percentage|per ?cent|stat|statistic|quote"
    r"|quotation|source|attribution|byline|author|photo|photograph|picture|pic|image|img|caption"
    r"|credit|text|words|content|paragraph|section|story|headline|heading|hed|dek|strapline"
    r"|standfirst|subject|preheader|intro|introduction|sign-?off|table|chart|graph|graphic"
    r"|organi[sz]ation|company|council|email|phone|telephone|reference|ref|footnote|example"
    r"|details|issue number|reader|contributor)s?"
)
_ADJECTIVE = r"(?:your |first |last |full |job |web |short |better |new )*"
_SHOWN = (
    r"(?:link|quote|quotation|photo|photograph|picture|image|caption|headline|table|chart|graph)"
)
_INSERT = r"(?:please )?(?:insert|fill in|replace|link to|links to|paste)\b"
_ADD = r"(?:add|check|confirm|verify|update) (?!up\b|out\b|on\b|with\b|in\b)"
# The whole of what stands in brackets. Editors explain words of a quotation in brackets, too, most
# often with an article: “It [the number of beds] fell.”
_IN_BRACKETS = (
    rf"(?:{_ADJECTIVE}(?:{_NOUN} )?{_NOUN}"
    r"(?: (?:here|tk|tbc|tba|tbd|to come|to follow|goes here|needed))?\s*\??"
    rf"|(?:{_SHOWN}|{_ADJECTIVE}name)s? (?:from|of|for|about|to) [^\[\]]{{1,60}}"
    rf"|{_INSERT}[^\[\]]{{0,80}}"
    rf"|{_ADD}[^\[\]]{{1,80}}"
    r"|[^\[\]]{0,60}[:—–-] ?(?:tk|tbc|tbd)"
    r"|to (?:come|follow|be (?:confirmed|added|checked|decided|supplied|written|announced))"
    r"|placeholder|dummy(?: text)?|todo|to ?do|fixme|tk+|tb[acd]|x{2,}|\?+|_+|ok\?|sic\?)"
)
# What editors put into a quotation to explain it: “The [council] knew,” she said.
_EXPLAINS = re.compile(
    r"\[\s*(?:dates?|days?|times?|places?|venues?|locations?|titles?|numbers|figures?|amounts?|sums?"
    r"|prices?|percentages?|statistics?|sources?|authors?|names|surnames|words|contents?|paragraphs?"
    r"|sections?|stor(?:y|ies)|tables?|charts?|graphs?|organi[sz]ations?|compan(?:y|ies)|councils?"
    r"|emails?|phones?|telephones?|details|readers?|contributors?)\s*\]",
    re.IGNORECASE,
)
_ANY_CASE = re.IGNORECASE
_TK = re.compile(r"\b(?:TK){2,}\b|\bTK\b(?! Maxx\b)")
_TBC = re.compile(r"\bTB[ACD]\b")
_INITIALS = (_TK, _TBC)
_DATE = re.compile(r"\bDD[./-]MM[./-](?:YY){1,2}\b|\bYYYY-MM-DD\b|\b00[./-]00[./-](?:00){1,2}\b")
# Alone in a paragraph, these may be a sentence.
_WORDS_HERE = re.compile(
    r"(?:words|details|examples?|place|day|time|table|story|content) (?:goes )?here[.!]?",
    re.IGNORECASE,
)
_XXX = re.compile(r"(?<![\w@/.#-])X{3,}(?![\w@-])")
_KINDS = (
    _Kind(("TK",), _TK),
    _Kind(("XXX",), _XXX),
    _Kind(
        ("XX",),
        re.compile(
            r"[£$€]\s?X{2,}(?:k|m|bn)?\b|\bX{2,}(?:%|\s?per ?cent\b)|\bX{1,3}[.,]X{3}\b"
            r"|\bXX[./-]XX[./-](?:\d{4}|X{2,4})\b"
        ),
    ),
    _Kind(("xx",), re.compile(r"[£$€]\s?x{2,}(?:k|m|bn)?\b")),
    _Kind(("xx/xx", "xx.xx"), re.compile(r"\bxx[./]xx[./](?:\d{4}|x{2,4})\b", _ANY_CASE)),
    _Kind(("TB",), _TBC),
    _Kind(("TO", "FIX", "PLACE"), re.compile(r"\bTO-?DO\b|\bFIX-?ME\b|\bPLACEHOLDER\b")),
    _Kind(("???",), re.compile(r"(?<![\w?!])\?{3,}")),
    _Kind(("DD", "YYYY", "00"), _DATE),
    _Kind(
        ("ipsum", "dolor sit", "consectetur"),
        re.compile(
            r"\blorem ipsum\b|\bipsum dolor\b|\bdolor sit amet\b|\bconsectetur adipi", _ANY_CASE
        ),
    ),
    _Kind(("[",), re.compile(rf"\[\s*{_IN_BRACKETS}\s*\]", _ANY_CASE)),
    _Kind(
        ("<",),
        re.compile(rf"<\s*(?:insert[^<>]{{0,60}}|{_ADJECTIVE}{_NOUN}(?: here)?)\s*>", _ANY_CASE),
    ),
    _Kind(("(",), re.compile(r"\(\s*insert\b[^()]{1,60}\)|\(\s*link here\s*\)", _ANY_CASE)),
    _Kind(
        ("insert",),
        re.compile(
            rf"\binsert (?:a |an |the )?{_ADJECTIVE}{_NOUN}\b[^.!?\n]{{0,40}}\bhere\b", _ANY_CASE
        ),
    ),
    _Kind(
        (" here",),
        re.compile(
            rf"\A\s*(?:the |your )?{_NOUN} (?:goes )?here[.!]?\s*\Z"
            r"|\byour (?:text|name|headline|heading|quote|quotation|link|copy|caption|picture"
            r"|photo|image|title|content) (?:goes )?here\b",
            _ANY_CASE,
        ),
    ),
    # Fields of other newsletter programs
    _Kind(("{",), re.compile(r"\{\{[^{}]{0,60}\}\}|\{%[^{}]{0,60}%\}")),
    _Kind(
        ("{",), re.compile(r"\{(?:first ?_?name|last ?_?name|full ?_?name|name|email)\}", _ANY_CASE)
    ),
    _Kind(("*|",), re.compile(r"\*\|[^|*]{1,60}\|\*")),
    _Kind(("%%",), re.compile(r"%%[A-Za-z_][^%\s]{0,40}%%")),
    _Kind(("[[",), re.compile(r"\[\[[^\[\]]{1,60}\]\]")),
    _Kind(("<<",), re.compile(r"<<[^<>]{1,60}>>")),
    _Kind(("asdf",), re.compile(r"\basdf\w*", _ANY_CASE)),
    # Perhaps meant
    _Kind(("???",), re.compile(r"(?<=\w)\?{3,}"), is_doubtful=True),
    _Kind(("___",), re.compile(r"(?<!\w)_{3,}(?!\w)"), is_doubtful=True),
    _Kind(("XX",), re.compile(r"(?<![\w-])XX(?![\w-]| chromosomes?\b)"), is_doubtful=True),
    _Kind(("tk",), re.compile(r"(?<![\w./@-])(?:tk|Tk)+(?![\w./@-])"), is_doubtful=True),
    _Kind(("xxx", "Xxx"), re.compile(r"\bx{4,}\b|\bx{3}(?=\s+\w)|\bXxx+\b"), is_doubtful=True),
    _Kind(("tbc", "tbd"), re.compile(r"\btb[cd]\b"), is_doubtful=True),
    _Kind(("[ ", "[]"), re.compile(r"\[\s*\]"), is_doubtful=True),
    _Kind(
        ("(",),
        re.compile(r"\((?:link|name|quote|source|date|url|check|\?+)\)", _ANY_CASE),
        is_doubtful=True,
    ),
)
# The thirtieth of something: Super Bowl XXX, Chapter XXX, the XXX Olympiad.
_ROMAN_BEFORE = re.compile(
    r"(?:\b(?:Super Bowl|Chapter|Article|Part|Title|Volume|Vol\.?|Book|Canto|Psalm|Appendix"
    r"|Section|Schedule|Annex|Act|Rule|Clause|Table|Plate|Sonnet|WrestleMania)\s+"
    r"|30th\s*\(|[ivxlc]+[-–])$"
)
_ROMAN_AFTER = re.compile(r"\s+(?:Olympiad|Olympics?|Games|Corps|Winter|Summer)\b")
_XXX_BEER = re.compile(r"\bCastlemaine\s+$")
# A date is asked for in this form: “Write it as DD/MM/YYYY.”
_FORM_BEFORE = re.compile(r"\b(?:as|format|form|style|like|in)\s*:?\s*[“\"‘(]?$")
# Somebody's initials, a firm or a model: TK Elevator, TK-101. What an editor still has to do is
# not a name: TK Check with Anna.
_NAME_AFTER = re.compile(
    r"\s(?!(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April"
    r"|May|June|July|August|September|October|November|December|Add|Amount|Ask|Call|Caption|Check|Confirm|Date|Details|Figures?|Fill|Find|From|Get"
    r"|Headline|How|Image|Insert|Link|Look|Name|Need|Needs|Number|Photo|Picture|Quote|Replace|See"
    r"|Source|The|This|Title|To|Update|Verify|Wait|What|When|Where|Who|Why|Write)\b)[A-Z][a-z]+"
    r"|-\d"
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")


def find_placeholders(text: str, *, is_quoted: bool = False) -> Iterator[Placeholder]:
    """Yield the placeholders in a text; web addresses are not read.

    `is_quoted` says that all of it is a quotation.
    """
    lower = text.lower()
    kinds = [
        kind
        for kind in _KINDS
        if any(hint in (lower if hint.islower() else text) for hint in kind.hints)
    ]
    if not kinds:
        return
    words = _ADDRESS.sub(lambda found: " " * len(found[0]), text)
    for kind in kinds:
        for found in kind.pattern.finditer(words):
            if kind.pattern is _XXX and _is_roman(words, found):
                continue
            is_doubtful = (
                kind.is_doubtful
                or (kind.pattern in _INITIALS and bool(_NAME_AFTER.match(words, found.end())))
                or (kind.pattern is _DATE and bool(_FORM_BEFORE.search(words, 0, found.start())))
                or bool(_WORDS_HERE.fullmatch(found[0].strip()))
                or (
                    bool(_EXPLAINS.fullmatch(found[0]))
                    and (is_quoted or _is_in_quotation(words, found.start()))
                )
            )
            yield Placeholder(" ".join(found[0].split()), is_doubtful)


def _is_in_quotation(words: str, at: int) -> bool:
    """Whether a quotation mark is open at a place in a text."""
    before = words[:at]
    return (
        before.count("“") > before.count("”")
        or before.count("«") > before.count("»")
        or before.count('"') % 2 == 1
        or bool(re.search(r"(?<!\w)‘(?!.*’(?!\w))", before))
    )


def _is_roman(words: str, found: re.Match[str]) -> bool:
    start = max(0, found.start() - 20)
    return bool(
        _ROMAN_BEFORE.search(words, start, found.start())
        or _XXX_BEER.search(words, start, found.start())
        or _ROMAN_AFTER.match(words, found.end())
    )
