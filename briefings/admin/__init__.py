"""The admin's pages for briefings, contributors, issues, comments, accounts, log-ins and topics."""

from briefings.admin import (
    account_admin,
    briefing_admin,
    comment_admin,
    contributor_admin,
    flagged_word_admin,
    issue_admin,
    log_in_records,
    topic_admin,
)

__all__ = [
    "account_admin",
    "briefing_admin",
    "comment_admin",
    "contributor_admin",
    "flagged_word_admin",
    "issue_admin",
    "log_in_records",
    "topic_admin",
]
