"""What a person wrote in answer to a letter: without the letter, and without the signature."""

from __future__ import annotations

import re
from email.message import Message

from subscribers.bounces.message_parts import strip_tags, text_of
from subscribers.bounces.word_tables import alternatives, phrases

MAX_CHARS = 200_000

# "On Monday, 12 November, Ada wrote:", over up to four lines.
_INTRODUCTION = phrases(
    "wrote",
    before=rf"^[ \t]*(?:{alternatives('wrote_opening')})(?s:.{{3,300}}?)",
    after=r"(?s:.{0,160})[:：][ \t]*$",
)
# "Ada wrote:", which is a person's own sentence unless quoted lines follow.
_SHORT_INTRODUCTION = phrases("wrote", before=r"^[^\n]{3,160}", after=r"[ ]?[:：][ \t]*$")
_RULE = phrases("letter_rule", before=r"^[ \t]*", after=r"[ \t]*$")
_FIRST_FIELD = phrases("letter_from", before=r"^[ \t>*]*", after=r"[ *]*[:：]\*?[ \t]*\S")
_NEXT_FIELD = phrases("letter_field", before=r"^[ \t>*]*", after=r"[ *]*[:：]")
_SIGNATURE = re.compile(r"^(?:--|—|__)[ \t]*$")
_DEVICE = phrases("device", before=r"^[ \t]*", after=r".{0,80}$")
# Where mail programs begin the letter that is answered, in HTML.
_QUOTED_HTML = phrases(
    "quoted_html",
    before=r"""<(?:div|blockquote|span|section)\b[^>]{0,300}?(?:class|id|name)=["']?[^"'>]{0,80}?""",
)
_BLOCKQUOTE = re.compile(r"(?is)<blockquote\b[^>]{0,500}>.*?(?:</blockquote>|\Z)")
_MANY_BLANKS = re.compile(r"\n{3,}")


def own_words(message: Message) -> str:
    """Give what the writer of an answer added, as plain text; empty when that is nothing."""
    plain, rich = _bodies(message)
    words = own_text(plain)
    return words or own_text(strip_tags(_own_html(rich)))


def _bodies(message: Message) -> tuple[str, str]:
    """Give the first text and the first HTML that are no attachments."""
    found = {"text/plain": "", "text/html": ""}
    for number, part in enumerate(message.walk()):
        if number > 100:
            break
        kind = part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if kind in found and not found[kind] and not attached and not part.is_multipart():
            found[kind] = text_of(part)[:MAX_CHARS]
    return found["text/plain"], found["text/html"]


def _own_html(markup: str) -> str:
    begins = _QUOTED_HTML.search(markup)
    if begins:
        markup = markup[: begins.start()]
    return _BLOCKQUOTE.sub("\n", markup)


def own_text(text: str) -> str:
    """Take quoted letter and signature off a plain text."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.lstrip(" ").startswith((">", "|>")):
            number += 1
            continue
        length = _introduction(lines, number)
        if length:
            number += length
            if not _quotes_follow(lines, number):
                break
            continue
        if _begins_letter(lines, number) or (
            _SIGNATURE.match(line) and _is_last_block(lines, number)
        ):
            break
        kept.append(line)
        number += 1
    return _tidy(kept)


def _introduction(lines: list[str], number: int) -> int:
    """How many lines a sentence such as "On Monday, Ada wrote:" takes here; 0 if there is none."""
    if not lines[number].strip():
        return 0
    for length in (1, 2, 3, 4):
        piece = lines[number : number + length]
        if any(not line.strip() for line in piece):
            return 0
        text = "\n".join(piece)
        dated = re.search(r"\d|@", text) and len(text) < 500 and _INTRODUCTION.match(text)
        short = length == 1 and _SHORT_INTRODUCTION.match(text)
        if dated or (short and _quotes_follow(lines, number + 1)):
            return length
    return 0


def _quotes_follow(lines: list[str], number: int) -> bool:
    """Whether the letter is quoted with signs, so that what follows may be an answer between."""
    ahead = next((line for line in lines[number : number + 6] if line.strip()), "")
    return ahead.lstrip(" ").startswith(">")


def _begins_letter(lines: list[str], number: int) -> bool:
    """Whether the answered letter begins here, copied with its head as Outlook does."""
    if _RULE.match(lines[number]):
        return True
    if not _FIRST_FIELD.match(lines[number]):
        return False
    return sum(bool(_NEXT_FIELD.match(line)) for line in lines[number + 1 : number + 6]) >= 2


def _is_last_block(lines: list[str], number: int) -> bool:
    """A signature ends the words, unless quoted lines and answers to them still follow."""
    return not any(line.startswith(">") for line in lines[number + 1 :])


def _tidy(lines: list[str]) -> str:
    while lines and (not lines[-1].strip() or _DEVICE.match(lines[-1])):
        lines.pop()
    return _MANY_BLANKS.sub("\n\n", "\n".join(lines)).strip()
