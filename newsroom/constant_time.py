"""Letters of which an answer must not tell whether they were written."""

from __future__ import annotations

from typing import Any

from newsroom.emails import queue_email


def queue_email_in_constant_time(
    name: str,
    *,
    to: str,
    context: dict[str, Any],
    headers: dict[str, str] | None = None,
    allowed: bool,
) -> None:
    """Write a letter, and take it back before anybody sees it where none may leave.

    So the answer takes as long for an address that is unknown or suppressed as for any other. Call
    it inside a transaction.
    """
    letter = queue_email(name, to=to, context=context, headers=headers)
    if not allowed:
        letter.delete()
