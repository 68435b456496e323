"""The desk's pages: where issues are drafted, approved and scheduled, and comments moderated."""

from briefings.admin import briefing, comment, contributor, issue

__all__ = ["briefing", "comment", "contributor", "issue"]
