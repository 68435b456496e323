"""An issue to thousands of readers, and whether it is sent."""

from __future__ import annotations

from briefings.models import Briefing
from subscribers.management.commands.seed_subscribers import seed_batch
from subscribers.models import Dispatch, DispatchState
from tests.factories import make_briefing, make_scheduled_issue


def make_due_issue(*, readers: int) -> Briefing:
    """Make an issue whose send time has passed, and its readers."""
    briefing = make_briefing(title="The Ward Round", slug="ward-round")
    for start in range(1, readers + 1, 2_500):
        seed_batch(briefing, range(start, min(start + 2_500, readers + 1)))
    make_scheduled_issue(briefing=briefing, title="Council & mayor")
    return briefing


def is_sent() -> bool:
    return Dispatch.objects.filter(state=DispatchState.SENT).exists()
