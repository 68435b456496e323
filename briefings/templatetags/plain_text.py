"""Filters that keep lines short in text templates: `{{ issue.strapline|wrapped }}`."""

from django import template

from briefings.rendering.text_wrap import WIDTH, columns, wrap_text

register = template.Library()


@register.filter
def wrapped(words: object) -> str:
    """Return one paragraph in lines of at most 72 columns."""
    return wrap_text(" ".join(str(words).split()))


@register.filter
def underlined(words: object, stroke: str) -> str:
    """Return a heading above a line of strokes that is as long as its longest line."""
    lines = wrapped(words)
    return f"{lines}\n{stroke * min(max(map(columns, lines.split(chr(10)))), WIDTH)}"


@register.filter
def wrapped_lines(words: object) -> str:
    """Return text in lines of at most 72 columns; its own line ends stay."""
    return wrap_text(str(words))
