"""States as words on a coloured background; the colour only repeats what the word says."""

from django.utils.html import format_html

from briefings.models import Comment, Issue


def issue_badge(issue: Issue) -> str:
    """Return the badge of an issue's state."""
    return _badge(issue.state, issue.get_state_display())


def comment_badge(comment: Comment) -> str:
    """Return the badge of a comment's state; featured ones are approved anyway."""
    if comment.featured:
        return _badge("featured", "Featured")
    return _badge(comment.state, comment.get_state_display())


def _badge(name: str, label: str) -> str:
    return format_html('<span class="badge badge-{}">{}</span>', name, label)
