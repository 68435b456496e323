"""Readers who cannot comment for a time or for good, known by the hash of their address only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from briefings.models import CommentBan
from briefings.permissions import MODERATE_COMMENT, briefings_for, may_everywhere, may_moderate
from newsroom import audit_log

if TYPE_CHECKING:
    from datetime import datetime

    from briefings.models import BanLength, Briefing, Comment
    from briefings.models.comment_ban import CommentBanQuerySet
    from newsroom.audit_log import Actor


def hash_of(address: str) -> str:
    """Return the keyed hash of an address, however it is spelt."""
    return str(import_string(settings.ADDRESS_HASH)(address))


def writers_address(comment: Comment) -> str:
    """Return the confirmed address of a comment's writer; empty for an author or a colleague."""
    if comment.contributor_id or comment.by_staff:
        return ""
    return comment.commenter.address if comment.commenter else comment.email


def ban_writer(
    comment: Comment, length: BanLength, *, by: Actor, at: datetime, everywhere: bool = False
) -> CommentBan:
    """Ban a comment's writer from its briefing, or from all. The comment has an address.

    Raises PermissionDenied.
    """
    if everywhere and not may_everywhere(by, MODERATE_COMMENT):
        raise PermissionDenied
    return CommentBan.objects.create(
        address_hash=hash_of(writers_address(comment)),
        briefing=None if everywhere else comment.issue.briefing,
        comment=comment,
        until=length.ends(at=at),
        at=at,
        by_id=by.pk if by else None,
    )


def ban_on(address: str, briefing: Briefing, *, at: datetime) -> CommentBan | None:
    """Return the ban of an address in a briefing that ends last; None if there is none."""
    if not address:
        return None
    bans = CommentBan.objects.active(at=at).filter(address_hash=hash_of(address))
    found = list(bans.filter(Q(briefing=briefing) | Q(briefing=None)))
    return max(found, key=lambda ban: (ban.until is None, ban.until or at), default=None)


def words_for_reader(ban: CommentBan, briefing: Briefing) -> str:
    """Return what a banned reader is told."""
    if ban.until is None:
        return gettext("We take no more comments from you.")
    until = date_format(ban.until.astimezone(briefing.zone), "LONG_DATETIME_FORMAT")
    return gettext("We take no comments from you until %(until)s.") % {"until": until}


def bans_for(user: Actor, *, at: datetime) -> CommentBanQuerySet:
    """Return the bans that hold now and that this person can lift."""
    bans = CommentBan.objects.active(at=at).select_related("briefing", "comment__contributor", "by")
    if may_everywhere(user, MODERATE_COMMENT):
        return bans
    return bans.filter(briefing__in=briefings_for(user, MODERATE_COMMENT))


def may_lift(ban: CommentBan, *, by: Actor) -> bool:
    """Whether a person can end a ban: one from all briefings, only who moderates all of them."""
    if ban.briefing:
        return may_moderate(by, ban.briefing)
    return may_everywhere(by, MODERATE_COMMENT)


def lift(ban: CommentBan, *, by: Actor) -> None:
    """End a ban. Raises PermissionDenied."""
    if not may_lift(ban, by=by):
        raise PermissionDenied
    with transaction.atomic():
        if ban.comment:
            audit_log.record("lifted a ban", ban.comment, by=by)
        ban.delete()
