"""In which language and direction a page, an email or a part of it is written."""

from __future__ import annotations

from django import template
from django.utils import translation
from django.utils.safestring import SafeString

from newsroom import reader_language

register = template.Library()


@register.simple_tag
def page_language() -> str:
    """Return the language of the words on this page or in this email, for `lang`."""
    return reader_language.current_language_tag()


@register.simple_tag
def page_direction() -> str:
    """Return the direction in which that language is written, for `dir`."""
    return "rtl" if translation.get_language_bidi() else "ltr"


@register.simple_tag
def text_language(code: str) -> SafeString:
    """Return ` lang="…"` for a text in another language than the words around it; else nothing."""
    return reader_language.text_language_attribute(code)
