"""The Reply-To address of an issue email."""

from __future__ import annotations

from typing import Any

import pytest

from newsroom.tokens import verify_id
from tests.factories import make_briefing, make_dispatch, make_scheduled_issue

pytestmark = pytest.mark.django_db


def test_a_reply_goes_to_an_address_that_names_the_issue(settings: Any) -> None:
    settings.REPLY_ADDRESS = "replies@news.example.com"
    dispatch = make_dispatch(issue=make_scheduled_issue())
    local, _, domain = dispatch.reply_to.partition("@")
    assert domain == "news.example.com"
    assert verify_id("reply", local.removeprefix("replies+")) == dispatch.issue_id


def test_a_briefings_own_reply_address_comes_first(settings: Any) -> None:
    settings.REPLY_ADDRESS = "replies@news.example.com"
    briefing = make_briefing(reply_address="ward@news.example.com")
    dispatch = make_dispatch(issue=make_scheduled_issue(briefing=briefing))
    assert dispatch.reply_to == "ward@news.example.com"
