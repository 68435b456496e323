"""Public pages: what anybody may read."""

from briefings.views.briefings import briefing_detail, contributor_detail, home, robots
from briefings.views.comments import comment_confirm, comment_create
from briefings.views.issues import issue_detail, issue_in_words

__all__ = [
    "briefing_detail",
    "comment_confirm",
    "comment_create",
    "contributor_detail",
    "home",
    "issue_detail",
    "issue_in_words",
    "robots",
]
