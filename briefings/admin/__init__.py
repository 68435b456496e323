"""The admin's pages for briefings, contributors, issues, comments and accounts."""

from briefings.admin import (
    account_admin,
    briefing_admin,
    comment_admin,
    contributor_admin,
    issue_admin,
    topic_admin,
)

__all__ = [
    "account_admin",
    "briefing_admin",
    "comment_admin",
    "contributor_admin",
    "issue_admin",
    "topic_admin",
]
