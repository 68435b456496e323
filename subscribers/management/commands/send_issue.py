"""`manage.py send_issue ISSUE`: approve, schedule and (without `--at`) publish at once."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from briefings.models import Issue, IssueState
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch, Subscription
from subscribers.sending import dispatches


class Command(BaseCommand):
    help = "Approve an issue and schedule it (now, if no time is given)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", help="the issue's id, or BRIEFING/NUMBER as in its address")
        parser.add_argument(
            "--at", metavar="TIME", help="such as 2026-11-26T07:00 (the briefing's time zone)"
        )
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        issue = _find(options["issue"])
        now = timezone.now()
        hour = _read_hour(options["at"], issue, now=now) if options["at"] else now
        try:
            with transaction.atomic():
                _approve(issue)
                issue.schedule(publish_at=hour, by=None)
                dispatch = dispatches.publish(issue, at=now) if hour <= now else None
        except TransitionRefused as refusal:
            raise CommandError(str(refusal)) from None
        if dispatch is not None:
            dispatches.start(dispatch, at=now)
        self._report(issue, dispatch, hour, as_json=options["json"])

    def _report(
        self, issue: Issue, dispatch: Dispatch | None, hour: datetime, *, as_json: bool
    ) -> None:
        if dispatch is not None:
            subscribers = dispatch.deliveries.count()
        else:
            subscribers = Subscription.objects.mailable().filter(briefing=issue.briefing).count()
        if as_json:
            number = dispatch.pk if dispatch else None
            words = {"dispatch": number, "issue": issue.pk, "subscribers": subscribers}
            self.stdout.write(json.dumps(words))
        elif dispatch is not None:
            self.stdout.write(
                f"Dispatch {dispatch.pk}: “{issue.title}” to {subscribers:,} readers."
            )
        else:
            when = hour.astimezone(issue.briefing.zone)
            self.stdout.write(
                f"“{issue.title}” goes out on {when:%A %d %B %Y at %H:%M} ({issue.briefing.zone}); "
                f"its dispatch is made then. {subscribers:,} readers at present."
            )


def _find(name: str) -> Issue:
    briefing, slash, number = name.rpartition("/")
    issues = Issue.objects.for_page()
    if slash and number.isdecimal():
        found = issues.filter(briefing__slug=briefing, number=int(number)).first()
    else:
        found = issues.filter(pk=int(name)).first() if name.isdecimal() else None
    if found is None:
        raise CommandError(f"There is no issue {name!r}: give its id or BRIEFING/NUMBER.")
    return found


def _read_hour(words: str, issue: Issue, *, now: datetime) -> datetime:
    try:
        hour = parse_datetime(words)
    except ValueError:
        hour = None
    if hour is None:
        raise CommandError(f"{words!r} is no time: write it like 2026-11-26T07:00.")
    hour = hour if timezone.is_aware(hour) else hour.replace(tzinfo=issue.briefing.zone)
    if hour <= now:  # a slip of the pen must not send an issue to everybody at once
        raise CommandError(f"{words} has passed. Give a later time, or none to send it now.")
    return hour


def _approve(issue: Issue) -> None:
    """Take the steps that are still missing, each by its own rule and each in the log."""
    if issue.state == IssueState.PUBLISHED:
        raise TransitionRefused(f"“{issue.title}” was published already; an issue is sent once.")
    if issue.state == IssueState.DRAFT:
        issue.submit(by=None)
    if issue.state == IssueState.IN_REVIEW:
        issue.approve(by=None)
