"""The language of the words that readers see: that of a briefing, or the site's.

It never comes from a browser, because a public page is the same for everybody. What is about one
briefing is in the language of that briefing; what is about several is in the site's
(`LANGUAGE_CODE`). If we have no words in the language of a briefing, the site's are used around
its text. The admin and emails to staff are in English.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation
from django.utils.formats import number_format
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_supported_language_variant

STAFF_LANGUAGE = "en-gb"


def words_language(code: str) -> str:
    """Return the language of the words around a text in this language: its own, or the site's."""
    try:
        return get_supported_language_variant(code)
    except LookupError:
        return settings.LANGUAGE_CODE


def shared_language(codes: Iterable[str]) -> str:
    """Return the language that all of these are, for words about several texts; or the site's."""
    known = {words_language(code) for code in codes}
    return known.pop() if len(known) == 1 else settings.LANGUAGE_CODE


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Within the block, words are those around a text in this language."""
    with translation.override(words_language(code)):
        yield


def answer_in(code: str) -> None:
    """Write the rest of this response in the language of a text.

    `ReaderLanguageMiddleware` ends it with the response.
    """
    translation.activate(words_language(code))


def language_tag(code: str) -> str:
    """Return a language as HTML and Atom write it: 'en-GB', 'de' (RFC 5646, section 2.1.1)."""
    language, hyphen, region = code.partition("-")
    return f"{language}{hyphen}{region.upper()}"


def primary_language(code: str) -> str:
    """Return a language without its region: 'en' for 'en-gb' (RFC 5646, section 2.2.1)."""
    return code.partition("-")[0].lower()


def text_language(code: str) -> str:
    """Return the tag of a text: that of our words, if they are in its language, or its own."""
    words = words_language(code)
    is_own = primary_language(words) == primary_language(code)
    return language_tag(words if is_own or not code else code)


def text_language_attribute(code: str) -> SafeString:
    """Return ` lang="…"` for a text in another language than the words around it; else nothing."""
    tag = text_language(code)
    if tag == current_language_tag():
        return SafeString("")
    return format_html(' lang="{}"', tag)


def current_language_tag() -> str:
    """Return the language of the words at this moment, as HTML writes it."""
    return language_tag(translation.get_language() or settings.LANGUAGE_CODE)


def grouped(number: int) -> str:
    """Return a number with its digits in groups: '5,000', in German '5.000'."""
    return number_format(number, force_grouping=True)


grouped_lazy = lazy(grouped, str)
