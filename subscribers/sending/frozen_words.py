"""The words of a dispatch while it is sent: frozen, unless readers withdraw what it quotes.

Nothing is asked for each email: a worker process looks once in a while, and compares hashes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db.models.functions import MD5

from subscribers.models import Dispatch
from subscribers.sending.personalised_email import PreparedEmail

if TYPE_CHECKING:
    from typing import Self


class FrozenWords:
    """The words that one process sends of a dispatch, by which it knows that others took over."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch.pk
        self._known = (_digest(dispatch.html), _digest(dispatch.text))
        self.prepared = PreparedEmail(dispatch)

    def if_changed(self) -> Self | None:
        """Return the words as they are now; None if they are still these."""
        rows = Dispatch.objects.filter(pk=self._dispatch)
        if rows.values_list(MD5("html"), MD5("text")).first() in {self._known, None}:
            return None
        return type(self)(rows.get())


def _digest(words: str) -> str:
    """Return what the database computes of the same words."""
    return hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()
