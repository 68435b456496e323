"""States as words on a ground; the colour only repeats what the word says."""

from django.utils.html import format_html

from briefings.models import Comment, Issue


def issue_badge(issue: Issue) -> str:
    """An issue's state."""
    return format_html(
        '<span class="badge badge-{}">{}</span>', issue.state, issue.get_state_display()
    )


def comment_badge(comment: Comment) -> str:
    """A comment's state; a featured one is approved, so that is what is said."""
    if comment.featured:
        return format_html('<span class="badge badge-{}">{}</span>', "featured", "Featured")
    return format_html(
        '<span class="badge badge-{}">{}</span>', comment.state, comment.get_state_display()
    )
