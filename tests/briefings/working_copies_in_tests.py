"""Unsaved words as the script of an issue's page sends them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from briefings.working_copies import keep_words

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from briefings.models import Issue

_numbers = count(1)


def keep_unsaved(
    user: User, issue: Issue | None, *, bodies: list[str] | None = None, **fields: str
) -> str:
    """Keep unsaved fields of an issue, and one section for each of `bodies`; return the token."""
    token = f"unsaved{next(_numbers):08}"
    keep_words(
        user=user,
        token=token,
        sequence=1,
        issue=issue,
        content={
            "version": str(issue.version if issue else 0),
            "seen": "",
            "fields": fields,
            "sections": _new(bodies) if bodies is not None else _saved(issue),
        },
    )
    return token


def _new(bodies: list[str]) -> list[dict[str, Any]]:
    return [
        {"id": "", "kind": "feature", "heading": "", "body": body, "removed": False}
        for body in bodies
    ]


def _saved(issue: Issue | None) -> list[dict[str, Any]]:
    sections = issue.sections.all() if issue else []
    return [
        {
            "id": str(section.pk),
            "kind": section.kind,
            "heading": section.heading,
            "body": section.body,
            "removed": False,
        }
        for section in sections
    ]
