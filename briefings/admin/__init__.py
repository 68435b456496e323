"""The admin's pages for briefings, contributors, issues and comments."""

from briefings.admin import briefing_admin, comment_admin, contributor_admin, issue_admin

__all__ = ["briefing_admin", "comment_admin", "contributor_admin", "issue_admin"]
