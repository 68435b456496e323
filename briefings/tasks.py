"""Celery tasks about issues. Each is short: the tables say what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from briefings import cut_offs, next_drafts, reply_emails
from briefings.link_checks import check_due_links
from briefings.moderation import akismet, comment_digests, rejection_emails
from briefings.questions import closing_emails
from briefings.quotations import quotation_alarms, quoted_emails
from briefings.search import index_repair
from newsroom import database_epoch
from newsroom.clock import database_now


@shared_task
def make_missing_drafts() -> None:
    """Make the next draft of each briefing whose last issue was published without one.

    Not while a person decides about a restored database: it does not know what was published since.
    """
    if database_epoch.restored_epoch() is None:
        next_drafts.make_missing_drafts(at=database_now())


@shared_task
def raise_alarms() -> None:
    """Email staff whose briefing has passed its cut-off without an approved issue."""
    if database_epoch.restored_epoch() is None:
        cut_offs.alarm_of_passed_cut_offs(at=database_now())


@shared_task
def send_reply_emails() -> None:
    """Email readers who asked about replies to their comments, each at most once a day."""
    if database_epoch.restored_epoch() is None:
        reply_emails.send_reply_emails(at=database_now())


@shared_task
def send_closing_emails() -> None:
    """Email those who answered a question what became of it, each once."""
    if database_epoch.restored_epoch() is None:
        closing_emails.send_closing_emails(at=database_now())


@shared_task
def send_rejection_emails() -> None:
    """Email readers why their comments were rejected, once a moderator can no longer undo it."""
    if database_epoch.restored_epoch() is None:
        rejection_emails.send_rejection_emails(at=database_now())


@shared_task
def tell_quoted_readers() -> None:
    """Email readers whom an issue quotes that it is out, once each."""
    if database_epoch.restored_epoch() is None:
        quoted_emails.tell_quoted_readers(at=database_now())


@shared_task
def raise_alarms_of_quotations() -> None:
    """Email staff whose approved issue has a quotation that cannot go out as it stands."""
    if database_epoch.restored_epoch() is None:
        quotation_alarms.alarm_of_lost_quotations()


@shared_task
def send_comment_digests() -> None:
    """Email moderators and authors what waits, in the rhythm that each chose."""
    if database_epoch.restored_epoch() is None:
        comment_digests.send_comment_digests(at=database_now())


@shared_task
def check_spam() -> None:
    """Ask Akismet about the comments that wait for its answer, and tell it of its mistakes."""
    akismet.check_due_comments(at=database_now())
    if settings.AKISMET_KEY and database_epoch.restored_epoch() is None:
        akismet.report_wrong_answers(at=database_now())


@shared_task
def check_links() -> None:
    """Check the external links of issues that are not published yet."""
    if settings.CHECK_LINKS:
        check_due_links(at=database_now())


@shared_task
def index_missing_issues() -> None:
    """Index published issues that search does not know yet, such as those from before an update."""
    index_repair.index_missing_issues()
