"""Why a moderator rejects a comment."""

from __future__ import annotations

from django.db import models


class RejectionReason(models.TextChoices):
    """The reasons that a moderator chooses from; Coral's list, and what readers can report."""

    OFFENSIVE = "offensive", "Offensive language"
    ABUSE = "abuse", "Insults or threatens somebody"
    HARASSMENT = "harassment", "Harasses or bullies somebody"
    HATE = "hate", "Attacks people for who they are"
    PRIVATE = "private", "Gives away something private"
    ILLEGAL = "illegal", "May be against the law"
    FALSE = "false", "False or misleading"
    OFF_TOPIC = "off_topic", "Nothing to do with the issue"
    ADVERTISING = "advertising", "Advertising"
    OTHER = "other", "Something else"
    SPAM = "spam", "Spam"
    BANNED = "banned", "Its writer is banned"


# What has a button of its own is not in the list of reasons.
CHOSEN_FROM = tuple(
    reason
    for reason in RejectionReason
    if reason not in {RejectionReason.SPAM, RejectionReason.BANNED}
)
