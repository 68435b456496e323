"""What nobody confirmed is not kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from briefings.models import Briefing, Comment, CommentState
from briefings.tasks import forget_unconfirmed_comments
from newsroom.celery import app
from subscribers.models import SignUp, SignUpChoice
from subscribers.tasks import forget_unconfirmed_sign_ups
from tests.factories import make_briefing, make_comment, make_published_issue

pytestmark = pytest.mark.django_db


def ask(client: Client, briefing: Briefing, address: str, *, days_ago: float) -> SignUp:
    client.post("/subscribe/", {"address": address, "briefings": [briefing.slug]})
    asked = SignUp.objects.open().get(address=address)
    asked.asked_at = timezone.now() - timedelta(days=days_ago)
    asked.save(update_fields=["asked_at"])
    return asked


def test_a_sign_up_nobody_confirmed_for_30_days_goes_with_its_evidence(client: Client) -> None:
    ward = make_briefing()
    old = ask(client, ward, "old@example.org", days_ago=30)
    young = ask(client, ward, "young@example.org", days_ago=29.9)
    used = ask(client, ward, "used@example.org", days_ago=0)
    client.post(f"/confirm/{used.token}/")
    SignUp.objects.filter(pk=used.pk).update(asked_at=old.asked_at)
    forget_unconfirmed_sign_ups()
    assert set(SignUp.objects.all()) == {young, used}
    assert set(SignUpChoice.objects.values_list("sign_up", flat=True)) == {young.pk, used.pk}
    page = client.post(f"/confirm/{old.token}/")
    assert page.status_code == 404
    assert "older than 30 days" in page.content.decode()


def test_a_sign_up_asked_for_anew_begins_anew(client: Client) -> None:
    ward = make_briefing()
    ask(client, ward, "ada@example.org", days_ago=40)
    client.post("/subscribe/", {"address": "ada@example.org", "briefings": [ward.slug]})
    forget_unconfirmed_sign_ups()
    assert SignUp.objects.open().filter(address="ada@example.org").exists()


def test_a_comment_nobody_confirmed_for_7_days_goes() -> None:
    issue = make_published_issue()
    now = timezone.now()
    week, day = timedelta(days=7), timedelta(days=1)
    unconfirmed: dict[str, Any] = {"state": CommentState.UNCONFIRMED, "confirmed_at": None}
    make_comment(on=issue, created_at=now - week, **unconfirmed)
    kept = {
        make_comment(on=issue, created_at=now - week + day, **unconfirmed),
        *(
            make_comment(on=issue, created_at=now - 5 * week, state=state)
            for state in set(CommentState) - {CommentState.UNCONFIRMED}
        ),
    }
    forget_unconfirmed_comments()
    assert set(Comment.objects.all()) == kept


def test_the_beat_knows_every_task_that_it_asks_for() -> None:
    app.loader.import_default_modules()
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {forget_unconfirmed_comments.name, forget_unconfirmed_sign_ups.name} <= asked
    assert asked <= set(app.tasks)
