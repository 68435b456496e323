"""The tables that public pages show: each change of them has the pages made again.

What readers say on an issue is apart: it changes the pages of that issue only, and only once
readers may see it (`briefings/models/comment.py`).
"""

from __future__ import annotations

from briefings.models import (
    Break,
    Briefing,
    Contributor,
    Correction,
    Issue,
    Picture,
    Quotation,
    Section,
    Topic,
)
from newsroom.content_changes import watch_tables

SHOWN = (
    *(Break, Briefing, Contributor, Correction, Issue, Picture, Quotation, Section, Topic),
    Issue.topics.through,
)


def watch_shown_rows() -> None:
    """Have changes of these tables known to the public pages."""
    watch_tables(SHOWN)
