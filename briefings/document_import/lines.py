"""What a line of a document is by its words: list item, headline, name, date or boilerplate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from briefings.document_import.blocks import (
    Block,
    Heading,
    ListBlock,
    Paragraph,
    RichText,
    join,
    text_of,
)

MAX_LEVELS = 3
# Characters that are nothing but bullets; the last is what Word's symbol font becomes in text.
_BULLET = re.compile("[ \t\u00a0]*[•‣◦▪▫⁃●○■□➢➤►▶∙\uf0b7][ \t\u00a0]*(?=\\S)")
# Characters with other uses too: bullets only where another one follows.
_POSSIBLE_BULLET = re.compile("[ \t\u00a0]*[-*–—·+][ \t\u00a0]+(?=\\S)")
_NUMBER = re.compile("[ \t\u00a0]*(\\d{1,2})[.)][ \t\u00a0]+(?=\\S)")


def item_text_start(line: str) -> int:
    """Return where the words of a bulleted or numbered line start; 0 without a bullet."""
    found = _BULLET.match(line) or _POSSIBLE_BULLET.match(line) or _NUMBER.match(line)
    return found.end() if found else 0


def collect_lists(blocks: list[Block]) -> list[Block]:
    """Make a list of each row of paragraphs that start with a typed bullet or number."""
    collected: list[Block] = []
    row: list[Paragraph] = []
    for block in chain.from_iterable(map(_bulleted_lines, blocks)):
        if row and not (isinstance(block, Paragraph) and _continues_list(row[-1], block)):
            collected += _lists(row)
            row = []
        if isinstance(block, Paragraph) and item_text_start(block.content.text):
            row.append(block)
        else:
            collected.append(block)
    return collected + _lists(row)


def _bulleted_lines(block: Block) -> Iterator[Block]:
    """Split a paragraph whose lines have bullets, as pages that use line breaks for lists do."""
    if not isinstance(block, Paragraph) or "\n" not in block.content.text:
        yield block
        return
    lines = block.content.lines()
    bulleted = [item_text_start(line.text) > 0 for line in lines]
    if sum(bulleted) < 2 and not any(_BULLET.match(line.text) for line in lines):
        yield block
        return
    first = bulleted.index(True)
    if first:
        yield Paragraph(join(lines[:first], "\n"), block.role)
    for line in lines[first:]:
        yield Paragraph(line, block.role)


def _continues_list(last: Paragraph, other: Paragraph) -> bool:
    """Whether a paragraph continues a list: a bullet after a bullet, or the next number."""
    before = _NUMBER.match(last.content.text)
    found = _NUMBER.match(other.content.text)
    if before or found:
        return bool(before and found and int(found[1]) == int(before[1]) + 1)
    return item_text_start(other.content.text) > 0


def _lists(row: list[Paragraph]) -> list[Block]:
    """Make one list of bulleted paragraphs; a single one needs an unmistakable bullet."""
    if not row or (len(row) == 1 and not _BULLET.match(row[0].content.text)):
        return list(row)
    number = _NUMBER.match(row[0].content.text)
    items = [(item.indent, item.content.cut(item_text_start(item.content.text))) for item in row]
    return [_nested(items, ordered=bool(number), start=int(number[1]) if number else 1, level=1)]


def _nested(
    items: list[tuple[int, RichText]], *, ordered: bool, start: int, level: int
) -> ListBlock:
    """Return a list; items indented further than its first one are lists under the item before."""
    indent = items[0][0]
    made: list[tuple[Block, ...]] = []
    deeper: list[tuple[int, RichText]] = []
    for item in [*items, (-1, RichText())]:
        if item[0] > indent and level < MAX_LEVELS:
            deeper.append(item)
            continue
        if deeper:
            made[-1] += (_nested(deeper, ordered=ordered, start=1, level=level + 1),)
            deeper = []
        if item[1]:
            made.append((Paragraph(item[1]),))
    return ListBlock(tuple(made), ordered=ordered, start=start)


MAX_HEADLINE = 120
MAX_ABBREVIATION = 2  # characters, such as 'J.' or 'St.'
MAX_HEADING_LINE = 80
MAX_BOILERPLATE = 240

_PARTICLES = frozenset(
    {"de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le", "van", "von", "bin"}
    | {"ibn", "al", "el", "ter", "ten", "y"}
)
_NOT_IN_NAMES = frozenset(
    {"the", "a", "an", "this", "that", "next", "last", "week", "in", "on", "at", "for", "from"}
    | {"of", "with", "and", "or", "but", "what", "why", "how", "new", "our", "your", "my", "their"}
    | {"no", "more", "best", "kind", "regards", "yours", "good", "dear"}
)
_GREETING = re.compile(
    r"(?:hello|hi|hey|welcome|greetings|dear|good (?:morning|afternoon|evening|day)|happy \w+)\b"
    r"(?=[\s,!.]*$|.*[!,.]$|.{0,20}\b(?:all|back|everyone|everybody|friends|readers?|there|you)\b)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE_PARTS = re.compile(
    r"\b(?:(?:issue|edition|number|no\.?|vol(?:ume)?\.?|#)\s*\d{1,5}"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+\d{{4}})?"
    rf"|{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{1,2}[:.]\d{2}(?:\s?[ap]m)?"
    r"|published|updated|posted|sent|on|at)(?!\w)",
    re.IGNORECASE,
)
_NICKNAME = re.compile(
    r"(?<=\w) (?:\"[\w-]{2,20}\"|“[\w-]{2,20}”|‘[\w-]{2,20}’|'[\w-]{2,20}') (?=\w)"
)
_TITLE = re.compile(
    r"(?:dr|prof(?:essor)?|rev(?:erend)?|rt|hon|sir|dame|lord|lady|baron(?:ess)?|mrs?|ms|miss|mx"
    r"|the|right|honourable|capt(?:ain)?|col(?:onel)?|gen(?:eral)?|justice|father|sister|canon"
    r"|bishop|rabbi|imam|cllr|councillor)\.?",
    re.IGNORECASE,
)
# Lines that every issue carries and the public page has in its own way.
_SIGN_UP = re.compile(
    r"(?:to |please )?(?:sign up|subscribe|register)\b"
    r"(?=.*\b(?:e-?mail|inbox|newsletter|here|(?:every|each) (?:week|month|\w+day)|copy)\b)"
    r"|(?:sign up|subscribe)(?: (?:now|today|here|for free))?[.!]?$"
    r"|(?:get|receive) .{1,80}\b(?:by e-?mail|(?:in|to) your inbox)\b"
    r"|(?:not (?:yet |already )?(?:a )?subscribe[rd]\b|want to (?:get|receive)\b).{0,120}"
    r"\b(?:sign up|subscribe)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?:please )?(?:share|tweet|post|like|recommend|forward|e-?mail) this"
    r"(?: (?:article|issue|edition|briefing|story|page|post|e-?mail|newsletter))?"
    r"(?:\W+(?:on|via|by|with|to|in)\b.{0,80})?\W*$"
    r"|(?:share|tweet|post)(?: (?:on|via|to|by)\b.{0,80})?\W*$"
    r"|follow (?:me|us|@?[\w’'-]+(?: [\w’'-]+){0,3}) on .{1,80}$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"(?=.*\b(?:you|friend|colleague)\b)(?:if|was|were|has|have|did|been|had)\b.{0,60}\bforward(?:ed)?\b"
    r".{0,20}\b(?:this|it|you|briefing|newsletter|e-?mail|copy)\b"
    r"|(?:been )?forwarded (?:this|to you)\b",
    re.IGNORECASE,
)
_MAILING = re.compile(
    r"(?:to |click here to |you (?:can|may) )?unsubscribe\b"
    r"|(?:view|read|open|see) (?:this|it)\b.{0,40}\bin (?:your|a|the) (?:web )?browser"
    r"|(?:trouble|problems|can['’]t) (?:viewing|reading|view|read|seeing|see) this\b"
    r"|you(?:['’]re| are) (?:receiving|getting) this\b"
    r"|you(?:['’]re| are) (?:on (?:this|our) (?:mailing )?list|subscribed) (?:because|as|since)\b"
    r"|you(?:['’]ve| have)? (?:received?|get|got) this"
    r" (?:e-?mail|newsletter|briefing|message|mail|because|as\b|since)"
    r"|why (?:am i|are you|did i|did you|do i) (?:receiv\w+|get(?:ting)?|got) this\b"
    r"|this (?:e-?mail|newsletter|briefing|message) (?:was|is|has been) sent to (?:you\b|\S+@)"
    r"|(?:if you |to )?(?:(?:no longer|do not|don['’]t) (?:wish|want) to|stop) (?:receiv\w+|get\w*)"
    r" (?:these|this|our|any|future|further|such|more)(?:,| (?:\w+ ){0,3}"
    r"(?:e-?mails?|newsletters?|messages?|mailings?)\b)"
    r"|want to change how you (?:receive|get) (?:these|our|this) e-?mails?\b"
    r"|(?:manage|update|change) (?:your|my|e-?mail|subscription)"
    r" (?:(?:e-?mail|subscription|contact) )?(?:preferences|subscriptions?|settings)\b"
    r"|our (?:mailing|postal) address is\b"
    r"|(?:please )?add .{1,60} to your (?:address book|contacts|safe senders)"
    r"|(?:©|\(c\)|copyright) ?.{0,20}\d{4}"
    r"|.{0,200}(?:^|[.!?|•·–—-] ?)(?:click here to )?(?:unsubscribe(?: here| now)?|abmelden"
    r"|abbestellen|se (?:désabonner|désinscrire)|désabonnement|darse de baja)[.!]?$"
    r"|sie (?:erhalten|bekommen) (?:diese|diesen) (?:e-?mail|newsletter|nachricht)\b"
    r"|(?:vom |diesen |den )?newsletter (?:hier )?(?:abmelden|abbestellen)\b"
    r"|(?:diese[nr]? )?(?:e-?mail|newsletter|ausgabe) (?:online|im browser) (?:an|lesen)"
    r"|vous recevez (?:ce|cet|cette) (?:e-?mail|courriel|mail|message|newsletter|lettre)\b"
    r"|(?:pour )?(?:vous|se) dés(?:abonner|inscrire)\b"
    r"|(?:recibes?|usted recibe) este (?:correo|mensaje|bolet[ií]n)\b",
    re.IGNORECASE,
)

# What a job title before or after a name has, such as 'our health policy correspondent'.
JOB = (
    r"\b(?:editor|correspondent|reporter|writer|columnist|chief|head|director|analyst|commentator"
    r"|journalist|author|manager|officer|lead|leader|economist|fellow|expert|specialist|producer"
    r"|presenter|host|advis[eo]r|critic|blogger|contributor|researcher|professor|lecturer"
    r"|historian|lawyer|deputy|chair|president|partner|consultant|strategist|publisher"
    r"|founder|secretary|insider|watcher|team|(?<=our )(?:wo)?man)s?\b"
)


# --- headlines, names and dates --------------------------------------------------------------


def is_headline(text: str, *, longest: int = MAX_HEADLINE, may_end_sentence: bool = False) -> bool:
    """Whether a line of plain text is a heading: short, and without a full stop at its end.

    With `may_end_sentence`, a question or an exclamation is one too, as at the top of an issue.
    """
    if not 1 < len(text) <= longest or "\n" in text or item_text_start(text):
        return False
    first = text.lstrip("“‘\"'(£$€")[:1]
    closing = text.rstrip("”’\"')")[-1:]
    return (first.isupper() or first.isdigit()) and (
        closing not in ".!?…:;,–—-" or (may_end_sentence and closing in "!?")
    )


def is_greeting(text: str) -> bool:
    """Whether a line only greets: 'Hello and welcome!', 'Dear reader'."""
    return len(text) <= 60 and bool(_GREETING.match(text))


def is_name(text: str) -> bool:
    """Whether the text is a person's name: two to five words, capitalised except particles.

    A nickname in quotation marks may stand between them.
    """
    words = _NICKNAME.sub(" ", text).split()
    if not 2 <= len(words) <= 5 or len(text) > 60:
        return False
    capitalised = 0
    for word in words:
        alphabetic = word.strip(".").replace("-", "").replace("’", "").replace("'", "")
        if not alphabetic.isalpha() or word.lower() in _NOT_IN_NAMES:
            return False
        is_abbreviation = len(alphabetic) <= MAX_ABBREVIATION or _TITLE.fullmatch(word)
        if word.endswith(".") and word is not words[-1] and not is_abbreviation:
            return False
        if _is_capitalised(word):
            capitalised += 1
        elif word.lower() not in _PARTICLES:
            return False
    return capitalised >= 2 and _is_capitalised(words[-1])


def _is_capitalised(word: str) -> bool:
    """Whether a word starts with a capital, perhaps after a particle: 'el-Amin', 'd’Arcy'."""
    before, *after = re.split("[-’']", word, maxsplit=1)
    return word[0].isupper() or (
        before in {*_PARTICLES, "d"} and bool(after) and after[0][:1].isupper()
    )


def are_names(text: str) -> bool:
    """Whether the text is one or several names: 'Ada Lane, Ben Oduya and Cy Marsh'."""
    return len(text) <= 120 and all(map(is_name, split_names(text)))


def split_names(text: str) -> list[str]:
    """Return the names that a byline joins."""
    return [name for name in re.split(r",? (?:and|&) |, ", text[:200]) if name]


def short_names(byline: str) -> set[str]:
    """Return without capitals what people sign with: each name of a byline, and its first words.

    A title such as 'Dr' or 'Rt Hon. Baroness' is passed over; a nickname counts.
    """
    names = split_names(byline.casefold())
    nicknames = re.findall(r"[\"“‘']([^\W\d_]{2,20})[\"”’'](?!\w)", byline.casefold())
    firsts = (
        next((word for word in name.split() if not _TITLE.fullmatch(word)), "") for name in names
    )
    return {*names, *nicknames, *firsts} - {""}


def is_dateline(text: str) -> bool:
    """Whether a line has only dates and numbers: 'Issue 12 | Thursday 7 April 2016'."""
    if not any(char.isdigit() for char in text[:80]) or len(text) > 80:
        return False
    return not _DATE_PARTS.sub("", text).strip(" \t\u00a0,.|·•–—-/()")


# --- boilerplate -----------------------------------------------------------------------------


def is_boilerplate(block: Block) -> bool:
    """Whether a block is nothing but lines that every issue carries.

    Only a whole and short paragraph is, so that an article about sharing or signing up stays one.
    """
    if not isinstance(block, Paragraph | Heading | ListBlock):
        return False
    lines = text_of(block).split("\n", maxsplit=20)
    return all(map(is_boilerplate_line, lines))


def is_boilerplate_line(line: str) -> bool:
    """Whether a line invites to sign up or share, or is about the mailing itself."""
    text = line.strip(" \t\u00a0[]()»›→>|*•")
    return len(line) <= MAX_BOILERPLATE and any(
        pattern.match(text) for pattern in (_SIGN_UP, _SHARE, _FORWARDED, _MAILING)
    )


# --- paragraphs of short lines ---------------------------------------------------------------


def split_short_lines(block: Block, *, longest: int = 160) -> list[Paragraph]:
    """Return the lines of a paragraph of short ones, each as a paragraph; [] of other blocks."""
    if not isinstance(block, Paragraph) or not 0 < block.content.text.count("\n") < 12:
        return []
    lines = block.content.lines()
    if any(len(line.text) > longest for line in lines):
        return []
    return [Paragraph(line, block.role) for line in lines]


def join_lines(lines: list[Paragraph]) -> Paragraph:
    """Return the paragraph that lines were before they were split."""
    return Paragraph(join([line.content for line in lines], "\n"), lines[0].role)
