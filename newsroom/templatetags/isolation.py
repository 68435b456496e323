"""Text that others wrote, kept from reordering the words around it where HTML cannot do so."""

from django import template

register = template.Library()


@register.filter
def isolated(text: str) -> str:
    """Return text between the marks of a first strong isolate (Unicode Annex 9), for attributes.

    In elements, <bdi> and dir="auto" do the same.
    """
    return f"\u2068{text}\u2069"
