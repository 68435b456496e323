"""`{{ duration|in_words }}`: durations on pages and in emails."""

from __future__ import annotations

from django import template

from newsroom.duration_words import in_words

register = template.Library()

register.filter("in_words", in_words)
