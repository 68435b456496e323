"""Another spelling of a query that found nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from briefings.models import SearchWord
from briefings.search.search_query import parse_query
from briefings.word_distance import mistakes_allowed, word_distance

if TYPE_CHECKING:
    from briefings.search.engine import SearchEngine
    from briefings.search.search_query import SearchQuery


def other_spelling(query: SearchQuery, engine: SearchEngine) -> SearchQuery | None:
    """Return the query with its unknown words replaced by known ones; None if there are none."""
    text = query.text
    known = set(SearchWord.objects.filter(word__in=query.words).values_list("word", flat=True))
    for word in query.words:
        if word in known:
            continue
        if closest := _closest(word, engine.similar_words(word)):
            text = parse_query(text).with_word(word, closest)
    return parse_query(text) if text != query.text else None


def _closest(word: str, candidates: list[str]) -> str | None:
    """Return the candidate with the fewest mistakes; of several, one with the same first letter."""
    allowed = mistakes_allowed(word)
    rated = [(word_distance(word, one), one[:1] != word[:1], one) for one in candidates]
    return min((one for one in rated if one[0] <= allowed), default=(0, False, None))[2]
