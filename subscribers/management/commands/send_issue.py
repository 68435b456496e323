"""`manage.py send_issue ISSUE`: approve and schedule an issue, or publish it now."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from briefings import issue_steps
from briefings.finding_overrides import run_preflight
from briefings.local_time import parse_local
from briefings.models import Issue, IssueState
from newsroom.staff_command import StaffCommand
from newsroom.transitions import TransitionRefused
from subscribers.models import Dispatch, Subscription
from subscribers.sending import dispatches


class Command(StaffCommand):
    help = "Approve an issue, and send it now or at the given time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("issue", help="the id of the issue, or BRIEFING/NUMBER as in its URL")
        parser.add_argument(
            "--at", metavar="TIME", help="like 2026-11-26T07:00, in the briefing's time zone"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        issue = _find_issue(options["issue"])
        now = timezone.now()
        send_at = _parse_time(options["at"], issue, now=now) if options["at"] else now
        warnings = run_preflight(issue, publish_at=send_at).warnings
        try:
            with transaction.atomic():
                _approve(issue, send_at=send_at)
                issue_steps.schedule(issue, publish_at=send_at, by=None, at=now)
                dispatch = dispatches.publish(issue, at=now) if send_at <= now else None
        except TransitionRefused as refusal:
            raise CommandError(str(refusal)) from None
        if dispatch is not None:
            dispatches.start(dispatch, at=now)
        for finding in warnings:
            self.stderr.write(f"Warning: {finding}")
        self._report(issue, dispatch, send_at, as_json=options["json"])

    def _report(
        self, issue: Issue, dispatch: Dispatch | None, send_at: datetime, *, as_json: bool
    ) -> None:
        if dispatch is not None:
            subscribers = dispatch.deliveries.count()
        else:
            subscribers = Subscription.objects.mailable().filter(briefing=issue.briefing).count()
        if as_json:
            dispatch_id = dispatch.pk if dispatch else None
            facts = {"dispatch": dispatch_id, "issue": issue.pk, "subscribers": subscribers}
            self.stdout.write(json.dumps(facts))
        elif dispatch is not None:
            self.stdout.write(
                f"Dispatch {dispatch.pk}: “{issue.title}” goes to {_subscribers(subscribers)} now."
            )
        else:
            local = send_at.astimezone(issue.briefing.zone)
            self.stdout.write(
                f"“{issue.title}” is scheduled for {local:%A} {local.day} {local:%B %Y at %H:%M}"
                f" ({issue.briefing.zone}). Its dispatch will be made then."
                f" It would go to {_subscribers(subscribers)} now."
            )


def _find_issue(name: str) -> Issue:
    briefing, slash, number = name.rpartition("/")
    issues = Issue.objects.for_page()
    if slash and number.isdecimal():
        found = issues.filter(briefing__slug=briefing, number=int(number)).first()
    else:
        found = issues.filter(pk=int(name)).first() if name.isdecimal() else None
    if found is None:
        raise CommandError(
            f"There is no issue {name!r}. Give its id, or BRIEFING/NUMBER as in its URL."
        )
    return found


def _subscribers(number: int) -> str:
    return f"{number:,} subscriber{'' if number == 1 else 's'}"


def _parse_time(text: str, issue: Issue, *, now: datetime) -> datetime:
    try:
        time = parse_local(text, issue.briefing.zone, refuse_repeated=True)
    except ValueError as problem:
        raise CommandError(f"{problem} Nothing was changed.") from None
    if time <= now:  # a typing mistake must not send an issue to everybody at once
        raise CommandError(f"{text} is in the past. Give a later time, or no time to send it now.")
    return time


def _approve(issue: Issue, *, send_at: datetime) -> None:
    """Take the steps that are missing before scheduling; each has its rule and its log entry."""
    if issue.state == IssueState.PUBLISHED:
        raise TransitionRefused(
            f"“{issue.title}” is already published. An issue is sent only once."
        )
    if issue.state == IssueState.DRAFT:
        issue.submit(by=None)
    if issue.state == IssueState.IN_REVIEW:
        issue_steps.approve(issue, by=None, publish_at=send_at)
