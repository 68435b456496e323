"""Durations in words, for pages, emails and errors: they come from the constants they describe."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import lazy
from django.utils.translation import ngettext_lazy

from newsroom.reader_language import STAFF_LANGUAGE, in_language

# A unit, the shortest duration that is told in it, and its length. One day is “24 hours”.
UNITS = (
    (ngettext_lazy("%d year", "%d years"), timedelta(days=365), timedelta(days=365)),
    (ngettext_lazy("%d day", "%d days"), timedelta(days=2), timedelta(days=1)),
    (ngettext_lazy("%d hour", "%d hours"), timedelta(hours=1), timedelta(hours=1)),
    (ngettext_lazy("%d minute", "%d minutes"), timedelta(minutes=1), timedelta(minutes=1)),
)
SECONDS = ngettext_lazy("%d second", "%d seconds")


def in_words(duration: timedelta) -> str:
    """Return a duration as “1 year”, “30 days”, “24 hours”, “90 minutes” or “45 seconds”.

    The unit is the largest one that makes a whole number, so that the words are exact.
    """
    for words, least, unit in UNITS:
        if duration >= least and not duration % unit:
            return str(words % (duration // unit))
    return str(SECONDS % round(duration.total_seconds()))


in_words_lazy = lazy(in_words, str)


def in_english(duration: timedelta) -> str:
    """Return the words for staff, which are in English wherever they are put together."""
    with in_language(STAFF_LANGUAGE):
        return in_words(duration)
