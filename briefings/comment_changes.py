"""How the pages of an issue learn that the comments on it have changed."""

from __future__ import annotations

from collections.abc import Iterable

from newsroom.content_changes import record_change


def comments_subject(slug: str, number: int) -> str:
    """Return the subject of the comments on an issue (newsroom/content_changes.py)."""
    return f"comments.{slug}.{number}"


def comments_of_page(*, slug: str, number: int) -> tuple[str]:
    """Return the subject for a page whose address has these words."""
    return (comments_subject(slug, number),)


def record_comments_changed(issues: Iterable[tuple[str, int]]) -> None:
    """Record that comments which readers see changed, on issues by briefing and number."""
    for slug, number in issues:
        record_change(comments_subject(slug, number))
