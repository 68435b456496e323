"""How a text template keeps its lines short: `{{ issue.strapline|wrapped }}`."""

from django import template

from briefings.rendering.text_wrap import WIDTH, columns, wrap_text

register = template.Library()


@register.filter
def wrapped(words: object) -> str:
    """One paragraph, on lines of 72 columns."""
    return wrap_text(" ".join(str(words).split()))


@register.filter
def underlined(words: object, stroke: str) -> str:
    """A heading over a line of strokes as long as its longest line."""
    lines = wrapped(words)
    return f"{lines}\n{stroke * min(max(map(columns, lines.split(chr(10)))), WIDTH)}"
